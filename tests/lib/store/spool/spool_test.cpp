#include "lib/store/spool/spool.hpp"
#include "lib/store/wire/wire.hpp"
#include "tests/lib/store/ledgers.hpp"

#include <nlohmann/json.hpp>

using namespace loomrel;
using namespace loomrel::test;
using nlohmann::json;
using release::Status;

namespace {

constexpr const char* k_ledger = "sqlite:///ledger";

const std::vector<Status> k_tested{Status::building, Status::stage_deploy, Status::manual_testing};
const std::vector<Status> k_approved{
    Status::building, Status::stage_deploy, Status::manual_testing, Status::manual_test_passed};

// A spool into which somebody else writes.
struct Planted {
    TempFolder folder;
    store::Spool spool{folder.path() / "spool", k_ledger};

    void plant(const std::string& kind, const json& content) {
        std::filesystem::create_directories(spool.folder());
        write_whole(spool.folder() / (std::to_string(++m_files) + "-planted.json"),
                    json{{"ledger", k_ledger}, {kind, content}}.dump());
    }

    // All of it is set aside, and the release is as it was.
    void check_refused(store::Store& store, std::int64_t id) {
        const std::string before = store.find_release(id)->status;
        const std::size_t events = store.events(id).size();
        const std::size_t runs = store.list_runs({}).size();
        CHECK(spool.deliver(store) == 0);
        CHECK(spool.waiting() == 0);
        CHECK(spool.refused() == m_files);
        CHECK(store.find_release(id)->status == before);
        CHECK(store.events(id).size() == events);
        CHECK(store.list_runs({}).size() == runs);
    }

private:
    std::size_t m_files = 0;
};

json steps(const std::vector<const char*>& names) {
    json list = json::array();
    for (const char* name : names) {
        list.push_back({{"to", name}, {"detail", "{}"}});
    }
    return list;
}

json change_of(std::int64_t id, const std::vector<const char*>& names) {
    return {{"id", random_uuid()},
            {"release_id", id},
            {"actor", "mallory"},
            {"source", "journal"},
            {"steps", steps(names)}};
}

json end_json(const std::string& run) {
    return store::wire::to_json(store::RunEnd{run, store::RunOutcome::good, "{}", {}});
}

} // namespace

TEMPLATE_TEST_CASE("no file approves, rejects or claims", "", SqliteLedger, HttpLedger) {
    const TestType ledger;
    const auto store = open_ledger(ledger);
    const auto database = open_database(ledger);
    const auto waiting = release_in(*database, k_tested);
    const auto approved = release_in(*database, k_approved);
    Planted planted;
    planted.plant("decision", store::wire::to_json(decision_on(waiting, 11111)));
    planted.plant("change", change_of(waiting, {"manual_test_passed"}));
    planted.plant("change", change_of(waiting, {"manual_test_failed"}));
    planted.plant("change", change_of(waiting, {"building", "manual_test_passed"}));
    planted.plant("claim", store::wire::to_json(claim_of(approved)));
    planted.plant("change", change_of(approved, {"deploying"}));
    planted.plant("change", change_of(approved, {"deploying", "deployed"}));
    planted.plant("rules", store::wire::to_json(rules_of_three()));
    planted.plant("change", json::array());
    planted.check_refused(*store, waiting);
    CHECK(store->find_release(approved)->status == "manual_test_passed");
    CHECK(store->events(approved).size() == 5);
}

TEMPLATE_TEST_CASE("no file moves a release but the end of a run that is the ledger's and its own",
                   "",
                   SqliteLedger,
                   HttpLedger) {
    const TestType ledger;
    const auto store = open_ledger(ledger);
    const auto database = open_database(ledger);
    const auto id = release_in(*database, {Status::building});
    const auto other = release_in(*database, {Status::building});
    const auto own = new_run(id);
    const auto foreign = new_run(other);
    const auto nobody = new_run();
    for (const auto& run : {own, foreign, nobody}) {
        REQUIRE(store->open_run(run).opened);
    }
    const auto ended_by = [&](const std::string& run, const std::vector<const char*>& names) {
        json change = change_of(id, names);
        change["end_run"] = end_json(run);
        return change;
    };
    Planted planted;
    planted.plant("change", change_of(id, {"stage_deploy", "manual_testing"})); // no run at all
    planted.plant("change", ended_by(random_uuid(), {"staging_failed"}));       // unknown
    planted.plant("change", ended_by(foreign.id, {"staging_failed"}));
    planted.plant("change", ended_by(nobody.id, {"staging_failed"}));
    // No run on stage ends so.
    planted.plant("change", ended_by(own.id, {"deployed"}));
    planted.plant("change", ended_by(own.id, {"stage_deploy", "manual_testing", "rollback"}));
    // A run that the file brings along itself is not the ledger's.
    json brought = ended_by(random_uuid(), {"staging_failed"});
    auto run = new_run(id);
    run.id = brought["end_run"]["run_id"];
    run.kind = store::RunKind::rehearsal;
    brought["open_run"] = store::wire::to_json(run);
    planted.plant("change", brought);
    // Nor does a true end bring another run along.
    json with_run = ended_by(own.id, {"staging_failed"});
    with_run["open_run"] = store::wire::to_json(new_run(id));
    planted.plant("change", with_run);
    // Of no release, it moves none.
    json nameless = ended_by(own.id, {"staging_failed"});
    nameless["release_id"] = 0;
    planted.plant("change", nameless);
    planted.check_refused(*store, id);
    CHECK_FALSE(store->find_run(own.id)->ended_at);

    // The true end is told.
    auto end = change_to(id, {Status::staging_failed});
    end.end_run = end_of(own, "", false);
    planted.spool.keep(end);
    CHECK(planted.spool.deliver(*store) == 1);
    CHECK(store->find_release(id)->status == "staging_failed");
    CHECK(store->find_run(own.id)->outcome == store::RunOutcome::failed);
}

