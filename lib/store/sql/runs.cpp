#include "lib/store/sql/runs.hpp"

#include "lib/store/sql/cancels.hpp"
#include "lib/store/sql/fields.hpp"
#include "lib/store/sql/moves.hpp"
#include "lib/store/sql/outrun.hpp"

#include <algorithm>
#include <map>

namespace loomrel::store {

namespace {

std::string run_columns(const Dialect& dialect) {
    return columns_of<Run>({{"unseen_ms", ms_since(dialect, "seen_at")}});
}

void fill_hosts(Session& session, std::vector<Run>& runs) {
    if (runs.empty()) {
        return;
    }
    std::vector<std::string> ids;
    std::map<std::string, Run*> by_id;
    for (Run& run : runs) {
        ids.push_back(run.id);
        by_id[run.id] = &run;
    }
    Query query;
    query.text = "SELECT run_id, host FROM run_hosts WHERE run_id IN (" + bind_all(query, ids)
                 + ") ORDER BY run_id, position";
    for (const Row& row : session.run(query).rows) {
        by_id.at(row[0].value_or(""))->hosts.push_back(row[1].value_or(""));
    }
}

void add_host(Session& session, const std::string& run_id, const HostResult& host, std::size_t at) {
    Insert insert("run_hosts");
    insert.set("run_id", run_id).set("position", static_cast<std::int64_t>(at)).set_all(host);
    session.run_later(
        insert.query(" ON CONFLICT (run_id, host) DO UPDATE SET state = excluded.state,"
                     " outcome = excluded.outcome, serves = excluded.serves"));
}

constexpr const char* k_id_letters = "0123456789abcdef-";

// A rollback that nobody has watched for so long does not stand in the way of another one: at night
// its host may be away for good.
constexpr Milliseconds k_abandoned{30000};

// A run told late began so long ago as its teller says, by one clock; it would else be the last
// that began. Never later than now.
std::string start_of(Query& query, const Dialect& dialect, const Run& run) {
    if (run.source.empty()) {
        return dialect.now;
    }
    return instant_in(query, dialect, -std::max(run.unseen_for, Milliseconds{0}));
}

bool insert_row(Session& session, const Run& run) {
    const Dialect& dialect = session.dialect();
    Insert insert("runs");
    insert.set_all(run)
        .set("api_key", run.key)
        .set_sql("started_at", start_of(insert.bindings(), dialect, run))
        .set_sql("seen_at", dialect.now);
    if (session.run(insert.query(" ON CONFLICT DO NOTHING")).affected == 0) {
        return false;
    }
    for (std::size_t i = 0; i < run.hosts.size(); ++i) {
        add_host(session, run.id, {run.hosts[i], "waiting", "", ""}, i);
    }
    return true;
}

} // namespace

Opened insert_run(Session& session, const Run& run) {
    if (insert_row(session, run)) {
        return {true, std::nullopt};
    }
    auto there = find_run(session, run.id);
    if (!there) {
        there = find_open_run(session, run.service, run.environment, run.kind, run.release_id);
    }
    if (!there) {
        throw Fault(Fault::Kind::transient, "the run that was open has just ended");
    }
    if (there->id != run.id && run.kind == RunKind::rollback && there->unseen_for > k_abandoned) {
        // How it ended may still be learned from its hosts.
        end_run(session, {there->id, RunOutcome::unknown, "", {}});
        if (insert_row(session, run)) {
            return {true, std::nullopt};
        }
    }
    return {false, there};
}

std::optional<Run> find_open_run(Session& session,
                                 const std::string& service,
                                 const std::string& environment,
                                 RunKind kind,
                                 std::optional<std::int64_t> release_id) {
    Query query;
    query.text = "SELECT id FROM runs WHERE ended_at IS NULL AND service = " + query.bind(service);
    query.text += " AND environment = " + query.bind(environment);
    query.text += " AND kind = " + query.bind(std::string(to_string(kind)));
    query.text += " AND COALESCE(release_id, 0) = CAST(" + query.bind(release_id.value_or(0));
    query.text += " AS BIGINT) ORDER BY started_at DESC LIMIT 1";
    const Result found = session.run(query);
    return found.rows.empty() ? std::nullopt : find_run(session, found.rows[0][0].value_or(""));
}

void touch_run(Session& session, const std::string& run_id) {
    Query query;
    query.text = std::string("UPDATE runs SET seen_at = ") + session.dialect().now
                 + " WHERE id = " + query.bind(run_id) + " AND ended_at IS NULL";
    session.run_later(query);
}

void end_run(Session& session, const RunEnd& end) {
    const bool cancelled = !end.cancelled_by.empty() && end.outcome != RunOutcome::good;
    if (cancelled) {
        // Releases are held before runs, by whoever comes for both.
        const auto run = find_run(session, end.run_id);
        if (run && run->release_id) {
            (void)hold_release(session, *run->release_id);
        }
    }
    Query query;
    query.text = std::string("UPDATE runs SET ended_at = COALESCE(ended_at, ")
                 + session.dialect().now
                 + "), outcome = " + query.bind(std::string(to_string(end.outcome)));
    query.text += ", result = " + query.bind(storable(end.result));
    if (cancelled) {
        query.text += ", cancelled_by = " + query.bind(storable(end.cancelled_by));
    }
    if (end.outcome == RunOutcome::good) {
        query.text +=
            ", commit_sha = COALESCE(NULLIF(commit_sha, ''), " + query.bind(end.commit) + ")";
    }
    query.text += " WHERE id = " + query.bind(end.run_id);
    // The first to tell is believed; what was not known then may be learned later.
    query.text += " AND (ended_at IS NULL OR outcome = 'unknown')";
    if (session.run(query).affected == 0) {
        return;
    }
    const std::size_t known = run_hosts(session, end.run_id).size();
    for (std::size_t i = 0; i < end.hosts.size(); ++i) {
        add_host(session, end.run_id, end.hosts[i], known + i);
    }
    if (const auto run = find_run(session, end.run_id)) {
        note_what_serves(session, *run, end);
        if (cancelled) {
            tell_cancelled(session, *run, end);
        }
    }
}

std::optional<Run> find_run(Session& session, const std::string& run_id) {
    Query query;
    query.text =
        "SELECT " + run_columns(session.dialect()) + " FROM runs WHERE id = " + query.bind(run_id);
    const Result found = session.run(query);
    if (found.rows.empty()) {
        return std::nullopt;
    }
    std::vector<Run> runs{entity_of<Run>(found.rows[0])};
    fill_hosts(session, runs);
    return runs[0];
}

Query run_list_query(const RunQuery& wanted, const Dialect& dialect) {
    Query query;
    query.text = "SELECT " + run_columns(dialect) + " FROM runs WHERE 1 = 1";
    if (!wanted.service.empty()) {
        query.text += " AND service = " + query.bind(wanted.service);
    }
    if (!wanted.environment.empty()) {
        query.text += " AND environment = " + query.bind(wanted.environment);
    }
    if (wanted.release_id) {
        query.text += " AND release_id = " + query.bind(*wanted.release_id);
    }
    if (!wanted.ref.empty()) {
        query.text += " AND ref = " + query.bind(wanted.ref);
    }
    if (!wanted.id.empty()) {
        // Nothing else stands in an id, so nothing in it means more than itself to LIKE.
        const bool plain = wanted.id.find_first_not_of(k_id_letters) == std::string::npos;
        query.text += plain ? " AND id LIKE " + query.bind(wanted.id + "%") : " AND 1 = 0";
    }
    if (wanted.open_only) {
        query.text += " AND ended_at IS NULL";
    }
    if (wanted.good_only) {
        query.text += " AND outcome = 'good'";
    }
    const std::int64_t limit = std::max(wanted.limit, 0);
    query.text += " ORDER BY started_at DESC LIMIT " + query.bind(limit);
    return query;
}

std::vector<Run> list_runs(Session& session, const RunQuery& query) {
    std::vector<Run> runs;
    for (const Row& row : session.run(run_list_query(query, session.dialect())).rows) {
        runs.push_back(entity_of<Run>(row));
    }
    fill_hosts(session, runs);
    return runs;
}

std::vector<HostResult> run_hosts(Session& session, const std::string& run_id) {
    Query query;
    query.text = "SELECT " + columns_of<HostResult>()
                 + " FROM run_hosts WHERE run_id = " + query.bind(run_id) + " ORDER BY position";
    std::vector<HostResult> hosts;
    for (const Row& row : session.run(query).rows) {
        hosts.push_back(entity_of<HostResult>(row));
    }
    return hosts;
}

} // namespace loomrel::store
