#include "lib/store/sql/decisions.hpp"

#include "lib/base/error.hpp"
#include "lib/release/exclusion.hpp"
#include "lib/store/sql/fields.hpp"
#include "lib/store/sql/moves.hpp"
#include "lib/store/sql/rules.hpp"
#include "lib/store/sql/server.hpp"
#include "lib/store/sql/stage.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace loomrel::store {

namespace {

using nlohmann::json;
using release::Status;
using What = Decided::What;

std::string_view word(Status status) {
    return release::to_string(status);
}

std::vector<Approval>
approvals_of(Session& session, std::int64_t release_id, const std::string& commit) {
    Query query;
    query.text = "SELECT " + columns_of<Approval>()
                 + " FROM release_approvals WHERE release_id = " + query.bind(release_id);
    query.text += " AND commit_sha = " + query.bind(commit);
    // What another program may have written there is no approval.
    query.text += " AND decision IN ('approved', 'rejected') ORDER BY at, approver_id";
    std::vector<Approval> found;
    for (const Row& row : session.run(query).rows) {
        found.push_back(entity_of<Approval>(row));
    }
    return found;
}

// release::times_asked, of a release that is held.
std::int64_t times_asked(Session& session, std::int64_t release_id) {
    Query query;
    query.text = "SELECT COUNT(*) FROM release_events WHERE release_id = " + query.bind(release_id);
    query.text += " AND to_status = " + query.bind(std::string(word(Status::manual_testing)))
                  + " AND COALESCE(from_status, '') <> to_status";
    return integer_of(session.run(query).rows.at(0)[0]);
}

void write_approval(Session& session, const Decision& decision, const std::string& commit) {
    const Approval approval{
        decision.approver_id, decision.approver_name, commit, decision.verdict, {}};
    Insert insert("release_approvals");
    insert.set("release_id", decision.release_id)
        .set_all(approval)
        .set_sql("at", session.dialect().now);
    session.run_later(
        insert.query(" ON CONFLICT (release_id, approver_id) DO UPDATE SET"
                     " commit_sha = excluded.commit_sha, approver_name = excluded.approver_name,"
                     " decision = excluded.decision, at = excluded.at"));
}

// What became of this very decision before, if it was made before: What, and its conflict.
std::optional<std::pair<What, std::string>> what_it_became(Session& session,
                                                           const Decision& decision) {
    Query query;
    query.text = "SELECT from_status, to_status, detail FROM release_events WHERE change_id = "
                 + query.bind(decision.id);
    query.text += " AND release_id = " + query.bind(decision.release_id) + " ORDER BY id";
    const Result found = session.run(query);
    if (found.rows.empty()) {
        return std::nullopt;
    }
    if (found.rows[0][0] != found.rows[0][1]) {
        return std::pair(decision.verdict == Verdict::approved ? What::approved : What::rejected,
                         "");
    }
    const json detail = json::parse(found.rows[0][2].value_or(""), nullptr, false);
    if (detail.is_object() && detail.contains("conflict") && detail["conflict"].is_string()) {
        return std::pair(What::refused, detail["conflict"].get<std::string>());
    }
    return std::pair(What::counted, "");
}

bool may_still_decide(const Decision& decision, const std::string& status) {
    return status == word(Status::manual_testing)
           || (decision.verdict == Verdict::rejected && status == word(Status::manual_test_passed));
}

NewEvent event_of(const Decision& decision, const std::string& status, json detail) {
    detail["approver_id"] = decision.approver_id;
    if (decision.stage == Seen::silent) {
        detail["stage"] = "unseen";
    }
    if (!decision.typed_by.empty()) {
        detail["typed_by"] = storable(decision.typed_by);
    }
    NewEvent event;
    event.release_id = decision.release_id;
    event.from = status;
    event.to = status;
    event.actor = decision.approver_name.empty()
                      ? "telegram:" + std::to_string(decision.approver_id)
                      : decision.approver_name;
    event.source = decision.source;
    event.detail = detail.dump();
    event.change_id = decision.id;
    return event;
}

// One transaction's work on a release that is held.
class Deciding {
public:
    Deciding(Session& session, const Decision& decision, Present present)
        : m_session(session),
          m_decision(decision),
          m_present(std::move(present)),
          m_rules(approval_rules(session).value_or(decision.rules)) {
        m_answer.status = m_present.status;
        m_answer.needed = std::max(
            m_rules.quorum > 0 ? m_rules.quorum : static_cast<int>(m_rules.approvers.size()), 1);
    }

