#include "lib/store/sql_stage.hpp"

#include <algorithm>

namespace loomrel::store {

Query stage_runs_query(std::int64_t release_id, const std::string& service) {
    Query query;
    query.text = "SELECT id FROM runs WHERE service = " + query.bind(service);
    query.text += " AND environment = 'stage' AND ended_at IS NULL AND (release_id IS NULL OR"
                  " release_id <> "
                  + query.bind(release_id) + ") ORDER BY started_at DESC LIMIT 1";
    return query;
}

// Of the last run that could tell. Its hosts, because several may differ.
Query stage_serves_query(const std::string& service) {
    Query query;
    query.text = "SELECT serves FROM run_hosts WHERE serves <> '' AND run_id = (SELECT id FROM runs"
                 " WHERE service = "
                 + query.bind(service)
                 + " AND environment = 'stage' AND ended_at IS NOT NULL AND EXISTS (SELECT 1 FROM"
                   " run_hosts AS told WHERE told.run_id = runs.id AND told.serves <> '')"
                   " ORDER BY started_at DESC LIMIT 1) ORDER BY position";
    return query;
}

std::optional<OtherOnStage>
find_other_on_stage(Session& session, std::int64_t release_id, const Present& release) {
    const Result open = session.run(stage_runs_query(release_id, release.service));
    if (!open.rows.empty()) {
        return OtherOnStage{"", open.rows[0][0].value_or("")};
    }
    const Result hosts = session.run(stage_serves_query(release.service));
    const auto other = std::find_if(hosts.rows.begin(), hosts.rows.end(), [&](const Row& row) {
        return row[0] != release.tag && (release.commit.empty() || row[0] != release.commit);
    });
    if (other == hosts.rows.end()) {
        return std::nullopt;
    }
    return OtherOnStage{(*other)[0].value_or(""), ""};
}

} // namespace loomrel::store
