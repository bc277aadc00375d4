#pragma once

#include "lib/config/config.hpp"
#include "lib/release/approval.hpp"
#include "lib/release/release.hpp"
#include "lib/telegram/telegram.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>

// What the configuration says about people and chats (design 7).
namespace loomrel::bot {

// Groups that became supergroups, by the number that the configuration still has (ServerLedger).
using MovedChats = std::map<std::int64_t, std::int64_t>;

// Where notices about an environment go; nullopt: nowhere.
[[nodiscard]] std::optional<telegram::ChatTarget> place_of(const config::Config& config,
                                                           const std::string& environment,
                                                           const MovedChats& moved = {});

[[nodiscard]] bool is_configured_chat(const config::Config& config, std::int64_t chat_id);

// A press counts in a configured chat, or in that person's own chat with the bot.
[[nodiscard]] bool counts_in(const config::Config& config,
                             std::int64_t chat_id,
                             std::int64_t person,
                             const MovedChats& moved = {});

// The bot's own id: a token begins with it. 0 = it is no token of Telegram's.
[[nodiscard]] std::int64_t own_id(const config::Config& config);

[[nodiscard]] bool is_approver(const config::Config& config, std::int64_t person);
[[nodiscard]] bool is_admin(const config::Config& config, std::int64_t person);
// May look: approvers, admins and [[people]].
[[nodiscard]] bool is_known(const config::Config& config, std::int64_t person);

// The name of [[people]], else what he is called in Telegram.
[[nodiscard]] std::string
name_of(const config::Config& config, std::int64_t person, const std::string& called);

// Whose approval counts for this release: all approvers but, where that is forbidden, its author.
[[nodiscard]] bool
is_of_council(const config::Config& config, const release::Release& release, std::int64_t person);

// How many approvals this release needs.
[[nodiscard]] int needed_approvals(const config::Config& config, const release::Release& release);

} // namespace loomrel::bot