    Decided answer(What what, const std::string& conflict = "") {
        m_answer.what = what;
        m_answer.conflict = conflict;
        m_answer.outrun_by = m_present.outrun_by();
        m_answer.approvals = approvals_of(m_session, m_decision.release_id, m_present.commit);
        m_answer.server_is_up = is_lease_held(m_session, k_serve_lease);
        return m_answer;
    }

    Decided decide() {
        if (!release::is_approver(m_rules, m_decision.approver_id)) {
            return refuse("approver");
        }
        if (!m_present.commit.empty() && m_present.commit != m_decision.commit) {
            return refuse("commit");
        }
        const bool said = has_said_so();
        if (!may_still_decide(m_decision, m_present.status)) {
            return said ? answer(What::already) : refuse("status");
        }
        return m_decision.verdict == Verdict::approved ? approve(said) : reject();
    }

private:
    // Who wanted what and was told no is part of the release's history.
    Decided refuse(const char* conflict) {
        json detail{{"refused", std::string("decision:") + conflict}, {"conflict", conflict}};
        (void)add_event(m_session, event_of(m_decision, m_present.status, std::move(detail)));
        return answer(What::refused, conflict);
    }

    // Those whose approvals count; nullopt, and why: nobody's do.
    std::optional<release::Council> council(const char*& why) {
        try {
            const release::Approver self = release::approver_of(m_rules, m_decision.approver_id);
            why = "own";
            release::check_not_own(m_rules, self, m_present.origin());
            why = "sender";
            release::check_sender(m_rules, m_present.origin());
            why = "council";
            return release::council_of(m_rules, m_present.origin());
        } catch (const Error&) {
            return std::nullopt;
        }
    }

    bool has_said_so() {
        const auto all = approvals_of(m_session, m_decision.release_id, m_present.commit);
        return std::any_of(all.begin(), all.end(), [&](const Approval& one) {
            return one.approver_id == m_decision.approver_id && one.verdict == m_decision.verdict;
        });
    }

    Decided approve(bool said) {
        const char* why = "";
        const auto eligible = council(why);
        if (!eligible) {
            return refuse(why);
        }
        m_answer.needed = eligible->needed;
        // Nothing says what was tested: what would be let in is anybody's choice.
        if (m_present.commit.empty()) {
            return refuse("no_commit");
        }
        if (m_present.is_outrun()) {
            return refuse("outrun");
        }
        // What was shown is what is approved (design 13.4).
        if (times_asked(m_session, m_present.id) != m_decision.question) {
            return refuse("question");
        }
        if (const auto other = find_other_on_stage(m_session, m_decision.release_id, m_present)) {
            m_answer.stage_serves = other->serves;
            m_answer.stage_run = other->run;
            return refuse(other->rule == "tag" ? "tag" : "stage");
        }
        if (!said) {
            write_approval(m_session, m_decision, m_present.commit);
        }
        const std::vector<Approval> counting = those_that_count(eligible->ids());
        const int needed = eligible->needed;
        json detail{{"commit", m_present.commit}};
        // Said before, it may be enough by now: the configuration asks for fewer.
        if (static_cast<int>(counting.size()) >= needed) {
            json names = json::array();
            for (const Approval& one : counting) {
                names.push_back(one.approver_name);
            }
            detail["approvers"] = std::move(names);
            move(Status::manual_test_passed, detail);
            return answer(What::approved);
        }
        if (said) {
            return answer(What::already);
        }
        detail["approval"] = to_string(m_decision.verdict);
        detail["have"] = counting.size();
        detail["needed"] = needed;
        (void)add_event(m_session, event_of(m_decision, m_present.status, detail));
        return answer(What::counted);
    }

