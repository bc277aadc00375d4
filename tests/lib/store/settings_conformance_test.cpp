#include "tests/lib/store/ledgers.hpp"

#include <nlohmann/json.hpp>

#include <map>
#include <thread>

using namespace loomrel;
using namespace loomrel::test;
using release::Status;
using What = store::Claimed::What;
using Settings = std::map<std::string, std::string>;
using Keys = std::vector<std::string>;

namespace {

const std::string k_form(store::k_settings_form);
const Settings k_plain{{k_form, "1"}};
const Settings k_root{{k_form, "1"}, {"root", "hash of /srv/demo"}};
const Settings k_other_root{{k_form, "1"}, {"root", "hash of /srv/other"}};

// Brought to QA by a run on stage with this record of production's settings; gives the keys that
// the call to QA names.
Keys test_with(store::Store& store, std::int64_t id, const Settings& settings) {
    const std::string tag = store.find_release(id)->release_tag;
    auto begin = change_to(id, {Status::building, Status::stage_deploy});
    begin.commit = commit_of(id);
    begin.open_run = new_run(id);
    begin.open_run->ref = "refs/tags/" + tag;
    begin.open_run->settings = settings;
    REQUIRE(store.apply(begin).what == store::Changed::What::done);
    auto end = change_to(id, {Status::manual_testing});
    end.end_run = end_of(*begin.open_run, tag);
    REQUIRE(store.apply(end).what == store::Changed::What::done);
    std::this_thread::sleep_for(Milliseconds(5)); // what is said of it is said later
    const auto detail = nlohmann::json::parse(store.events(id).back().detail);
    return detail.value("settings", Keys());
}

store::Claim claim_with(std::int64_t id, const Settings& settings) {
    auto claim = claim_of(id);
    claim.run->settings = settings;
    return claim;
}

void check_not_shown(store::Store& store, const store::Claim& claim, const Keys& keys) {
    const auto refused = store.claim(claim);
    CHECK(refused.what == What::refused);
    CHECK(refused.conflict == "settings");
    CHECK(refused.settings == keys);
    CHECK(refused.status == "manual_testing");
    const auto detail = nlohmann::json::parse(store.events(claim.release_id).back().detail);
    CHECK(detail["reason"] == "settings_differ");
    CHECK(detail["settings"] == nlohmann::json(keys));
    CHECK(store.approvals(claim.release_id).empty());
    // The same again: the same answer.
    CHECK(store.claim(claim).settings == keys);
}

// In production, and well.
void deploy_with(store::Store& store, std::int64_t id, const Settings& settings) {
    const auto claim = claim_with(id, settings);
    REQUIRE(store.claim(claim).what == What::done);
    auto end = change_to(id, {Status::deployed});
    end.end_run = end_of(*claim.run, store.find_release(id)->release_tag);
    REQUIRE(store.apply(end).what == store::Changed::What::done);
    std::this_thread::sleep_for(Milliseconds(5));
}

} // namespace

TEMPLATE_TEST_CASE("what was shown with the call to QA is what is approved",
                   "",
                   SqliteLedger,
                   PostgresLedger,
                   HttpLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_ledger(ledger);
    const auto database = open_database(ledger);
    const auto id = release_in(*store, {}, "v1.0.0");
    // The first deploy to production that there is: all that is not the default is shown.
    CHECK(test_with(*store, id, k_root) == Keys{"root"});
    take_along(*database, id, {Status::manual_test_passed});
    // Changed after the yes. Asked anew, people are shown it, and then it is approved.
    check_not_shown(*store, claim_with(id, k_other_root), {"root"});
    take_along(*database, id, {Status::manual_test_passed});
    deploy_with(*store, id, k_other_root);

    // The same as production has now; what differs from it.
    const auto next = release_in(*store, {}, "v1.0.1");
    CHECK(test_with(*store, next, k_other_root).empty());
    const auto another = release_in(*store, {}, "v1.0.2");
    CHECK(test_with(*store, another, k_root) == Keys{"root"});
    take_along(*database, another, {Status::manual_test_passed});
    auto more = k_root;
    more["hooks.before_up"] = "hash of rm -rf /";
    check_not_shown(*store, claim_with(another, more), {"hooks.before_up"});
    take_along(*database, another, {Status::manual_test_passed});
    deploy_with(*store, another, more);
    CHECK(store->check().problems.empty());
}

TEMPLATE_TEST_CASE("a key that goes back to its default is shown as well",
                   "",
                   SqliteLedger,
                   PostgresLedger,
                   HttpLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_ledger(ledger);
    const auto database = open_database(ledger);
    const auto first = release_in(*store, {}, "v1.0.0");
    (void)test_with(*store, first, k_root);
    take_along(*database, first, {Status::manual_test_passed});
    deploy_with(*store, first, k_root);
    const auto id = release_in(*store, {}, "v1.0.1");
    CHECK(test_with(*store, id, k_root).empty());
    take_along(*database, id, {Status::manual_test_passed});
    check_not_shown(*store, claim_with(id, k_plain), {"root"});
}

TEMPLATE_TEST_CASE("what production was last deployed with needs no showing",
                   "",
                   SqliteLedger,
                   PostgresLedger,
                   HttpLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_ledger(ledger);
    const auto database = open_database(ledger);
    const auto first = release_in(*store, {}, "v1.0.0");
    (void)test_with(*store, first, k_root);
    take_along(*database, first, {Status::manual_test_passed});
    deploy_with(*store, first, k_root);

    // Tested by a loomrel from before the records: nothing was shown.
    const auto id = release_in(*store, {}, "v1.0.1");
    CHECK(test_with(*store, id, {}).empty());
    take_along(*database, id, {Status::manual_test_passed});
    check_not_shown(*store, claim_with(id, k_other_root), {"root"});
    take_along(*database, id, {Status::manual_test_passed});
    deploy_with(*store, id, k_root);

    // A run that failed, one that was told afterwards and one without a record are no measure.
    const auto tell = [&](const char* source, bool good, const Settings& settings) {
        auto run = new_run();
        run.environment = "prod";
        run.source = source;
        run.settings = settings;
        std::this_thread::sleep_for(Milliseconds(5));
        REQUIRE(store->open_run(run).opened);
        store->end_run(end_of(run, "", good));
    };
    tell("", false, k_other_root);
    tell("spool", true, k_other_root);
    tell("", true, {});
    const auto next = release_in(*store, {}, "v1.0.2");
    CHECK(test_with(*store, next, k_root).empty());
    take_along(*database, next, {Status::manual_test_passed});
    deploy_with(*store, next, k_root);
}

TEMPLATE_TEST_CASE("whoever has no record of settings is not asked for one",
                   "",
                   SqliteLedger,
                   PostgresLedger,
                   HttpLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_ledger(ledger);
    const auto id = release_in(*store, {}, "v1.0.0");
    (void)test_with(*store, id, k_root);
    take_along(*open_database(ledger), id, {Status::manual_test_passed});
    CHECK(store->claim(claim_of(id)).what == What::done);
}

TEMPLATE_TEST_CASE("a release put on stage anew is shown with the settings of now",
                   "",
                   SqliteLedger,
                   PostgresLedger,
                   HttpLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_ledger(ledger);
    const auto database = open_database(ledger);
    const auto id = release_in(*store, {}, "v1.0.0");
    (void)test_with(*store, id, k_root);
    CHECK(test_with(*store, id, {}).empty()); // by an older loomrel, which shows nothing
    take_along(*database, id, {Status::manual_test_passed});
    check_not_shown(*store, claim_with(id, k_root), {"root"});
}
