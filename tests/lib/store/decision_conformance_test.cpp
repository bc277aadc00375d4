#include "lib/store/server_ledger.hpp"
#include "tests/lib/store/ledgers.hpp"

#include <nlohmann/json.hpp>

#include <thread>

using namespace loomrel;
using namespace loomrel::test;
using release::Status;
using store::Verdict;
using What = store::Decided::What;

namespace {

constexpr const char* k_other_commit = "2f0c2a3b4d5e6f708192a3b4c5d6e7f801234567";

const std::vector<Status> k_tested{Status::building, Status::stage_deploy, Status::manual_testing};

std::int64_t tested_release(store::Store& store) {
    return release_in(store, k_tested);
}

store::Decision word_on(std::int64_t id, std::int64_t who, Verdict verdict = Verdict::approved) {
    return decision_on(id, who, verdict);
}

store::Decision one_of_two(std::int64_t id, std::int64_t who) {
    auto decision = word_on(id, who);
    decision.rules.quorum = 2;
    return decision;
}

nlohmann::json detail_of(const release::Event& event) {
    return nlohmann::json::parse(event.detail);
}

template <typename Ledger> std::string outbox_of(const Ledger& ledger, std::int64_t id) {
    return ledger.sql("SELECT outbox.kind, to_status FROM outbox JOIN release_events ON"
                      " release_events.id = event_id WHERE outbox.release_id = "
                      + std::to_string(id) + " AND outbox.id > (SELECT MIN(id) FROM outbox WHERE"
                      + " release_id = " + std::to_string(id) + ") ORDER BY outbox.id");
}

void serve_on_stage(store::Store& store,
                    const std::string& commit,
                    const std::vector<std::string>& serves,
                    std::optional<std::int64_t> release_id = std::nullopt) {
    // Runs are told apart by when they started.
    std::this_thread::sleep_for(Milliseconds(3));
    auto run = new_run(release_id);
    run.commit = commit;
    REQUIRE(store.open_run(run).opened);
    store::RunEnd end{run.id, store::RunOutcome::good, "{}", {}};
    for (std::size_t i = 0; i < serves.size(); ++i) {
        end.hosts.push_back({run.hosts[i], "ended", "ok", serves[i]});
    }
    store.end_run(end);
}

} // namespace

TEMPLATE_TEST_CASE("one approval is enough where one is asked for",
                   "",
                   SqliteLedger,
                   PostgresLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_ledger(ledger);
    const auto id = tested_release(*store);
    auto decision = word_on(id, 11111);
    decision.typed_by = "devops";
    const auto decided = store->decide(decision);
    CHECK(decided.what == What::approved);
    CHECK_FALSE(decided.server_is_up);
    CHECK(decided.status == "manual_test_passed");
    REQUIRE(decided.approvals.size() == 1);
    CHECK(decided.approvals[0].approver_id == 11111);
    CHECK(decided.approvals[0].approver_name == "approver 11111");
    CHECK(decided.approvals[0].commit == commit_of(id));
    CHECK(decided.approvals[0].verdict == Verdict::approved);
    CHECK(decided.approvals[0].at > Time{});
    CHECK(store->find_release(id)->status == "manual_test_passed");
    const auto events = store->events(id);
    REQUIRE(events.size() == 5);
    CHECK(events[4].from == "manual_testing");
    CHECK(events[4].to == "manual_test_passed");
    CHECK(events[4].actor == "approver 11111");
    CHECK(events[4].source == "cli");
    CHECK(detail_of(events[4])["approvers"] == nlohmann::json{"approver 11111"});
    CHECK(detail_of(events[4])["commit"] == commit_of(id));
    CHECK(detail_of(events[4])["approver_id"] == 11111);
    CHECK(detail_of(events[4])["typed_by"] == "devops");
    CHECK(outbox_of(ledger, id) == "event|manual_test_passed\ndispatch|manual_test_passed");

    // The same again, and the same person again; by now a server is there to do what is next.
    const auto server = store::open_server_ledger(ledger.database_options());
    CHECK(server->take_lease("notices", "serve", Milliseconds(60000)));
    CHECK_FALSE(store->decide(decision).server_is_up);
    CHECK(server->take_lease(store::k_serve_lease, "serve", Milliseconds(60000)));
    CHECK(store->decide(decision).server_is_up);
    server->drop_lease(store::k_serve_lease, "serve");
    CHECK_FALSE(store->decide(decision).server_is_up);
    // One that went without a word is not waited for.
    CHECK(server->take_lease(store::k_serve_lease, "serve", Milliseconds(1)));
    std::this_thread::sleep_for(Milliseconds(50));
    CHECK_FALSE(store->decide(decision).server_is_up);
    CHECK(store->decide(decision).what == What::approved);
    CHECK(store->decide(word_on(id, 11111)).what == What::already);
    // Another one comes too late, and hears what it is.
    const auto late = store->decide(word_on(id, 22222));
    CHECK(late.what == What::refused);
    CHECK(late.conflict == "status");
    CHECK(late.status == "manual_test_passed");
    // That it was wanted stands in the history.
    CHECK(store->events(id).size() == 6);
    CHECK(detail_of(store->events(id).back())["refused"] == "decision:status");
    CHECK(store->approvals(id).size() == 1);
    CHECK(store->check().problems.empty());
}

