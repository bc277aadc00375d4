#include "lib/store/sql/stage.hpp"

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

// What the tag was when it was last put there, well or not: tags are moved. A run that failed and
// did not bring the former version back has left its own.
Query stage_commit_query(const std::string& service, const std::string& tag) {
    Query query;
    query.text = "SELECT COALESCE(NULLIF(runs.commit_sha, ''), releases.commit_sha) FROM runs"
                 " LEFT JOIN releases ON releases.id = runs.release_id WHERE runs.service = "
                 + query.bind(service) + " AND runs.environment = 'stage' AND runs.ref = "
                 + query.bind("refs/tags/" + tag)
                 + " AND (runs.outcome = 'good' OR EXISTS (SELECT 1 FROM run_hosts AS told WHERE"
                   " told.run_id = runs.id AND told.outcome <> 'restored' AND told.serves = "
                 + query.bind(tag) + ")) ORDER BY runs.started_at DESC LIMIT 1";
    return query;
}

std::string commit_on_stage(Session& session, const std::string& service, const std::string& tag) {
    const Result last = session.run(stage_commit_query(service, tag));
    return last.rows.empty() ? "" : last.rows[0][0].value_or("");
}

std::optional<OtherOnStage>
find_other_on_stage(Session& session, std::int64_t release_id, const Present& release) {
    const Result open = session.run(stage_runs_query(release_id, release.service));
    if (!open.rows.empty()) {
        return OtherOnStage{"stage", "", open.rows[0][0].value_or("")};
    }
    bool by_tag = false;
    for (const Row& host : session.run(stage_serves_query(release.service)).rows) {
        const std::string serves = host[0].value_or("");
        by_tag = by_tag || serves == release.tag;
        if (serves != release.tag && (release.commit.empty() || serves != release.commit)) {
            return OtherOnStage{"stage", serves, ""};
        }
    }
    if (!by_tag || release.commit.empty()) {
        return std::nullopt;
    }
    // A run that does not say which commit it left there proves nothing of this one.
    std::string commit = commit_on_stage(session, release.service, release.tag);
    return commit == release.commit ? std::nullopt
                                    : std::optional(OtherOnStage{"tag", std::move(commit), ""});
}

} // namespace loomrel::store
