#pragma once

#include "lib/base/clock.hpp"
#include "lib/config/config.hpp"
#include "lib/config/keys.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace loomrel::config {

using Content = std::
    variant<bool, std::int64_t, std::string, std::vector<std::string>, std::vector<std::int64_t>>;

struct Value {
    Content content;
    Origin origin;
};

// Values by their dotted names: "environments.prod.services.loom-content.stable_for".
using Values = std::map<std::string, Value>;

// [environments.E.services.X]
struct NamedService {
    std::string name;
    std::string place;
};

struct TomlFile {
    Values values;
    std::vector<std::string> services; // in the file's order
    std::vector<NamedService> named_services;
    std::vector<Person> people;
};

// `place` names the file in errors; `source` is of its values. Throws Error(config) with
// place:line; with `passed_over` what is wrong with one key is put there, and the others are read.
[[nodiscard]] TomlFile parse_toml(std::string_view text,
                                  const std::string& place,
                                  Source source = Source::toml,
                                  std::vector<Phrase>* passed_over = nullptr);

// Checks a value against its key; `where` is "loomrel.toml:12". Throws Error(config).
void check_value(const Key& key,
                 const std::string& name,
                 const Content& content,
                 const std::string& where);
// What an environment variable says for a key.
[[nodiscard]] Content content_from_text(const Key& key,
                                        const std::string& name,
                                        const std::string& text,
                                        const std::string& where);

// "250ms", "5s", "35m", "24h"; nullopt for anything else.
[[nodiscard]] std::optional<Milliseconds> parse_duration(std::string_view text);

[[nodiscard]] std::string shown(const Content& content);

// Variables of .env.servers: literal, never executed.
struct EnvLine {
    std::string value;
    int line = 0;
};

using EnvValues = std::map<std::string, EnvLine>;

[[nodiscard]] EnvValues parse_env_servers(std::string_view text,
                                          const std::string& place,
                                          std::vector<Phrase>* passed_over = nullptr);

// What in .env.servers was likely meant to be something else. `developers`: folded login -> prefix.
[[nodiscard]] std::vector<Phrase> near_misses(const EnvValues& values,
                                              const std::map<std::string, std::string>& developers,
                                              const std::string& place);

// "root:password@host": Error(config) without what stands there.
void refuse_password(const std::string& host, const std::string& where);
// A host as it was written, its password masked.
[[nodiscard]] std::string shown_host(const std::string& text);

} // namespace loomrel::config