TEMPLATE_TEST_CASE("a run that was told afterwards says so, whatever its file says",
                   "",
                   SqliteLedger,
                   HttpLedger) {
    const TestType ledger;
    const auto store = open_ledger(ledger);
    auto run = new_run();
    run.environment = "prod";
    store::Change told;
    told.id = random_uuid();
    told.actor = "mallory";
    told.source = "journal";
    told.open_run = run;
    told.end_run = end_of(run, "v1.2.3");
    Planted planted;
    planted.spool.keep(told);
    CHECK(planted.spool.deliver(*store) == 1);
    const auto found = store->find_run(run.id);
    REQUIRE(found);
    CHECK(found->outcome == store::RunOutcome::good);
    CHECK(found->source == "spool");
}

TEMPLATE_TEST_CASE("what an operator let in unapproved is told once, with what served before",
                   "",
                   SqliteLedger,
                   HttpLedger) {
    const TestType ledger;
    const auto store = open_ledger(ledger);
    const auto database = open_database(ledger);
    auto way = k_approved;
    way.insert(way.end(), {Status::deploying, Status::deployed});
    const auto served = release_in(*database, way, "v1.0.0");
    const store::Unapproved unapproved{random_uuid(),
                                       random_uuid(),
                                       new_release().service,
                                       "prod",
                                       "v1.1.0",
                                       "v1.0.0",
                                       "devops",
                                       now()};
    Planted planted;
    planted.spool.keep(unapproved);
    planted.spool.keep(unapproved);
    CHECK(planted.spool.waiting() >= 1);
    CHECK(planted.spool.deliver(*store) >= 1);
    CHECK(planted.spool.waiting() == 0);
    CHECK(store->find_release(served)->status == "deployed");
    const auto event = as_said(store->events(served).back());
    CHECK(event.from == event.to);
    CHECK(event.actor == "devops");
    CHECK(json::parse(event.detail)["unapproved"] == "v1.1.0");
    const auto notice = database->find_notice("unapproved:" + unapproved.id);
    REQUIRE(notice);
    CHECK(notice->kind == "unapproved");
    CHECK(json::parse(notice->fact)["tag"] == "v1.1.0");
}

TEMPLATE_TEST_CASE("which release a rollback is of, no file says", "", SqliteLedger, HttpLedger) {
    const TestType ledger;
    const auto store = open_ledger(ledger);
    const auto database = open_database(ledger);
    auto way = k_approved;
    way.insert(way.end(), {Status::deploying, Status::deployed});
    const auto id = release_in(*database, way, "v1.0.0");
    const auto rollback_by = [&](const store::Run& run) {
        return json{{"id", random_uuid()},
                    {"release_id", id},
                    {"from_tag", ""},
                    {"to_tag", "v0.9.0"},
                    {"good", true},
                    {"detail", "{}"},
                    {"actor", "mallory"},
                    {"run", store::wire::to_json(run)},
                    {"end", end_json(run.id)}};
    };
    // Of a run that the ledger knows as a deploy.
    const auto deploy = new_run();
    REQUIRE(store->open_run(deploy).opened);
    Planted planted;
    planted.plant("rollback", rollback_by(deploy));
    planted.check_refused(*store, id);
    CHECK_FALSE(store->find_run(deploy.id)->ended_at);
    // Of one that it does not know.
    auto unknown = new_run();
    unknown.environment = "prod";
    unknown.kind = store::RunKind::rollback;
    unknown.release_id = id;
    planted.plant("rollback", rollback_by(unknown));
    CHECK(planted.spool.deliver(*store) == 1);
    CHECK_FALSE(store->find_run(unknown.id)->release_id);
    CHECK(store->find_release(id)->status == "deployed");
}

TEST_CASE("what was kept for a ledger that nobody could name, a person gives to this one") {
    const SqliteLedger ledger;
    const auto store = open_ledger(ledger);
    const TempFolder folder;
    store::Rollback rollback;
    rollback.id = random_uuid();
    rollback.from_tag = "v1.0.1";
    rollback.to_tag = "v1.0.0";
    rollback.good = true;
    rollback.run = new_run();
    rollback.run.kind = store::RunKind::rollback;
    rollback.end = end_of(rollback.run, "v1.0.0");
    store::Spool(folder.path(), "").keep(rollback);
    store::Spool spool(folder.path(), k_ledger);
    CHECK(spool.waiting() == 1);
    CHECK(spool.waiting_elsewhere().empty());
    CHECK(spool.deliver(*store) == 0);
    CHECK_FALSE(store->find_run(rollback.run.id));
    CHECK(spool.deliver_all(*store) == 1);
    CHECK(store->find_run(rollback.run.id)->outcome == store::RunOutcome::good);
    CHECK(spool.waiting() == 0);
}

TEMPLATE_TEST_CASE("how long ago a run began, its teller's clock says alone",
                   "",
                   SqliteLedger,
                   HttpLedger) {
    const TestType ledger;
    const auto store = open_ledger(ledger);
    // The clock there is a day behind the ledger's.
    auto run = new_run();
    run.kind = store::RunKind::rollback;
    run.source = "spool";
    run.started_at = now() - std::chrono::hours(25);
    run.unseen_for = std::chrono::hours(1);
    REQUIRE(store->open_run(run).opened);
    const auto began = store->find_run(run.id)->started_at;
    CHECK(began > now() - std::chrono::hours(2));
    CHECK(began < now() - std::chrono::minutes(59));
}
