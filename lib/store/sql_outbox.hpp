#pragma once

#include "lib/store/server_ledger.hpp"
#include "lib/store/sql_session.hpp"

#include <cstdint>
#include <string>
#include <vector>

// What is to be told; each in a transaction of the caller's.
namespace loomrel::store {

void add_notice(Session& session, const NewNotice& notice);
// Of an event that was just written; its key is "<kind>:<event id>".
void add_event_notice(Session& session,
                      const std::string& kind,
                      std::int64_t release_id,
                      std::int64_t event_id);

// Oldest first. `state` is "waiting" or "parked".
[[nodiscard]] std::vector<Notice>
list_notices(Session& session, const std::string& state, int limit);
[[nodiscard]] Query notice_list_query(const std::string& state, int limit, const Dialect& dialect);

void settle_notice(Session& session, const Settlement& settlement);

} // namespace loomrel::store
