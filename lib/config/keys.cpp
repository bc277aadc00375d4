#include "lib/config/keys.hpp"

#include <algorithm>
#include <array>

namespace loomrel::config {

namespace {

constexpr std::array k_plain{
    Key{"language", Type::text, "LOOMREL_LANG", "ru|en", "ru"},
    Key{"timezone", Type::text, "", "", "Europe/Moscow"},
    Key{"store.url", Type::text, "LOOMREL_STORE", "", "", InRepository::subset},
    Key{"server.listen", Type::text, "", "", "127.0.0.1:8000", InRepository::no},
    Key{"server.public_url", Type::text, "", "", "", InRepository::subset},
    Key{"server.trusted_proxies", Type::texts, "", "", "127.0.0.1", InRepository::no},
    Key{"server.look_every", Type::duration, "", "", "5m", InRepository::no},
    Key{"telegram.chat_id", Type::integer, "", "", "0"},
    Key{"telegram.chat_id_dev", Type::integer, "", "", ""},
    Key{"telegram.chat_id_stage", Type::integer, "", "", ""},
    Key{"telegram.chat_id_prod", Type::integer, "", "", ""},
    Key{"telegram.thread_id", Type::integer, "", "", "0"},
    Key{"telegram.approvers", Type::integers, "", "", ""},
    Key{"telegram.admins", Type::integers, "", "", ""},
    Key{"telegram.quorum", Type::quorum, "", "", "1"},
    Key{"telegram.self_approval", Type::boolean, "", "", "true"},
    Key{"telegram.approval_expires", Type::duration, "", "", "24h"},
    Key{"telegram.updates", Type::text, "", "polling|webhook|off", "polling"},
    Key{"telegram.api_url", Type::text, "", "", "https://api.telegram.org", InRepository::subset},
    Key{"github.owner", Type::text, "", "", ""},
    Key{"github.prod_workflow", Type::text, "", "", "on-approve-manual-testing.yaml.yml"},
    Key{"github.ref", Type::text, "", "", "main"},
    Key{"github.api_url",
        Type::text,
        "GITHUB_API_URL",
        "",
        "https://api.github.com",
        InRepository::subset},
};

constexpr std::array k_deploy{
    Key{"prod_by", Type::text, "", "github|direct", "github"},
    Key{"rollback_by", Type::text, "", "github|direct", "direct"},
    Key{"engine", Type::text, "", "compose|command", "compose"},
    Key{"root", Type::path, "", "", "loom"},
    Key{"system_dir", Type::path, "", "", "loom-system"},
    Key{"compose_file", Type::path, "", "", "docker-compose/app.yaml"},
    Key{"env_files", Type::paths, "", "", "env/.env.app, env/.env.db, env/.env.monitoring"},
    Key{"keep_capsules", Type::integer, "", "", "5"},
    Key{"keep", Type::text, "", "holder|archive", "holder"},
    Key{"lock_wait", Type::duration, "", "", "35m"},
    Key{"connect_wait", Type::duration, "", "", "60s"},
    Key{"time_limit", Type::duration, "", "", "30m"},
    Key{"log_root", Type::path, "", "", "/var/log/deployments", InRepository::yes, true},
    Key{"state_dir", Type::path, "", "", "", InRepository::yes, true},
    Key{"repo", Type::path, "", "", ""},
    Key{"dir", Type::path, "", "", ""},
    Key{"compose_services", Type::paths, "", "", ""},
    Key{"health", Type::path, "", "", ""},
    Key{"health_attempts", Type::integer, "", "", "3"},
    Key{"health_interval", Type::duration, "", "", "5s"},
    Key{"stable_for", Type::duration, "", "", "0s"},
    Key{"hooks.before_up", Type::text, "", "", ""},
    Key{"hooks.after_up", Type::text, "", "", ""},
    Key{"hooks.before_rollback", Type::text, "", "", ""},
    Key{"hooks.on_failure", Type::text, "", "", ""},
    Key{"build", Type::text, "", "", ""},
    Key{"up", Type::text, "", "", ""},
    Key{"current", Type::text, "", "", ""},
    Key{"canary", Type::integer, "", "", "1"},
    Key{"parallel", Type::integer, "", "", "4"},
    Key{"on_partial", Type::text, "", "restore|leave", "restore"},
    Key{"restore_on_failure", Type::boolean, "", "", ""},
    Key{"hosts", Type::texts, "", "", "", InRepository::subset},
};

constexpr std::array k_person{
    Key{"telegram", Type::integer, "", "", ""},
    Key{"github", Type::text, "", "", ""},
    Key{"name", Type::text, "", "", ""},
    Key{"emails", Type::texts, "", "", ""},
};

} // namespace

std::span<const Key> plain_keys() {
    return k_plain;
}

std::span<const Key> deploy_keys() {
    return k_deploy;
}

std::span<const Key> person_keys() {
    return k_person;
}

std::string_view to_string(InRepository rule) {
    switch (rule) {
    case InRepository::yes:
        return "yes";
    case InRepository::no:
        return "no";
    case InRepository::subset:
        return "subset";
    }
    return "";
}

const Key* find_dotted_key(std::string_view dotted) {
    if (const Key* plain = find_key(k_plain, dotted)) {
        return plain;
    }
    const bool is_person = dotted.starts_with("people.");
    const auto keys = is_person ? person_keys() : deploy_keys();
    const Key* longest = nullptr; // "hooks.before_up" ends in no other key's name
    for (const Key& key : keys) {
        if (dotted.size() > key.name.size() + 1 && dotted.ends_with(key.name)
            && dotted[dotted.size() - key.name.size() - 1] == '.'
            && (longest == nullptr || longest->name.size() < key.name.size())) {
            longest = &key;
        }
    }
    return longest;
}

const Key* find_key(std::span<const Key> keys, std::string_view name) {
    const auto found =
        std::find_if(keys.begin(), keys.end(), [&](const Key& key) { return key.name == name; });
    return found == keys.end() ? nullptr : &*found;
}

} // namespace loomrel::config
