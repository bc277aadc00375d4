#include "lib/store/sql/claims.hpp"

#include "lib/base/json_text.hpp"
#include "lib/release/names.hpp"
#include "lib/store/sql/moves.hpp"
#include "lib/store/sql/proof.hpp"
#include "lib/store/sql/refusals.hpp"
#include "lib/store/sql/rules.hpp"
#include "lib/store/sql/runs.hpp"
#include "lib/store/sql/settings.hpp"
#include "lib/store/sql/text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace loomrel::store {

namespace {

using nlohmann::json;
using release::Status;

// What an earlier call of this very claim came to.
std::optional<Claimed> what_it_became(Session& session, const Claim& claim) {
    Query query;
    query.text =
        "SELECT to_status, detail FROM release_events WHERE change_id = " + query.bind(claim.id);
    query.text += " AND release_id = " + query.bind(claim.release_id) + " ORDER BY id";
    const Result found = session.run(query);
    if (found.rows.empty()) {
        return std::nullopt;
    }
    Claimed before;
    before.status = found.rows[0][0].value_or("");
    if (before.status == release::to_string(Status::deploying)) {
        return before;
    }
    before.what = Claimed::What::refused;
    const json detail = json::parse(found.rows[0][1].value_or(""), nullptr, false);
    const auto text = [&](const char* name) {
        const bool there = detail.is_object() && detail.contains(name) && detail[name].is_string();
        return there ? detail[name].get<std::string>() : "";
    };
    before.conflict = text("conflict");
    before.outrun_by = text("by");
    if (detail.is_object() && detail.contains("settings") && detail["settings"].is_array()) {
        before.settings = detail["settings"].get<std::vector<std::string>>();
    }
    return before;
}

// The approvals that nothing has made void: of this commit, younger than its last rejection under
// any tag of the service, and than the release's last deploy to stage. The history says when it was
// rejected: put on stage anew, a release has no rejection any more, and what was approved under
// another tag before it still was not approved since.
std::vector<release::Vote> votes_for(Session& session, const Present& present) {
    const Dialect& dialect = session.dialect();
    Query query;
    const std::string id = "CAST(" + query.bind(present.id) + " AS BIGINT)";
    const std::string commit = query.bind(present.commit);
    query.text = "SELECT approver_id, " + ms_since(dialect, "at")
                 + " FROM release_approvals WHERE release_id = " + id
                 + " AND commit_sha = " + commit
                 + " AND decision = 'approved' AND at > COALESCE((SELECT MAX(no.at)"
                   " FROM release_events AS no JOIN releases ON releases.id = no.release_id"
                   " WHERE releases.commit_sha = "
                 + commit + " AND releases.service_name = " + query.bind(present.service)
                 + " AND no.to_status = 'manual_test_failed' AND no.from_status <> no.to_status"
                   "), '0001-01-01 00:00:00') AND at > COALESCE((SELECT MAX(started_at) FROM runs"
                   " WHERE release_id = "
                 + id + " AND environment = 'stage' AND kind = 'deploy'), '0001-01-01 00:00:00')";
    std::vector<release::Vote> votes;
    for (const Row& row : session.run(query).rows) {
        votes.push_back({integer_of(row[0]), Milliseconds(integer_of(row[1]))});
    }
    return votes;
}

class Claiming {
public:
    Claiming(Session& session, const Claim& claim, Present present)
        : m_session(session),
          m_claim(claim),
          m_present(std::move(present)) {}

    Claimed claim() {
        if (m_claim.barred) {
            return refuse("key");
        }
        const auto state = m_present.state();
        if (state == Status::deploying) {
            return already();
        }
        if (!state || !release::may_become(*state, Status::deploying)) {
            return refuse("status");
        }
        if (m_present.commit.empty()) {
            return refuse("no_commit");
        }
        if (m_claim.run && m_claim.run->service != m_present.service) {
            throw Fault(Fault::Kind::rejected, "the run is of another service than the release");
        }
        if (m_claim.run && m_claim.run->commit != m_present.commit) {
            return refuse("commit");
        }
        if (!m_claim.older && is_outrun()) {
            return refuse("outrun");
        }
        const auto rules = approval_rules(m_session).value_or(m_claim.rules);
        switch (release::lack_of(rules, m_present.origin(), votes_for(m_session, m_present))) {
        case release::Lack::sender:
            return refuse("sender");
        case release::Lack::approvals:
            return ask_anew("approvals", {{"reason", "rules_changed"}});
        case release::Lack::age:
            return ask_anew("expired", {{"reason", "approval_expired"}});
        case release::Lack::nothing:
            break;
        }
        if (m_claim.run && !m_claim.run->settings.empty()) {
            auto keys = settings_not_shown();
            if (!keys.empty()) {
                show_settings(m_session, m_present.id, m_claim.run->settings);
                Claimed answer =
                    ask_anew("settings", {{"reason", "settings_differ"}, {"settings", keys}});
                answer.settings = std::move(keys);
                return answer;
            }
        }
        return grant();
    }

private:
    // Marked so, or older than what has been deployed: rows from before the mark have none.
    bool is_outrun() {
        if (m_present.is_outrun()) {
            return true;
        }
        Query query;
        query.text = "SELECT release_tag FROM releases WHERE status = 'deployed'"
                     " AND service_name = "
                     + query.bind(m_present.service) + " ORDER BY id DESC LIMIT 20";
        for (const Row& row : m_session.run(query).rows) {
            const std::string tag = row[0].value_or("");
            if (release::compare_tags(tag, m_present.tag) > 0) {
                m_newer = tag;
                return true;
            }
        }
        return false;
    }

