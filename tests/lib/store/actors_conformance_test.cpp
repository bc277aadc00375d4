#include "tests/lib/store/ledgers.hpp"

#include <nlohmann/json.hpp>

using namespace loomrel;
using namespace loomrel::test;
using release::Status;
using What = store::Decided::What;

namespace {

const std::vector<Status> k_tested{Status::building, Status::stage_deploy, Status::manual_testing};

release::ApprovalRules strict_rules() {
    auto rules = rules_of_three();
    rules.self_approval = false;
    rules.people = {{11111, "gommgo", "Аня", {"anya@example.com"}},
                    {22222, "boris", "", {"boris@example.com"}},
                    {33333, "vera", "", {}}};
    return rules;
}

store::NewRelease pushed_by(const std::string& sender, const std::string& tag = "v1.2.3") {
    auto release = new_release(tag);
    release.sender = sender;
    release.event = "push";
    release.word = release::k_word_ci;
    return release;
}

store::Change signatures_of(std::int64_t id, const std::string& author, const std::string& by) {
    store::Change change = change_to(id, {});
    change.signatures = release::Signatures{commit_of(id), "An Author", author, "Somebody", by};
    return change;
}

} // namespace

TEMPLATE_TEST_CASE("a release says who acted on it", "", SqliteLedger, PostgresLedger, HttpLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_ledger(ledger);
    auto asked = pushed_by("gommgo");
    asked.resender = "boris";
    const auto id = store->create_release(asked).id;
    take_along(*open_database(ledger), id, {Status::building});
    CHECK(store->apply(signatures_of(id, "boris@example.com", "noreply@github.com")).what
          == store::Changed::What::done);
    const auto row = store->find_release(id);
    REQUIRE(row);
    REQUIRE(row->actors);
    CHECK(row->actors->sender == "gommgo");
    CHECK(row->actors->resender == "boris");
    CHECK(row->actors->event == "push");
    CHECK(row->actors->word == "ci");
    CHECK(row->actors->author_name == "An Author");
    CHECK(row->actors->author_email == "boris@example.com");
    CHECK(row->actors->committer_email == "noreply@github.com");
    CHECK(store->list_releases({}).at(0).actors == row->actors);

    // The first word stands, and one of another commit is none.
    (void)store->apply(signatures_of(id, "stranger@example.com", "stranger@example.com"));
    CHECK(store->find_release(id)->actors == row->actors);
    const auto other = store->create_release(pushed_by("gommgo", "v1.2.4")).id;
    take_along(*open_database(ledger), other, {Status::building});
    auto wrong = signatures_of(other, "boris@example.com", "boris@example.com");
    wrong.signatures->commit = commit_of(id);
    (void)store->apply(wrong);
    CHECK(store->find_release(other)->actors->author_email.empty());
    // Nobody's word is GitHub's but GitHub's.
    auto posing = pushed_by("gommgo", "v1.2.5");
    posing.word = release::k_word_github;
    if constexpr (std::is_same_v<TestType, HttpLedger>) {
        CHECK_FALSE(refusal_of([&] { (void)store->create_release(posing); }).empty());
    }
}

TEMPLATE_TEST_CASE("signatures come with the commit that they are of",
                   "",
                   SqliteLedger,
                   PostgresLedger,
                   HttpLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_ledger(ledger);
    const auto id = store->create_release(pushed_by("gommgo")).id;
    auto run = new_run(id);
    REQUIRE(store->open_run(run).opened);
    store::Change change = change_to(id, {Status::building});
    change.during_run = run.id;
    change.commit = commit_of(id);
    change.signatures =
        release::Signatures{commit_of(id), "A", "anya@example.com", "A", "anya@example.com"};
    CHECK(store->apply(change).what == store::Changed::What::done);
    CHECK(store->find_release(id)->actors->author_email == "anya@example.com");
}

