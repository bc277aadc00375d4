#include "lib/config/unknown_key.hpp"

#include "lib/base/text.hpp"

#include <algorithm>
#include <array>
#include <vector>

namespace loomrel::config {

namespace {

constexpr std::array<std::string_view, 8> k_sections{
    "store", "server", "telegram", "github", "deploy", "services", "environments", "people"};

// Names of keys that would hold a secret: they belong elsewhere, and the error says where.
struct Forbidden {
    std::string_view word;
    std::string_view where;
};

constexpr std::array k_forbidden{Forbidden{"token", "LOOM_RELEASE_TG_BOT_TOKEN, LOOM_GITHUB_TOKEN"},
                                 Forbidden{"password", "LOOMREL_STORE_PASSWORD, .env.servers"},
                                 Forbidden{"secret", "LOOM_INTERSERVER_SECRET_KEY"},
                                 Forbidden{"private_key", ".env.servers: …_KEY, …_KEY_FILE"}};

} // namespace

bool is_section(std::string_view name) {
    return std::find(k_sections.begin(), k_sections.end(), name) != k_sections.end();
}

Error unknown_key(const std::string& where,
                  const std::string& dotted,
                  const std::string& name,
                  std::span<const Key> keys,
                  const std::string& in_keys) {
    for (const Forbidden& forbidden : k_forbidden) {
        if (name.find(forbidden.word) != std::string::npos) {
            const std::string instead(forbidden.where);
            return Error(
                ErrorKind::config,
                "secret_in_toml",
                {where + ": секретам в loomrel.toml не место («" + sanitize_line(dotted) + "»)",
                 where + ": secrets do not stand in loomrel.toml ('" + sanitize_line(dotted)
                     + "')"},
                {"вместо этого: " + instead, "instead: " + instead});
        }
    }
    // Gone: whoever relied on it has to hear what serves instead.
    if (dotted == "server.api_approvals") {
        return Error(ErrorKind::config,
                     "key_is_gone",
                     {where + ": ключа «server.api_approvals» больше нет: одобряют люди, не API",
                      where
                          + ": there is no key 'server.api_approvals' any more: people"
                            " approve, an API does not"},
                     {"удалите строку; одобряют кнопкой в Telegram или командой loomrel release"
                      " approve там, где работает loomrel serve",
                      "remove the line; approve by the button in Telegram, or by loomrel release"
                      " approve where loomrel serve runs"});
    }
    std::vector<std::string> known;
    for (const Key& key : keys) {
        if (key.name.starts_with(in_keys)) {
            known.emplace_back(key.name.substr(in_keys.size()));
        }
    }
    // No key is in such a table: its own name is the mistake.
    const bool is_table = known.empty();
    if (is_table || dotted == name) {
        known.insert(known.end(), k_sections.begin(), k_sections.end());
    }
    if (dotted.starts_with("environments.") && std::count(dotted.begin(), dotted.end(), '.') == 2) {
        known.emplace_back("services");
    }
    auto meant = did_you_mean(is_table ? in_keys.substr(0, in_keys.size() - 1) : name, known);
    if (is_table && meant) {
        meant = "[" + *meant + "]";
    }
    const std::string shown_name = sanitize_line(dotted);
    return Error(ErrorKind::config,
                 "unknown_key",
                 {where + ": неизвестный ключ «" + shown_name + "»",
                  where + ": unknown key '" + shown_name + "'"},
                 meant ? Phrase{"может быть, «" + *meant + "»?", "did you mean '" + *meant + "'?"}
                       : Phrase{"все ключи: examples/loomrel.toml, loomrel config show",
                                "all keys: examples/loomrel.toml, loomrel config show"});
}

} // namespace loomrel::config