    // Those of the claimant's settings that are neither what was shown with this release nor what
    // production was last deployed with.
    std::vector<std::string> settings_not_shown() {
        const Settings& own = m_claim.run->settings;
        const auto last = production_settings(m_session, m_present.service);
        const auto shown = shown_settings(m_session, m_present.id);
        std::vector<std::string> keys = differing(own, last);
        if (shown) {
            const std::vector<std::string> others = differing(own, *shown);
            std::erase_if(keys, [&](const std::string& key) {
                return !std::binary_search(others.begin(), others.end(), key);
            });
        }
        return keys;
    }

    Claimed grant() {
        if (m_claim.run) {
            const Opened opened = insert_run(m_session, *m_claim.run);
            if (!opened.opened) {
                Claimed answer = refuse("run");
                answer.there = opened.there;
                return answer;
            }
        }
        NewEvent event = event_of(m_claim, m_present);
        event.detail = m_claim.by_script && has_no_run(m_session, m_present.service)
                           ? marked_unverified(m_claim.detail)
                           : m_claim.detail;
        move(Status::deploying, std::move(event));
        return {Claimed::What::done,
                std::string(to_string(Status::deploying)),
                "",
                "",
                {},
                m_claim.run};
    }

    Claimed already() {
        Claimed answer;
        answer.what = Claimed::What::already;
        answer.status = m_present.status;
        answer.there =
            find_open_run(m_session, m_present.service, "prod", RunKind::deploy, m_present.id);
        return answer;
    }

    Claimed refusal(const char* conflict) {
        Claimed answer;
        answer.what = Claimed::What::refused;
        answer.status = m_present.status;
        answer.conflict = conflict;
        answer.outrun_by = m_newer.empty() ? m_present.outrun_by() : m_newer;
        return answer;
    }

    Claimed refuse(const char* conflict) {
        Claimed answer = refusal(conflict);
        json detail{{"refused", "claim"}, {"conflict", conflict}};
        if (answer.conflict == "outrun") {
            detail["by"] = answer.outrun_by;
        }
        note_refused_claim(m_session, m_claim, m_present, detail);
        return answer;
    }

    // What was approved does not hold any more: people are to look again.
    Claimed ask_anew(const char* conflict, json detail) {
        detail["conflict"] = conflict;
        NewEvent event = event_of(m_claim, m_present);
        event.detail = json_text(detail);
        move(Status::manual_testing, std::move(event));
        Claimed answer = refusal(conflict);
        answer.status = to_string(Status::manual_testing);
        return answer;
    }

    void move(Status to, NewEvent event) {
        // The row is held, and its status was looked at: a refusal here is a bug.
        if (!move_release(m_session, to, std::move(event))) {
            throw Fault(Fault::Kind::failed, "the release moved while it was held");
        }
    }

    Session& m_session;
    const Claim& m_claim;
    Present m_present;
    std::string m_newer; // what production has been deployed with since
};

} // namespace

Claimed claim(Session& session, const Claim& claim) {
    const auto present = hold_release(session, claim.release_id);
    if (!present) {
        Claimed absent;
        absent.what = Claimed::What::absent;
        return absent;
    }
    if (const auto before = claim.barred ? std::nullopt : what_it_became(session, claim)) {
        Claimed answer = *before;
        answer.status = present->status;
        if (answer.outrun_by.empty()) {
            answer.outrun_by = present->outrun_by();
        }
        if (answer.what == Claimed::What::done) {
            answer.there = claim.run;
        }
        return answer;
    }
    return Claiming(session, claim, *present).claim();
}

} // namespace loomrel::store