TEMPLATE_TEST_CASE("sender, author and committer do not approve, and an unknown sender stops",
                   "",
                   SqliteLedger,
                   PostgresLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto server = open_database(ledger);
    (void)server->keep_approval_rules(strict_rules(), "serve");
    CHECK(server->approval_rules() == strict_rules());
    auto asked = pushed_by("gommgo");
    asked.by = "somebody's name";
    const auto id = server->create_release(asked).id;
    take_along(*server, id, {Status::building});
    (void)server->apply(signatures_of(id, "boris@example.com", "noreply@github.com"));
    take_along(*server, id, {Status::stage_deploy, Status::manual_testing});
    for (const std::int64_t own : {11111, 22222}) {
        const auto decided = server->decide(decision_on(id, own));
        CHECK(decided.what == What::refused);
        CHECK(decided.conflict == "own");
    }
    CHECK(server->decide(decision_on(id, 33333)).what == What::approved);
    CHECK(server->claim(claim_of(id)).what == store::Claimed::What::done);

    const auto strange = server->create_release(pushed_by("mallory", "v1.2.4")).id;
    take_along(*server, strange, k_tested);
    const auto refused = server->decide(decision_on(strange, 33333));
    CHECK(refused.what == What::refused);
    CHECK(refused.conflict == "sender");
    CHECK(contains(server->events(strange).back().detail, "decision:sender"));
    // Whoever it is, he may be told to go away.
    CHECK(server->decide(decision_on(strange, 33333, store::Verdict::rejected)).what
          == What::rejected);
    CHECK(server->check().problems.empty());
}

TEMPLATE_TEST_CASE("a claim counts no vote of whose own release it turned out to be",
                   "",
                   SqliteLedger,
                   PostgresLedger,
                   HttpLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_ledger(ledger);
    const auto server = open_database(ledger);
    (void)server->keep_approval_rules(strict_rules(), "serve");
    const auto approved = [&](const std::string& tag) {
        auto asked = pushed_by("vera", tag);
        asked.by = "vera";
        const auto id = server->create_release(asked).id;
        take_along(*server, id, k_tested);
        CHECK(server->decide(decision_on(id, 11111)).what == What::approved);
        return id;
    };
    // GitHub says that it was the approver himself who pushed it.
    const auto own = approved("v1.2.3");
    server->keep_sender({own, "gommgo", "gommgo", "push", commit_of(own)});
    auto claimed = store->claim(claim_of(own));
    CHECK(claimed.what == store::Claimed::What::refused);
    CHECK(claimed.conflict == "approvals");
    CHECK(claimed.status == "manual_testing");

    const auto strange = approved("v1.2.4");
    server->keep_sender({strange, "mallory", "mallory", "push", commit_of(strange)});
    claimed = store->claim(claim_of(strange));
    CHECK(claimed.what == store::Claimed::What::refused);
    CHECK(claimed.conflict == "sender");
    CHECK(claimed.status == "manual_test_passed");
}

TEMPLATE_TEST_CASE("GitHub is asked once who began it, and its answer wins",
                   "",
                   SqliteLedger,
                   PostgresLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto server = open_database(ledger);
    const auto id = server->create_release(pushed_by("gommgo")).id;
    server->keep_sender({id, "mallory", "boris", "workflow_dispatch", commit_of(7)});
    auto actors = *server->find_release(id)->actors;
    CHECK(actors.sender == "mallory");
    CHECK(actors.resender == "boris");
    CHECK(actors.event == "workflow_dispatch");
    CHECK(actors.word == "github");
    CHECK(actors.run_commit == commit_of(7));
    CHECK(actors.asked);
    server->keep_sender({id, "gommgo", "gommgo", "push", ""});
    CHECK(server->find_release(id)->actors == actors);

    // It knows no such run: CI's word stays CI's.
    const auto other = server->create_release(pushed_by("gommgo", "v1.2.4")).id;
    server->keep_sender({other, "", "", "", ""});
    actors = *server->find_release(other)->actors;
    CHECK(actors.sender == "gommgo");
    CHECK(actors.word == "ci");
    CHECK(actors.asked);
}

TEMPLATE_TEST_CASE("a row from before goes by who is named, as it did",
                   "",
                   SqliteLedger,
                   PostgresLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto server = open_database(ledger);
    (void)server->keep_approval_rules(strict_rules(), "serve");
    auto asked = pushed_by("boris");
    asked.by = "nobody-we-know";
    const auto id = server->create_release(asked).id;
    ledger.sql("UPDATE releases SET actors = NULL");
    take_along(*server, id, {Status::building});
    (void)server->apply(signatures_of(id, "boris@example.com", "boris@example.com"));
    server->keep_sender({id, "boris", "boris", "push", ""});
    CHECK_FALSE(server->find_release(id)->actors);
    take_along(*server, id, {Status::stage_deploy, Status::manual_testing});
    CHECK(server->decide(decision_on(id, 22222)).what == What::approved);
}
