#pragma once

#include "lib/store/sql/session.hpp"
#include "lib/store/store.hpp"

#include <optional>
#include <string>
#include <vector>

// Runs and their hosts; each in a transaction of the caller's.
namespace loomrel::store {

// Waits for one that is being inserted.
[[nodiscard]] Opened insert_run(Session& session, const Run& run);
[[nodiscard]] std::optional<Run> find_open_run(Session& session,
                                               const std::string& service,
                                               const std::string& environment,
                                               RunKind kind,
                                               std::optional<std::int64_t> release_id);
void touch_run(Session& session, const std::string& run_id);
void end_run(Session& session, const RunEnd& end);
[[nodiscard]] std::optional<Run> find_run(Session& session, const std::string& run_id);
[[nodiscard]] std::vector<Run> list_runs(Session& session, const RunQuery& query);
[[nodiscard]] Query run_list_query(const RunQuery& query, const Dialect& dialect);
[[nodiscard]] std::vector<HostResult> run_hosts(Session& session, const std::string& run_id);

} // namespace loomrel::store