TEMPLATE_TEST_CASE("where two are asked for, the second listed person decides",
                   "",
                   SqliteLedger,
                   PostgresLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_ledger(ledger);
    const auto id = tested_release(*store);
    const auto first = store->decide(one_of_two(id, 11111));
    CHECK(first.what == What::counted);
    CHECK(first.status == "manual_testing");
    CHECK(store->decide(one_of_two(id, 11111)).what == What::already);
    // Somebody who is on the list no more.
    auto gone = one_of_two(id, 99999);
    gone.rules.approvers.push_back(99999);
    gone.rules.quorum = 3;
    CHECK(store->decide(gone).what == What::counted);
    CHECK(outbox_of(ledger, id).empty());
    const auto second = store->decide(one_of_two(id, 33333));
    CHECK(second.what == What::approved);
    CHECK(second.needed == 2);
    CHECK(second.approvals.size() == 3);

    const auto events = store->events(id);
    REQUIRE(events.size() == 7);
    CHECK(events[4].from == "manual_testing");
    CHECK(events[4].to == "manual_testing");
    CHECK(detail_of(events[4])["approval"] == "approved");
    CHECK(detail_of(events[4])["have"] == 1);
    CHECK(detail_of(events[4])["needed"] == 2);
    CHECK(detail_of(events[6])["approvers"]
          == nlohmann::json({"approver 11111", "approver 33333"}));
    CHECK(store->check().problems.empty());
}

TEMPLATE_TEST_CASE("a word said before is enough once fewer are asked for",
                   "",
                   SqliteLedger,
                   PostgresLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_ledger(ledger);
    const auto id = tested_release(*store);
    CHECK(store->decide(one_of_two(id, 11111)).what == What::counted);
    CHECK(store->decide(word_on(id, 11111)).what == What::approved);
}

TEMPLATE_TEST_CASE("a rejection ends it, even late, and the reason is kept",
                   "",
                   SqliteLedger,
                   PostgresLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_ledger(ledger);
    const auto soon = tested_release(*store);
    CHECK(store->decide(one_of_two(soon, 11111)).what == What::counted);
    // The newest word of a person counts.
    auto no = word_on(soon, 11111, Verdict::rejected);
    no.reason = std::string("bad \xff byte");
    const auto rejected = store->decide(no);
    CHECK(rejected.what == What::rejected);
    CHECK(rejected.status == "manual_test_failed");
    REQUIRE(rejected.approvals.size() == 1);
    CHECK(rejected.approvals[0].verdict == Verdict::rejected);
    CHECK(contains(store->events(soon).back().detail, "bad "));
    CHECK(store->find_release(soon)->completed_at);
    CHECK(store->decide(word_on(soon, 22222)).what == What::refused);
    CHECK(store->decide(word_on(soon, 11111, Verdict::rejected)).what == What::already);

    const auto late = tested_release(*store);
    CHECK(store->decide(word_on(late, 11111)).what == What::approved);
    CHECK(store->decide(word_on(late, 22222, Verdict::rejected)).what == What::rejected);
    CHECK(outbox_of(ledger, late)
          == "event|manual_test_passed\ndispatch|manual_test_passed\nevent|manual_test_failed");
    CHECK(detail_of(store->events(late).back())["reason"] == "не открывается");

    // What is being deployed can be rejected no more.
    const auto gone = tested_release(*store);
    CHECK(store->decide(word_on(gone, 11111)).what == What::approved);
    take_along(*store, gone, {Status::deploying});
    const auto refused = store->decide(word_on(gone, 22222, Verdict::rejected));
    CHECK(refused.what == What::refused);
    CHECK(refused.status == "deploying");
    CHECK(store->check().problems.empty());
}

