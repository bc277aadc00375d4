#include "tests/lib/store/ledgers.hpp"

#include <algorithm>

using namespace loomrel;
using namespace loomrel::test;
using release::Status;
using What = store::Decided::What;

TEMPLATE_TEST_CASE("of fifty who approve and reject at once there is one outcome, told once",
                   "",
                   SqliteLedger,
                   PostgresLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    std::vector<std::int64_t> approvers;
    for (std::int64_t i = 1; i <= 50; ++i) {
        approvers.push_back(i);
    }
    for (int round = 0; round < 4; ++round) {
        const auto id = release_in(
            *open_ledger(ledger), {Status::building, Status::stage_deploy, Status::manual_testing});
        // One of ten rejects, in one round nobody does.
        const auto codes = in_processes(50, [&](int number) {
            const bool rejects = round != 0 && number % 10 == round;
            auto decision = decision_on(
                id, number + 1, rejects ? store::Verdict::rejected : store::Verdict::approved);
            decision.rules.approvers = approvers;
            decision.rules.quorum = 20;
            return static_cast<int>(
                open_ledger(ledger, Milliseconds(120000))->decide(decision).what);
        });
        const auto count = [&](What what) {
            return std::count(codes.begin(), codes.end(), static_cast<int>(what));
        };
        const auto moves = [&](const std::string& to) {
            return ledger.sql("SELECT count(*) FROM release_events WHERE release_id = "
                              + std::to_string(id) + " AND to_status = '" + to
                              + "' AND from_status <> to_status");
        };
        CAPTURE(round);
        CHECK(count(What::approved) + count(What::rejected) >= 1);
        CHECK(count(What::approved) <= 1);
        CHECK(count(What::rejected) <= 1);
        CHECK(count(What::counted) + count(What::approved) + count(What::rejected)
                  + count(What::refused)
              == 50);
        CHECK(moves("manual_test_passed") == std::to_string(count(What::approved)));
        CHECK(moves("manual_test_failed") == std::to_string(count(What::rejected)));
        if (round == 0) {
            CHECK(count(What::counted) == 19);
            CHECK(count(What::approved) == 1);
        }
        const auto told = [&](const std::string& kind, const std::string& to) {
            return ledger.sql("SELECT count(*) FROM outbox JOIN release_events ON"
                              " release_events.id = event_id WHERE outbox.release_id = "
                              + std::to_string(id) + " AND kind = '" + kind + "' AND to_status = '"
                              + to + "'");
        };
        CHECK(told("event", "manual_test_passed") == std::to_string(count(What::approved)));
        CHECK(told("dispatch", "manual_test_passed") == std::to_string(count(What::approved)));
        CHECK(told("event", "manual_test_failed") == std::to_string(count(What::rejected)));
    }
    CHECK(open_ledger(ledger)->check().problems.empty());
}

TEMPLATE_TEST_CASE("of many who claim with an approval in time one gets it, of many too late none",
                   "",
                   SqliteLedger,
                   PostgresLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    for (const bool in_time : {true, false}) {
        const auto id = release_in(*open_ledger(ledger),
                                   {Status::building,
                                    Status::stage_deploy,
                                    Status::manual_testing,
                                    Status::manual_test_passed});
        const auto codes = in_processes(8, [&](int) {
            auto claim = claim_of(id);
            claim.rules.expires = Milliseconds(in_time ? 60000 : -1);
            const auto claimed = open_ledger(ledger)->claim(claim);
            return claimed.what == store::Claimed::What::done ? 1
                   : claimed.conflict == "expired"            ? 2
                                                              : 0;
        });
        CHECK(std::count(codes.begin(), codes.end(), 1) == (in_time ? 1 : 0));
        // Once asked anew it is not approved any more; the others hear that.
        CHECK(std::count(codes.begin(), codes.end(), 2) == (in_time ? 0 : 1));
    }
}
