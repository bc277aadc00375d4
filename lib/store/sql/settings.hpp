#pragma once

#include "lib/store/sql/session.hpp"
#include "lib/store/store.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

// Production's settings as they were shown to whoever approves (design 13.4): key -> hash of its
// value; what is not in a record has its default. Each call in a transaction of the caller's.
namespace loomrel::store {

[[nodiscard]] std::string settings_text(const Settings& settings);
[[nodiscard]] Settings settings_of(const std::string& text);

// The keys whose values differ, in the alphabet's order.
[[nodiscard]] std::vector<std::string> differing(const Settings& one, const Settings& other);

// What was shown when the release was last put before people; nullopt: nothing ever was.
[[nodiscard]] std::optional<Settings> shown_settings(Session& session, std::int64_t release_id);
void show_settings(Session& session, std::int64_t release_id, const Settings& settings);
// Put before people by somebody who does not say with what settings.
void forget_settings(Session& session, std::int64_t release_id);

// Of the service's last good deploy to production; empty: there was none that said.
[[nodiscard]] Settings production_settings(Session& session, const std::string& service);

} // namespace loomrel::store
