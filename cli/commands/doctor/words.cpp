#include "cli/commands/doctor/words.hpp"

#include "lib/messages/messages.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace loomrel::cli {

namespace {

using messages::Id;

struct Word {
    std::string_view id;
    Id words;
};

// Ours and those of lib/deploy/host/doctor.sh.
constexpr std::array k_words{
    Word{"config", Id::doctor_check_config},
    Word{"hosts", Id::doctor_check_hosts},
    Word{"ledger", Id::doctor_check_ledger},
    Word{"telegram", Id::doctor_check_telegram},
    Word{"schema", Id::doctor_check_schema},
    Word{"spool", Id::doctor_check_spool},
    Word{"ssh", Id::doctor_check_ssh},
    Word{"machine-id", Id::doctor_check_machine_id},
    Word{"getMe", Id::doctor_check_getme},
    Word{"webhook", Id::doctor_check_webhook},
    Word{"token", Id::doctor_check_token},
    Word{"chat_id", Id::doctor_check_chat_id},
    Word{"approvers", Id::doctor_check_approvers},
    Word{"outbox", Id::doctor_check_outbox},
    Word{"tool_git", Id::doctor_check_tool_git},
    Word{"tool_awk", Id::doctor_check_tool_awk},
    Word{"flock", Id::doctor_check_flock},
    Word{"setsid", Id::doctor_check_setsid},
    Word{"sync", Id::doctor_check_sync},
    Word{"tail", Id::doctor_check_tail},
    Word{"http", Id::doctor_check_http},
    Word{"state_dir", Id::doctor_check_state_dir},
    Word{"log_root", Id::doctor_check_log_root},
    Word{"disk", Id::doctor_check_disk},
    Word{"repository", Id::doctor_check_repository},
    Word{"tree", Id::doctor_check_tree},
    Word{"origin", Id::doctor_check_origin},
    Word{"docker", Id::doctor_check_docker},
    Word{"compose", Id::doctor_check_compose},
    Word{"compose_file", Id::doctor_check_compose_file},
    Word{"services", Id::doctor_check_services},
    Word{"kept", Id::doctor_check_kept},
    Word{"approval_rules", Id::doctor_check_rules},
    Word{"holders", Id::doctor_check_holders},
};

} // namespace

std::string check_in_words(Language language, const std::string& check) {
    constexpr std::string_view k_notice = "notice ";
    if (check.starts_with(k_notice)) {
        return messages::say(
            language, Id::doctor_check_notice, fmt::arg("notice", check.substr(k_notice.size())));
    }
    constexpr std::string_view k_dispatch = "dispatch ";
    if (check.starts_with(k_dispatch)) {
        return messages::say(language,
                             Id::doctor_check_dispatch,
                             fmt::arg("release", check.substr(k_dispatch.size())));
    }
    // A host's checks stand behind the service's name; behind the arrow only a name stands.
    const std::size_t name = check.rfind(' ') + 1;
    const auto found = std::find_if(k_words.begin(), k_words.end(), [&](const Word& word) {
        return word.id == std::string_view(check).substr(name);
    });
    if (found == k_words.end() || check.starts_with("⏪")) {
        return check;
    }
    return check.substr(0, name) + messages::say(language, found->words);
}

} // namespace loomrel::cli
