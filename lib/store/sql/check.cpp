#include "lib/store/sql/check.hpp"

#include "lib/base/text.hpp"

#include <array>

namespace loomrel::store {

namespace {

// Enough to see what kind of trouble it is.
constexpr const char* k_most = " LIMIT 20";

struct Invariant {
    const char* query; // gives rows of words that complete the sentence
    std::array<const char*, 4> sentence;
};

// English, as the column SchemaState::problems is for operators and --json alike.
constexpr std::array k_invariants{
    Invariant{"SELECT releases.id, releases.status, last.to_status FROM releases"
              " JOIN release_events AS last ON last.id ="
              " (SELECT MAX(id) FROM release_events WHERE release_id = releases.id)"
              " WHERE last.to_status <> releases.status ORDER BY releases.id",
              {"release ", " is \"", "\", but its last event says \"", "\""}},
    // Every event begins where the one before it ended; a row edited or taken out breaks that.
    Invariant{"SELECT release_id, id, from_status FROM (SELECT release_id, id, from_status,"
              " LAG(to_status) OVER (PARTITION BY release_id ORDER BY id) AS before"
              " FROM release_events) AS line WHERE before IS NOT NULL AND before <> from_status"
              " ORDER BY id",
              {"history of release ",
               ": event ",
               " begins at \"",
               "\", which is not where the one before it ended"}},
    Invariant{
        "SELECT release_keys.release_id, release_keys.service, release_keys.tag"
        " FROM release_keys JOIN releases ON releases.id = release_keys.release_id"
        " WHERE releases.service_name <> release_keys.service"
        " OR releases.release_tag <> release_keys.tag ORDER BY release_keys.release_id",
        {"release ", " is kept under the key \"", "\" \"", "\", which is not its service and tag"}},
    Invariant{"SELECT id, service, environment FROM runs"
              " WHERE (ended_at IS NULL) <> (outcome IS NULL) ORDER BY started_at",
              {"run ",
               " of \"",
               "\" on \"",
               "\" has an end without an outcome, or an outcome without an end"}},
    // What leads back from a rejection takes it away.
    Invariant{"SELECT release_approvals.release_id, approver_id, releases.status"
              " FROM release_approvals JOIN releases ON releases.id = release_approvals.release_id"
              " WHERE decision = 'rejected' AND releases.status <> 'manual_test_failed'"
              " ORDER BY release_approvals.release_id",
              {"release ", " was rejected by ", ", but is \"", "\""}},
    Invariant{"SELECT release_id, approver_id, decision FROM release_approvals"
              " WHERE decision NOT IN ('approved', 'rejected') ORDER BY release_id",
              {"release ", ": the decision of ", " is \"", "\", which nobody can make"}},
    Invariant{"SELECT outbox.id, outbox.kind, outbox.state FROM outbox"
              " WHERE state NOT IN ('waiting', 'parked', 'sent') ORDER BY outbox.id",
              {"notice ", " of kind \"", "\" is in a state that nobody delivers: \"", "\""}},
    Invariant{"SELECT outbox.id, outbox.kind, outbox.phase FROM outbox"
              " WHERE phase NOT IN ('', 'requested', 'started', 'obsolete') ORDER BY outbox.id",
              {"notice ", " of kind \"", "\" is in a phase that nobody knows: \"", "\""}},
    // Its key says which event it tells, so that one is told once.
    Invariant{"SELECT outbox.id, outbox.key, outbox.event_id FROM outbox"
              " LEFT JOIN release_events ON release_events.id = outbox.event_id"
              " WHERE outbox.event_id IS NOT NULL AND (release_events.id IS NULL"
              " OR release_events.release_id <> outbox.release_id"
              " OR outbox.key <> outbox.kind || ':' || outbox.event_id) ORDER BY outbox.id",
              {"notice ", " (\"", "\") is not of the event ", " that it names"}},
};

std::string fill(const Invariant& invariant, const Row& row) {
    std::string text = invariant.sentence[0];
    for (std::size_t i = 0; i < row.size(); ++i) {
        text += sanitize_line(row[i].value_or("")) + invariant.sentence[i + 1];
    }
    return text;
}

} // namespace

std::vector<std::string> find_problems(Session& session) {
    std::vector<std::string> problems;
    if (session.dialect().kind == Dialect::Kind::sqlite) {
        for (const Row& row : session.run({"PRAGMA integrity_check(20)"}).rows) {
            if (row[0] != "ok") {
                problems.push_back(sanitize_line(row[0].value_or("")));
            }
        }
    }
    for (const Invariant& invariant : k_invariants) {
        for (const Row& row : session.run({std::string(invariant.query) + k_most}).rows) {
            problems.push_back(fill(invariant, row));
        }
    }
    return problems;
}

} // namespace loomrel::store
