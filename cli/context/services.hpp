#pragma once

#include "cli/actions/environment.hpp"
#include "cli/context/io.hpp"
#include "cli/syntax/parse.hpp"
#include "lib/config/config.hpp"
#include "lib/messages/messages.hpp"
#include "lib/operations/context.hpp"
#include "lib/store/store.hpp"

#include <nlohmann/json_fwd.hpp>

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace loomrel::cli {

// Everything outside the program that commands may ask; tests give their own.
struct Outside {
    Io& io;
    std::map<std::string, std::string> environment;
    std::filesystem::path working_directory;
    WallClock clock = now;
    std::function<config::Config(const config::Inputs&)> load_config = config::Config::load;
    std::function<std::unique_ptr<store::Store>(const store::Options&)> open_store =
        store::open_store;
};

// XDG_STATE_HOME, if it may be used: a path that is not absolute is to be ignored (XDG Base
// Directory Specification).
[[nodiscard]] std::optional<std::filesystem::path>
state_home(const std::map<std::string, std::string>& environment);

// Where the program is wired: made once a start, handed to the command. Whatever costs something is
// made when it is first asked for, so that `rollback --host` needs no config file and `completion`
// no ledger.
class Services final : public operations::Console {
public:
    Services(Outside& outside, GlobalOptions options);
    Services(const Services&) = delete;
    Services& operator=(const Services&) = delete;

    [[nodiscard]] Io& io() { return m_outside.io; }

    [[nodiscard]] const GlobalOptions& options() const { return m_options; }

    [[nodiscard]] bool json() const { return m_options.json; }

    [[nodiscard]] Time now() const { return m_outside.clock(); }

    [[nodiscard]] const std::filesystem::path& working_directory() const {
        return m_outside.working_directory;
    }

    // nullopt: not set. An empty value is as good as none.
    [[nodiscard]] std::optional<std::string> env(const std::string& name) const;

    [[nodiscard]] const std::map<std::string, std::string>& environment() const {
        return m_outside.environment;
    }

    // Throws Error(config), each time it is asked for if it cannot be read.
    [[nodiscard]] const config::Config& config();

    // For whoever must go on when the configuration cannot be read: the defaults then, and a note.
    void do_without_config() { m_needs_config = false; }

    // Of a rollback: trouble with a repository's file, or with a file's mode, is said and gone past
    // (design 13.5). Before config() is first asked for.
    void must_go_on() { m_must_go_on = true; }

    // What operations are handed, in the name of whoever started the program. Throws what config()
    // does.
    [[nodiscard]] const operations::Context& context();

    using Purpose = operations::Purpose;
    // Error(config) where the ledger will not do for that, each time it is asked for.
    [[nodiscard]] store::Store& store(Purpose purpose);

    // The one that was asked for; null if none was.
    [[nodiscard]] store::Store* opened_store() { return m_store.get(); }

    // A second connection: one store, one thread.
    [[nodiscard]] std::unique_ptr<store::Store>
    open_another_store(Purpose purpose,
                       std::optional<Milliseconds> deadline = std::nullopt,
                       bool must_exist = false);

    [[nodiscard]] const GithubActions& github();

    // The flag, else the repository's name in Actions, else the only [services.*] entry; checked.
    // Error(usage) if none of them says it.
    [[nodiscard]] std::string service(const std::optional<std::string>& flag);
    // Those that a look at hosts is about: the one that service() gives, but without a flag all
    // that are configured.
    [[nodiscard]] std::vector<std::string> services_meant(const std::optional<std::string>& flag);
    // The flag, checked, else the tag that Actions runs for. Error(usage) if neither says it.
    [[nodiscard]] std::string tag(const std::optional<std::string>& flag);
    // Who does this: the commit's author in Actions, else who is logged in here.
    [[nodiscard]] std::string actor();
    // Who starts what begins here, as far as this process can tell.
    [[nodiscard]] operations::Sender sender();

    // --lang, else the configuration's if it has been read, else LOOMREL_LANG, else Russian.
    [[nodiscard]] Language language() const;

    // Every secret of the configuration, if that has been read.
    [[nodiscard]] const Redactor& redactor() const { return m_redactor; }

    [[nodiscard]] bool colour() const;

    template <typename... Arguments>
    [[nodiscard]] std::string say(messages::Id id, Arguments&&... arguments) const {
        return messages::format(language(), id, fmt::make_format_args(arguments...));
    }

    // Results for people, or lines for a pipe; never together with --json.
    void out(std::string_view text);

    // The one object of --json.
    void out_json(const nlohmann::ordered_json& object);
    // A line for people on standard error, which --quiet leaves away.
    void note(std::string_view text) override;
    // A date for people, in the configured zone.
    [[nodiscard]] std::string date(Time time);

    // For commands whose exit code tells how a run ended: it stays, also when nobody could read the
    // output. Others end with ExitCode::output_lost then.
    void exit_code_is_the_result() { m_exit_code_is_the_result = true; }

    [[nodiscard]] bool is_exit_code_the_result() const { return m_exit_code_is_the_result; }

    // For what takes its time to end: it goes when the program has said all that it has to say.
    void keep_to_the_end(std::shared_ptr<void> what) { m_to_the_end.push_back(std::move(what)); }

    [[nodiscard]] bool is_person_here() const override;

    // Asks on the terminal. Without one: false, nothing is asked.
    [[nodiscard]] bool confirm(const std::string& question);

private:
    void check_ledger(Purpose purpose);
    [[nodiscard]] std::filesystem::path state_folder() const;
    [[nodiscard]] deploy::Patience patience() const;
    [[nodiscard]] bool is_in_actions() const;
    [[nodiscard]] std::string inert(std::string_view text) const;

    Outside& m_outside;
    GlobalOptions m_options;
    std::optional<config::Config> m_config;
    std::unique_ptr<store::Store> m_store;
    std::optional<GithubActions> m_github;
    Redactor m_redactor;
    std::optional<operations::Context> m_context; // made of the above
    bool m_exit_code_is_the_result = false;
    bool m_needs_config = true;
    bool m_must_go_on = false;
    std::vector<std::shared_ptr<void>> m_to_the_end; // goes first: it may use the others
};

} // namespace loomrel::cli
