#include "lib/bot/settings.hpp"

#include "lib/base/text.hpp"

#include <algorithm>

namespace loomrel::bot {

namespace {

bool holds(const std::vector<std::int64_t>& ids, std::int64_t id) {
    return id != 0 && std::find(ids.begin(), ids.end(), id) != ids.end();
}

const config::Person* person_of(const config::Config& config, std::int64_t id) {
    const auto found = std::find_if(config.people.begin(),
                                    config.people.end(),
                                    [id](const config::Person& one) { return one.telegram == id; });
    return found == config.people.end() ? nullptr : &*found;
}

} // namespace

std::optional<telegram::ChatTarget>
place_of(const config::Config& config, const std::string& environment, const MovedChats& moved) {
    const auto present = [&](std::int64_t chat_id) {
        const auto found = moved.find(chat_id);
        return found == moved.end() ? chat_id : found->second;
    };
    const auto own = config.telegram.chat_id_of.find(environment);
    if (own != config.telegram.chat_id_of.end() && own->second != 0
        && own->second != config.telegram.chat_id) {
        return telegram::ChatTarget{present(own->second), 0};
    }
    if (config.telegram.chat_id == 0) {
        return std::nullopt;
    }
    // The topic is one of that chat.
    return telegram::ChatTarget{present(config.telegram.chat_id), config.telegram.thread_id};
}

bool is_configured_chat(const config::Config& config, std::int64_t chat_id) {
    const auto& own = config.telegram.chat_id_of;
    return chat_id != 0
           && (chat_id == config.telegram.chat_id
               || std::any_of(own.begin(), own.end(), [&](const auto& entry) {
                      return entry.second == chat_id;
                  }));
}

bool counts_in(const config::Config& config,
               std::int64_t chat_id,
               std::int64_t person,
               const MovedChats& moved) {
    if (chat_id == 0) {
        return false;
    }
    return chat_id == person || is_configured_chat(config, chat_id)
           || std::any_of(moved.begin(), moved.end(), [&](const auto& move) {
                  return move.second == chat_id && is_configured_chat(config, move.first);
              });
}

std::int64_t own_id(const config::Config& config) {
    const std::string_view token = config.telegram.token.unsent().reveal();
    return parse_integer(token.substr(0, token.find(':'))).value_or(0);
}

bool is_approver(const config::Config& config, std::int64_t person) {
    return release::is_approver(config.approval_rules(), person);
}

bool is_admin(const config::Config& config, std::int64_t person) {
    return holds(config.telegram.admins, person);
}

bool is_known(const config::Config& config, std::int64_t person) {
    return is_approver(config, person) || is_admin(config, person)
           || person_of(config, person) != nullptr;
}

std::string name_of(const config::Config& config, std::int64_t person, const std::string& called) {
    const config::Person* known = person_of(config, person);
    return known == nullptr || known->name.empty() ? called : known->name;
}

bool is_of_council(const config::Config& config,
                   const release::Release& release,
                   std::int64_t person) {
    try {
        return holds(release::council_of(config.approval_rules(), release.origin()).ids(), person);
    } catch (const Error&) {
        // As below.
        return is_approver(config, person);
    }
}

int needed_approvals(const config::Config& config, const release::Release& release) {
    try {
        return release::council_of(config.approval_rules(), release.origin()).needed;
    } catch (const Error&) {
        // Said where somebody tries to approve; here it is only a number to show.
        return std::max(config.telegram.quorum, 1);
    }
}

} // namespace loomrel::bot