TEMPLATE_TEST_CASE("an approval is of one commit", "", SqliteLedger, PostgresLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_ledger(ledger);
    const auto id = tested_release(*store);
    for (const Verdict verdict : {Verdict::approved, Verdict::rejected}) {
        for (const std::string commit : {k_other_commit, ""}) {
            auto decision = word_on(id, 11111, verdict);
            decision.commit = commit;
            const auto decided = store->decide(decision);
            CHECK(decided.what == What::refused);
            CHECK(decided.conflict == "commit");
            CHECK(decided.status == "manual_testing");
        }
    }
    CHECK(store->approvals(id).empty());
    CHECK(store->events(id).size() == 8);

    // Where the ledger knows none, there is nothing to approve; to reject there is.
    const auto unknown = release_in(*store, {});
    CHECK(store->apply(change_to(unknown, k_tested)).status == "manual_testing");
    for (const std::string& commit : {commit_of(unknown), std::string()}) {
        auto decision = one_of_two(unknown, 11111);
        decision.commit = commit;
        CHECK(store->decide(decision).conflict == "no_commit");
    }
    CHECK(store->approvals(unknown).empty());
    CHECK_FALSE(store->find_release(unknown)->commit_sha);
    auto no = word_on(unknown, 11111, Verdict::rejected);
    no.commit.clear();
    CHECK(store->decide(no).what == What::rejected);
}

TEMPLATE_TEST_CASE("an approval is too old by the database's clock, and asked for anew",
                   "",
                   SqliteLedger,
                   PostgresLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_ledger(ledger);
    const auto id = tested_release(*store);
    CHECK(store->decide(word_on(id, 11111)).what == What::approved);
    std::this_thread::sleep_for(Milliseconds(30));

    using Became = store::Claimed::What;
    auto claim = claim_of(id);
    claim.rules.expires = Milliseconds(20);
    const auto refused = store->claim(claim);
    CHECK(refused.what == Became::refused);
    CHECK(refused.conflict == "expired");
    // Asked anew: nobody has said anything yet, and the same people may.
    CHECK(refused.status == "manual_testing");
    CHECK(detail_of(store->events(id).back())["reason"] == "approval_expired");
    CHECK_FALSE(store->find_run(claim.run->id));
    CHECK(store->approvals(id).empty());
    auto anew = word_on(id, 11111);
    anew.question = 2;
    CHECK(store->decide(anew).what == What::approved);
    claim = claim_of(id);
    CHECK(store->claim(claim).what == Became::done);
    CHECK(outbox_of(ledger, id)
          == "event|manual_test_passed\ndispatch|manual_test_passed\nevent|manual_testing\n"
             "event|manual_test_passed\ndispatch|manual_test_passed");

    // The same approval counts for another try, as long as it is young enough.
    auto failed = change_to(id, {Status::production_failed});
    failed.end_run = end_of(*claim.run, "", false);
    CHECK(store->apply(failed).status == "production_failed");
    claim = claim_of(id);
    CHECK(store->claim(claim).what == Became::done);
    failed = change_to(id, {Status::production_failed});
    failed.end_run = end_of(*claim.run, "", false);
    CHECK(store->apply(failed).status == "production_failed");
    claim = claim_of(id);
    claim.rules.expires = Milliseconds(0);
    std::this_thread::sleep_for(Milliseconds(5));
    CHECK(store->claim(claim).conflict == "expired");
    CHECK(store->find_release(id)->status == "manual_testing");
    CHECK(store->approvals(id).empty());
    CHECK(store->check().problems.empty());
}

