#pragma once

#include "lib/store/server_ledger.hpp"
#include "lib/store/sql/session.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

// What a process that speaks to Telegram remembers; each in a transaction of the caller's.
namespace loomrel::store {

[[nodiscard]] std::int64_t newest_event(Session& session);
[[nodiscard]] std::vector<Happening>
happened(Session& session, std::int64_t after, const std::set<std::int64_t>& seen, int limit);

[[nodiscard]] std::vector<OldApproval> old_approvals(Session& session, Milliseconds age);

[[nodiscard]] std::optional<std::int64_t> find_message(Session& session, const MessagePlace& place);
void keep_message(Session& session, const MessagePlace& place, std::int64_t message_id);

[[nodiscard]] std::map<std::int64_t, std::int64_t> moved_chats(Session& session);
void keep_moved_chat(Session& session, std::int64_t old_id, std::int64_t new_id);

[[nodiscard]] bool take_update(Session& session, std::int64_t update_id);
void prune_updates(Session& session);

[[nodiscard]] bool take_lease(Session& session,
                              const std::string& name,
                              const std::string& owner,
                              Milliseconds for_long);
[[nodiscard]] bool is_lease_held(Session& session, const std::string& name);
void drop_lease(Session& session, const std::string& name, const std::string& owner);

} // namespace loomrel::store
