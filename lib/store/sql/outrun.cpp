#include "lib/store/sql/outrun.hpp"

#include "lib/release/names.hpp"
#include "lib/store/sql/moves.hpp"
#include "lib/store/sql/outbox.hpp"
#include "lib/store/sql/stage.hpp"
#include "lib/store/sql/text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace loomrel::store {

namespace {

using release::Status;

// "" where they differ, or none says.
std::string common_version(const RunEnd& end) {
    std::string serves;
    for (const HostResult& host : end.hosts) {
        if (host.serves.empty() || (!serves.empty() && serves != host.serves)) {
            return "";
        }
        serves = host.serves;
    }
    return serves;
}

// What stage serves. A tag is moved: only the commit says which of its versions that is.
struct Version {
    std::string name;   // a tag or a commit
    std::string commit; // "" = no run says
};

Version version_on_stage(Session& session, const std::string& service, const std::string& name) {
    return {name, release::is_commit(name) ? name : commit_on_stage(session, service, name)};
}

bool is_named(const Present& release, const Version& version) {
    return release.tag == version.name
           || (!release.commit.empty() && release.commit == version.name);
}

bool is_version(const Present& release, const Version& version) {
    return is_named(release, version)
           && (version.commit.empty() || release.commit.empty()
               || release.commit == version.commit);
}

// A release without a commit cannot be approved; that it is there again harms nobody.
bool is_surely(const Present& release, const Version& version) {
    return is_version(release, version) && (release.commit.empty() || !version.commit.empty());
}

// Told late, a run's end is of yesterday: one that began after it has said what stage serves now.
bool is_overtaken(Session& session, const Run& run) {
    Query query;
    query.text = "SELECT 1 FROM runs WHERE service = " + query.bind(run.service);
    query.text += " AND environment = 'stage' AND ended_at IS NOT NULL AND outcome <> 'unknown'"
                  " AND started_at > (SELECT own.started_at FROM runs AS own WHERE own.id = "
                  + query.bind(run.id)
                  + ") AND EXISTS (SELECT 1 FROM run_hosts AS told WHERE told.run_id = runs.id"
                    " AND told.serves <> '') LIMIT 1";
    return !session.run(query).rows.empty();
}

bool is_second_row(const Present& release) {
    return release.superseded_by && release.superseded_by_tag == release.tag;
}

class Outrunning {
public:
    Outrunning(Session& session, const Run& run)
        : m_session(session),
          m_run(run) {}

    void by_stage(const Version& serves) {
        const auto serving = find_serving(serves);
        if (!serving) {
            return; // no release of ours: nothing that could be named
        }
        for (const Present& other : others(*serving, {Status::manual_testing})) {
            const bool same = is_version(other, serves)
                              || (!other.commit.empty() && other.commit == serving->commit);
            if (!same) {
                forget_approvals(m_session, other.id);
                outrun(other, *serving);
            }
        }
        if (serving->is_outrun() && !is_second_row(*serving) && is_surely(*serving, serves)) {
            set(serving->id, Value());
            note(*serving, {{"outrun", false}});
        }
    }

    void by_production() {
        const auto deployed =
            m_run.release_id ? hold_release(m_session, *m_run.release_id) : std::nullopt;
        if (!deployed) {
            return;
        }
        const auto before = release::statuses_in(release::List::outrun);
        for (const Present& other : others(*deployed, before)) {
            if (release::compare_tags(deployed->tag, other.tag) > 0) {
                settle_dispatches(m_session, other.id, "outrun by " + deployed->tag);
                outrun(other, *deployed);
            }
        }
    }

private:
    // Of two rows of one tag and commit the first is meant, which stays the release.
    std::optional<Present> find_serving(const Version& serves) {
        if (m_run.release_id) {
            const auto own = hold_release(m_session, *m_run.release_id);
            if (own && is_version(*own, serves)) {
                return is_second_row(*own) ? hold_release(m_session, *own->superseded_by) : own;
            }
        }
        Query query;
        query.text =
            "SELECT MAX(id) FROM releases WHERE service_name = " + query.bind(m_run.service);
        query.text +=
            (release::is_commit(serves.name) ? " AND commit_sha = " : " AND release_tag = ")
            + query.bind(serves.name);
        if (!serves.commit.empty()) {
            query.text +=
                " AND COALESCE(commit_sha, '') IN ('', " + query.bind(serves.commit) + ")";
        }
        query.text += " AND NOT EXISTS (SELECT 1 FROM releases AS first WHERE first.id ="
                      " releases.superseded_by AND first.release_tag = releases.release_tag)";
        const Result found = m_session.run(query);
        return found.rows.empty() || !found.rows[0][0]
                   ? std::nullopt
                   : hold_release(m_session, integer_of(found.rows[0][0]));
    }

    // Not outrun yet, in the order in which everybody holds them.
    std::vector<Present> others(const Present& one, const std::vector<Status>& statuses) {
        std::vector<std::string> names;
        for (const Status status : statuses) {
            names.emplace_back(release::to_string(status));
        }
        Query query;
        query.text = std::string("SELECT id FROM releases WHERE ") + k_is_outrun
                     + " = 0 AND service_name = " + query.bind(m_run.service);
        query.text += " AND status IN (" + bind_all(query, names) + ")";
        query.text += " AND id <> CAST(" + query.bind(one.id) + " AS BIGINT) ORDER BY id";
        std::vector<Present> found;
        for (const Row& row : m_session.run(query).rows) {
            const auto held = hold_release(m_session, integer_of(row[0]));
            // It may have moved on while it was waited for.
            const auto state = held ? held->state() : std::nullopt;
            if (state && !held->superseded_by
                && std::find(statuses.begin(), statuses.end(), *state) != statuses.end()) {
                found.push_back(*held);
            }
        }
        return found;
    }

    void outrun(const Present& other, const Present& by) {
        set(other.id, Value(by.id));
        note(other,
             {{"outrun", true},
              {"by", by.id},
              {"by_tag", by.tag},
              {"environment", m_run.environment}});
    }

    void set(std::int64_t id, const Value& by) {
        Query query;
        query.text = "UPDATE releases SET superseded_by = CAST(" + query.bind(by)
                     + " AS BIGINT) WHERE id = CAST(";
        query.text += query.bind(id) + " AS BIGINT)";
        m_session.run_later(query);
    }

    // People see it in the message about the release, which loses its buttons or has them again.
    void note(const Present& release, const nlohmann::json& detail) {
        NewEvent event;
        event.release_id = release.id;
        event.from = release.status;
        event.to = release.status;
        event.actor = "loomrel";
        event.source = "journal";
        event.detail = detail.dump();
        event.change_id = "outrun:" + m_run.id;
        event.step = m_step++;
        add_event_notice(m_session, "event", release.id, add_event(m_session, event));
    }

    Session& m_session;
    const Run& m_run;
    std::size_t m_step = 0;
};

} // namespace

void note_what_serves(Session& session, const Run& run, const RunEnd& end) {
    const std::string serves = common_version(end);
    if (run.environment == "stage" && end.outcome != RunOutcome::unknown && !serves.empty()
        && !is_overtaken(session, run)) {
        Outrunning(session, run).by_stage(version_on_stage(session, run.service, serves));
    }
    if (run.environment == "prod" && end.outcome == RunOutcome::good
        && run.kind == RunKind::deploy) {
        Outrunning(session, run).by_production();
    }
}

} // namespace loomrel::store