TEMPLATE_TEST_CASE("only what stage serves can be approved, as far as the ledger knows",
                   "",
                   SqliteLedger,
                   PostgresLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_ledger(ledger);
    const auto id = tested_release(*store);
    const auto refusal = [&](const char* conflict = "stage") {
        const auto decided = store->decide(one_of_two(id, 22222));
        CHECK(decided.what == What::refused);
        CHECK(decided.conflict == conflict);
        CHECK(decided.status == "manual_testing");
        return decided;
    };
    serve_on_stage(*store, commit_of(id), {"v1.2.3", "v1.2.3"}, id);
    CHECK(store->decide(one_of_two(id, 11111)).what == What::counted);
    serve_on_stage(*store, commit_of(id), {"v1.2.4", "v1.2.4"});
    CHECK(refusal().stage_serves == "v1.2.4");
    // One host of several.
    serve_on_stage(*store, commit_of(id), {"v1.2.3", k_other_commit});
    CHECK(refusal().stage_serves == k_other_commit);
    // A run that could not tell says nothing about what is there.
    serve_on_stage(*store, commit_of(id), {"", ""});
    CHECK(refusal().stage_serves == k_other_commit);
    // By its commit it is the same.
    serve_on_stage(*store, commit_of(id), {commit_of(id), "v1.2.3"});
    CHECK(store->decide(one_of_two(id, 11111)).what == What::already);

    // The same tag, moved to another commit.
    auto moved = new_run();
    moved.commit = k_other_commit;
    std::this_thread::sleep_for(Milliseconds(3));
    REQUIRE(store->open_run(moved).opened);
    store->end_run({moved.id,
                    store::RunOutcome::failed,
                    "{}",
                    {{moved.hosts[0], "ended", "restored", "v1.2.3"}}});
    CHECK(store->decide(one_of_two(id, 11111)).what == What::already);
    moved.id = random_uuid();
    std::this_thread::sleep_for(Milliseconds(3));
    REQUIRE(store->open_run(moved).opened);
    store->end_run(
        {moved.id, store::RunOutcome::good, "{}", {{moved.hosts[0], "ended", "ok", "v1.2.3"}}});
    CHECK(refusal("tag").stage_serves == k_other_commit);
    serve_on_stage(*store, commit_of(id), {"v1.2.3"}, id);

    // Other services and environments are none of its business.
    auto other = new_run();
    other.service = "loom-user";
    REQUIRE(store->open_run(other).opened);
    other = new_run();
    other.environment = "prod";
    REQUIRE(store->open_run(other).opened);
    REQUIRE(store->open_run(new_run(id)).opened);
    CHECK(store->decide(one_of_two(id, 11111)).what == What::already);
    const auto next = new_run();
    REQUIRE(store->open_run(next).opened);
    CHECK(refusal().stage_run == next.id);
    CHECK(refusal().stage_serves.empty());
    // Nobody has to be able to test it to say that it is bad.
    CHECK(store->decide(word_on(id, 22222, Verdict::rejected)).what == What::rejected);
}

TEMPLATE_TEST_CASE("nobody decides on what there is not, or not yet",
                   "",
                   SqliteLedger,
                   PostgresLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_ledger(ledger);
    CHECK(store->decide(word_on(42, 11111)).what == What::absent);
    CHECK(store->approvals(42).empty());
    const auto id = release_in(*store, {Status::building});
    for (const Verdict verdict : {Verdict::approved, Verdict::rejected}) {
        const auto decided = store->decide(word_on(id, 11111, verdict));
        CHECK(decided.what == What::refused);
        CHECK(decided.conflict == "status");
        CHECK(decided.status == "building");
    }
}

TEMPLATE_TEST_CASE("a note is an event that moves nothing", "", SqliteLedger, PostgresLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_ledger(ledger);
    const auto id = tested_release(*store);
    const store::NewNote note{
        random_uuid(), id, "telegram:99999", "cli", R"({"refused":"stranger"})"};
    CHECK(store->note_event(note));
    CHECK(store->note_event(note));
    const auto events = store->events(id);
    REQUIRE(events.size() == 5);
    CHECK(events[4].from == "manual_testing");
    CHECK(events[4].to == "manual_testing");
    CHECK(events[4].actor == "telegram:99999");
    CHECK(detail_of(events[4])["refused"] == "stranger");
    CHECK_FALSE(store->note_event({random_uuid(), 42, "x", "cli", "{}"}));
    CHECK(store->check().problems.empty());
    CHECK(outbox_of(ledger, id).empty());
}

TEMPLATE_TEST_CASE("an approval answers the question that people were asked last",
                   "",
                   SqliteLedger,
                   PostgresLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_ledger(ledger);
    const auto id = tested_release(*store);
    // Notes and votes are no questions.
    CHECK(store->decide(one_of_two(id, 22222)).what == What::counted);
    CHECK(release::times_asked(store->events(id)) == 1);
    take_along(*store, id, {Status::manual_test_passed, Status::manual_testing});
    CHECK(release::times_asked(store->events(id)) == 2);
    for (const std::int64_t question : {0, 1, 3}) {
        auto stale = word_on(id, 11111);
        stale.question = question;
        const auto decided = store->decide(stale);
        CHECK(decided.what == What::refused);
        CHECK(decided.conflict == "question");
        CHECK(store->decide(stale).conflict == "question"); // the same, sent twice
        CHECK(detail_of(store->events(id).back())["refused"] == "decision:question");
    }
    CHECK(store->approvals(id).empty());
    CHECK(store->find_release(id)->status == "manual_testing");
    auto word = word_on(id, 11111);
    word.question = 2;
    CHECK(store->decide(word).what == What::approved);
    // A rejection stops what was tested, whatever was shown.
    take_along(*store, id, {Status::manual_testing});
    CHECK(store->decide(word_on(id, 22222, Verdict::rejected)).what == What::rejected);
}
