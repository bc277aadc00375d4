#pragma once

#include "lib/store/server_ledger.hpp"
#include "lib/store/sql/session.hpp"

#include <cstdint>
#include <optional>
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
list_notices(Session& session, const std::string& state, const NoticeQuery& wanted);
[[nodiscard]] Query
notice_list_query(const std::string& state, const NoticeQuery& wanted, const Dialect& dialect);

[[nodiscard]] std::optional<Notice> find_notice(Session& session, const std::string& key);
[[nodiscard]] std::optional<Notice> newest_dispatch(Session& session, std::int64_t release_id);
[[nodiscard]] Query newest_dispatch_query(std::int64_t release_id, const Dialect& dialect);

void settle_notice(Session& session, const Settlement& settlement);
// Of a release that has moved on: there is nothing to begin any more. Where no `serve` works them
// off they would lie there for ever.
void settle_dispatches(Session& session, std::int64_t release_id, const std::string& note);

} // namespace loomrel::store
