#include "tests/lib/server/api_world.hpp"

using namespace loomrel;
using namespace loomrel::test;
using nlohmann::json;

namespace {

// A release of gommgo's, who is approver 11 himself; the API may approve.
struct ApprovingWorld {
    explicit ApprovingWorld(release::ApprovalRules rules)
        : api({"/api/tg-bot", Secret(k_key), Secret(), true, std::move(rules), std::nullopt}, {}) {
        release::Release row;
        row.id = 1;
        row.status = "manual_testing";
        row.initiated_by = "gommgo";
        ledger.rows[1] = row;
    }

    server::Response decide(std::int64_t who, const std::string& verdict) {
        const auto head = ApiWorld::head("POST", "/releases/1/approvals");
        // The caller says that anybody will do.
        const json body{{"id", "7d9f4d8e-0d3a-4c39-8b62-93ad57aeb9d1"},
                        {"release_id", 1},
                        {"commit", ""},
                        {"approver_id", who},
                        {"approver_name", "x"},
                        {"typed_by", ""},
                        {"verdict", verdict},
                        {"reason", ""},
                        {"approvers", {who}},
                        {"quorum", 1},
                        {"source", "cli"}};
        return api.answer(api.match(head), head, body.dump(), store);
    }

    Ledger ledger;
    FakeStore store{ledger};
    server::Api api;
};

release::ApprovalRules rules_of(int quorum, bool self_approval) {
    return {{11, 22, 33},
            quorum,
            self_approval,
            {{11, "gommgo", "Go"}, {22, "ann", "Ann"}, {33, "bob", "Bob"}}};
}

} // namespace

TEST_CASE("nobody approves a release of their own over the API where that is forbidden") {
    ApprovingWorld world(rules_of(1, false));
    const auto own = world.decide(11, "approved");
    CHECK(own.status == 403);
    CHECK(json::parse(own.body).at("error").at("code") == "self_approval");
    CHECK(world.ledger.decisions.empty());
    CHECK(world.decide(22, "approved").status == 200);
    ApprovingWorld rejecting(rules_of(1, false));
    CHECK(rejecting.decide(11, "rejected").status == 200);
}

TEST_CASE("who counts over the API is the council of this release, whatever the caller says") {
    ApprovingWorld all(rules_of(0, false));
    (void)all.decide(22, "approved");
    REQUIRE(all.ledger.decisions.size() == 1);
    CHECK(all.ledger.decisions[0].approvers == std::vector<std::int64_t>{22, 33});
    CHECK(all.ledger.decisions[0].quorum == 2);
    ApprovingWorld own(rules_of(0, true));
    (void)own.decide(11, "approved");
    REQUIRE(own.ledger.decisions.size() == 1);
    CHECK(own.ledger.decisions[0].quorum == 3);
    CHECK(own.decide(44, "approved").status == 403);
}

TEST_CASE("a quorum that nobody can reach is said, and asking again does not help") {
    ApprovingWorld world(rules_of(3, false));
    const auto answer = world.decide(22, "approved");
    CHECK(answer.status == 403);
    CHECK(json::parse(answer.body).at("error").at("code") == "quorum_unreachable");
    CHECK(world.ledger.decisions.empty());
}

TEST_CASE("where the API may approve, a status does too") {
    ApprovingWorld world(rules_of(1, true));
    world.ledger.rows[1].status = "manual_testing";
    const auto head = ApiWorld::head("PATCH", "/release");
    const auto answer = world.api.answer(world.api.match(head),
                                         head,
                                         R"({"release_id":1,"status":"manual_test_passed"})",
                                         world.store);
    CHECK(answer.status == 200);
    CHECK(world.ledger.changes.size() == 1);
}
