#pragma once

#include "lib/base/error.hpp"
#include "lib/config/config.hpp"
#include "lib/config/lookup.hpp"
#include "lib/config/values.hpp"

#include <functional>
#include <string>
#include <vector>

namespace loomrel::config {

// Fills a Config from its inputs, step by step.
class Config::Loader {
public:
    Loader(const Inputs& inputs, Config& config)
        : m_inputs(inputs),
          m_config(config) {}

    void load();

private:
    // A ledger that the trusted side names, with what opens it.
    struct Ledger {
        std::string url;
        Secret password;
        Origin origin;
    };

    [[nodiscard]] const Value* value(const std::string& name) const;
    [[nodiscard]] const Value* repository_value(const std::string& name) const;
    [[nodiscard]] Origin origin_of(const std::string& variable) const;
    void tell(Phrase text);
    // What is wrong with one's own files and variables: thrown, or a notice for whoever must go on,
    // and the rest is read.
    void or_pass_over(const std::function<void(std::vector<Phrase>*)>& read);

    void read_env_servers();
    void find_developers();
    void refuse_passwords();
    void read_tomls();
    void take_trusted(const Found& found);
    void take_repository(const Found& found);
    void read_environment();
    void read_variable(const Key& key);
    void set_flag(const std::string& name,
                  const std::optional<std::string>& typed,
                  const std::string& flag);
    // Says of a value that a variable gave it.
    void note(const std::string& name, const std::string& text, const std::string& variable);
    void note_url(const std::string& name, const std::string& url, const std::string& variable);

    void fill();
    void fill_zone();
    void fill_server();
    void fill_telegram();
    void fill_github();

    // What a repository's file may say (repository_rules.cpp).
    // Error, or a notice for whoever must go on; the value is dropped then.
    void refuse(const Error& error);
    void refuse_key(const std::string& name, const Value& value);
    void refuse_empty(const std::string& name, const Value& value);
    // The trusted side says otherwise.
    void warn_of_overridden(const std::string& name, const Value& asked, const Origin& winner);
    // Takes the repository's address if it has the origin of one that is named.
    void choose_origin(const std::string& name, const std::vector<std::string>& named);

    // The ledger (load_store.cpp).
    void read_store_address();
    void choose_store();
    [[nodiscard]] std::vector<Ledger> named_ledgers();
    // The repository's choice among them; the first where it makes none. nullptr: none is named.
    [[nodiscard]] const Ledger* choose_ledger(const std::vector<Ledger>& named);
    [[nodiscard]] Secret password_of_address() const;
    void use_embedded();
    void bind_api_key(const std::vector<Ledger>& named);
    void warn_of_half_a_postgres();

    const Inputs& m_inputs;
    Config& m_config;
    std::string m_place;        // of .env.servers
    std::string m_url_password; // of the trusted address, and that address as it is shown
    std::string m_shown_url;
    Ledger m_from_pgpass;
};

} // namespace loomrel::config
