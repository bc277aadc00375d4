#pragma once

#include "lib/bot/notice_writer.hpp"
#include "lib/config/config.hpp"

#include <nlohmann/json_fwd.hpp>

// What people are to hear although no release moved, line by line.
namespace loomrel::bot {

// The rules that decisions and claims are held to have changed: what, and who wrote them. Of the
// fact of a notice "rules_changed".
void rules_alarm(Writer& lines, const config::Config& config, const nlohmann::json& fact);

// A person let into production what nothing proves. Of the fact of a notice "unapproved".
void unapproved_alarm(Writer& lines, const config::Config& config, const nlohmann::json& fact);

// A version serves in production that nothing proves. Of the fact of a notice "unproven".
void unproven_alarm(Writer& lines, const config::Config& config, const nlohmann::json& fact);

// Somebody put a version back on the host itself. Of the fact of a notice "by_hand".
void by_hand_lines(Writer& lines, const config::Config& config, const nlohmann::json& fact);

// A rollback that moved no release. Of the fact of a notice "rolled_back".
void rolled_back_lines(Writer& lines, const config::Config& config, const nlohmann::json& fact);

// Somebody had a run stopped. Of the fact of a notice "cancelled".
void cancelled_lines(Writer& lines, const config::Config& config, const nlohmann::json& fact);

// Why a release was not let into production, and who asked. Of the fact of a notice
// "claim_refused"; whose release it is stands above.
void claim_refused_lines(Writer& lines, const config::Config& config, const nlohmann::json& fact);

} // namespace loomrel::bot
