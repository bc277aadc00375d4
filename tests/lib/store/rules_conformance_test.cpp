#include "tests/lib/store/ledgers.hpp"

#include <nlohmann/json.hpp>

using namespace loomrel;
using namespace loomrel::test;
using release::Status;
using What = store::Decided::What;

namespace {

const std::vector<Status> k_tested{Status::building, Status::stage_deploy, Status::manual_testing};

} // namespace

TEMPLATE_TEST_CASE("the ledger keeps the rules as a server wrote them, and tells of every change",
                   "",
                   SqliteLedger,
                   PostgresLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto server = open_database(ledger);
    CHECK_FALSE(server->approval_rules());
    auto rules = rules_of_three(2);
    rules.self_approval = false;
    rules.people = {{11111, "gommgo", "Аня Щукина"}, {22222, "", ""}};
    rules.expires = Milliseconds(1234567);
    CHECK(server->keep_approval_rules(rules, "serve"));
    CHECK(server->waiting_notices(10).empty()); // there was nothing before
    CHECK_FALSE(server->keep_approval_rules(rules, "serve"));
    CHECK(open_database(ledger)->approval_rules() == rules);
    const auto before = rules;
    rules.approvers.pop_back();
    CHECK(server->keep_approval_rules(rules, "serve \xff"));
    CHECK(server->approval_rules() == rules);
    const auto notices = server->waiting_notices(10);
    REQUIRE(notices.size() == 1);
    CHECK(notices[0].kind == "rules_changed");
    const auto fact = nlohmann::json::parse(notices[0].fact);
    CHECK(fact["before"]["approvers"] == nlohmann::json(before.approvers));
    CHECK(fact["now"]["approvers"] == nlohmann::json(rules.approvers));
    CHECK(ledger.sql("SELECT count(*) FROM approval_rules") == "2");
    for (const char* text :
         {"UPDATE approval_rules SET actor = 'x'", "DELETE FROM approval_rules"}) {
        CHECK(contains(refusal_of([&] { ledger.sql(text); }), "append-only"));
    }
}

TEMPLATE_TEST_CASE("decisions are held to the ledger's rules, whatever the decider brings",
                   "",
                   SqliteLedger,
                   PostgresLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto server = open_database(ledger);
    auto rules = rules_of_three(2);
    rules.people = {{11111, "gommgo", "Аня"}, {22222, "boris", ""}, {33333, "vera", ""}};
    (void)server->keep_approval_rules(rules, "serve");
    const auto id = release_in(*server, k_tested);
    const auto refused = [&](const store::Decision& decision, const std::string& conflict) {
        const std::size_t events = server->events(id).size();
        const auto decided = server->decide(decision);
        CHECK(decided.what == What::refused);
        CHECK(decided.conflict == conflict);
        CHECK(decided.status == "manual_testing");
        const auto history = server->events(id);
        REQUIRE(history.size() == events + 1);
        CHECK(contains(history.back().detail, "decision:" + conflict));
        // The same one sent again.
        CHECK(server->decide(decision).conflict == conflict);
        CHECK(server->events(id).size() == events + 1);
    };
    auto stranger = decision_on(id, 99999);
    stranger.rules.approvers = {99999};
    refused(stranger, "approver");
    stranger = decision_on(id, 99999, store::Verdict::rejected);
    stranger.rules.approvers = {99999};
    refused(stranger, "approver");
    // Their own says that one is enough.
    const auto counted = server->decide(decision_on(id, 11111));
    CHECK(counted.what == What::counted);
    CHECK(counted.needed == 2);

    rules.self_approval = false;
    (void)server->keep_approval_rules(rules, "serve");
    refused(decision_on(id, 11111), "own");
    const auto alone = server->decide(decision_on(id, 22222));
    CHECK(alone.what == What::counted); // gommgo's own word does not count any more
    rules.quorum = 3;
    (void)server->keep_approval_rules(rules, "serve");
    refused(decision_on(id, 33333), "council");
    rules.quorum = 2;
    (void)server->keep_approval_rules(rules, "serve");
    CHECK(server->decide(decision_on(id, 33333)).what == What::approved);
    CHECK(server->check().problems.empty());
}

TEMPLATE_TEST_CASE("rules that cannot be read let nobody through",
                   "",
                   SqliteLedger,
                   PostgresLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto server = open_database(ledger);
    const auto id = release_in(*server,
                               {Status::building,
                                Status::stage_deploy,
                                Status::manual_testing,
                                Status::manual_test_passed});
    const auto other = release_in(*server, k_tested);
    ledger.sql("INSERT INTO approval_rules (at, actor, rules)"
               " VALUES ('2026-12-01 10:00:00', 'x', '{\"approvers\":\"all\"}')");
    CHECK(server->claim(claim_of(id)).conflict == "approvals");
    CHECK(server->decide(decision_on(other, 11111)).conflict == "approver");
}

TEST_CASE("an API says the ledger's rules, its own until there are any, and lets no key decide") {
    const HttpLedger ledger;
    const auto store = open_ledger(ledger);
    const auto database = open_database(ledger);
    CHECK(store->approval_rules() == rules_of_three());
    (void)database->keep_approval_rules(rules_of_three(3), "serve");
    CHECK(store->approval_rules() == rules_of_three(3));
    const auto id = release_in(*database, k_tested);
    for (const auto verdict : {store::Verdict::approved, store::Verdict::rejected}) {
        const Error error = error_of([&] { (void)store->decide(decision_on(id, 11111, verdict)); });
        CHECK(error.kind() == ErrorKind::refused);
    }
    CHECK(store->find_release(id)->status == "manual_testing");
    CHECK(store->events(id).size() == 4);
}