    Decided reject() {
        write_approval(m_session, m_decision, m_present.commit);
        move(Status::manual_test_failed,
             {{"commit", m_present.commit}, {"reason", storable(m_decision.reason)}});
        reject_twins();
        return answer(What::rejected);
    }

    // A rejection is of the commit (design 13.3): under whatever tag it waits, it is over.
    void reject_twins() {
        if (m_present.commit.empty()) {
            return;
        }
        Query query;
        query.text =
            "SELECT id FROM releases WHERE service_name = " + query.bind(m_present.service);
        query.text += " AND commit_sha = " + query.bind(m_present.commit);
        query.text += " AND status IN ('manual_testing', 'manual_test_passed') ORDER BY id";
        std::size_t step = 0;
        for (const Row& row : m_session.run(query).rows) {
            const auto twin = hold_release(m_session, integer_of(row[0]));
            if (!twin || !may_still_decide(m_decision, twin->status)) {
                continue;
            }
            NewEvent event = event_of(m_decision,
                                      twin->status,
                                      {{"commit", m_present.commit},
                                       {"reason", storable(m_decision.reason)},
                                       {"rejected_with", m_present.id},
                                       {"rejected_with_tag", m_present.tag}});
            event.release_id = twin->id;
            event.step = ++step;
            if (!move_release(m_session, Status::manual_test_failed, std::move(event))) {
                throw Fault(Fault::Kind::failed, "the release moved while it was held");
            }
        }
    }

    std::vector<Approval> those_that_count(const std::vector<std::int64_t>& listed) {
        auto all = approvals_of(m_session, m_decision.release_id, m_present.commit);
        std::erase_if(all, [&](const Approval& one) {
            return one.verdict != Verdict::approved
                   || std::find(listed.begin(), listed.end(), one.approver_id) == listed.end();
        });
        return all;
    }

    void move(Status to, const json& detail) {
        // The row is held, and its status was looked at: a refusal here is a bug.
        if (!move_release(m_session, to, event_of(m_decision, m_present.status, detail))) {
            throw Fault(Fault::Kind::failed, "the release moved while it was held");
        }
        m_answer.status = word(to);
    }

    Session& m_session;
    const Decision& m_decision;
    Present m_present;
    release::ApprovalRules m_rules;
    Decided m_answer;
};

} // namespace

Decided decide(Session& session, const Decision& decision) {
    const auto present = hold_release(session, decision.release_id);
    if (!present) {
        Decided absent;
        absent.what = What::absent;
        return absent;
    }
    Deciding deciding(session, decision, *present);
    if (const auto before = what_it_became(session, decision)) {
        return deciding.answer(before->first, before->second);
    }
    return deciding.decide();
}

std::vector<Approval> approvals(Session& session, std::int64_t release_id) {
    const auto release = find_release(session, release_id);
    if (!release) {
        return {};
    }
    return approvals_of(session, release_id, release->commit_sha.value_or(""));
}

bool note_event(Session& session, const NewNote& note) {
    const auto present = hold_release(session, note.release_id);
    if (!present) {
        return false;
    }
    Query query;
    query.text = "SELECT 1 FROM release_events WHERE change_id = " + query.bind(note.id);
    if (session.run(query).rows.empty()) {
        NewEvent event = event_of(note, *present);
        event.to = event.from;
        event.detail = note.detail;
        (void)add_event(session, event);
    }
    return true;
}

} // namespace loomrel::store
