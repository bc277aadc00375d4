#include "tests/lib/store/ledgers.hpp"
#include "tests/support/fault_proxy.hpp"

#include <nlohmann/json.hpp>

#include <thread>

using namespace loomrel;
using namespace loomrel::test;
using release::Status;

namespace {

// Asks over a link that loses the first answers, until two of them are lost.
template <typename Ask> auto after_lost_replies(HttpLedger& ledger, const Ask& ask) {
    FaultProxy link(ledger.port(), {"--reset-after", "20:down"});
    store::Options options = ledger.options();
    options.url = "http://127.0.0.1:" + std::to_string(link.port()) + "/api/tg-bot";
    std::thread mender([&link] {
        while (link.count("resets") < 2) {
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
        link.tell("reset-after -1");
    });
    const auto store = store::open_store(options);
    const auto answer = ask(*store);
    mender.join();
    CHECK(link.count("resets") >= 2);
    return answer;
}

} // namespace

TEST_CASE("a lost reply never makes a second release, move or run") {
    HttpLedger ledger;
    const auto created = after_lost_replies(
        ledger, [](store::Store& store) { return store.create_release(new_release()); });
    CHECK(created.created);
    CHECK(ledger.sql("SELECT count(*) FROM releases") == "1");
    CHECK(ledger.sql("SELECT count(*) FROM release_events") == "1");

    auto change = change_to(created.id, {Status::building});
    change.open_run = new_run(created.id);
    const auto changed =
        after_lost_replies(ledger, [&](store::Store& store) { return store.apply(change); });
    CHECK(changed.what == store::Changed::What::done);
    CHECK(changed.status == "building");
    CHECK(ledger.sql("SELECT count(*) FROM release_events") == "2");
    CHECK(ledger.sql("SELECT count(*) FROM runs") == "1");

    const store::Run run = new_run();
    const auto opened =
        after_lost_replies(ledger, [&](store::Store& store) { return store.open_run(run); });
    CHECK(opened.opened);
    CHECK(ledger.sql("SELECT count(*) FROM runs") == "2");

    for (const auto& ended : {*change.open_run, run}) {
        open_ledger(ledger)->end_run(end_of(ended, "")); // stage is free for a test
    }
    const auto claim = claim_of(release_in(*open_database(ledger),
                                           {Status::building,
                                            Status::stage_deploy,
                                            Status::manual_testing,
                                            Status::manual_test_passed}));
    const auto claimed =
        after_lost_replies(ledger, [&](store::Store& store) { return store.claim(claim); });
    CHECK(claimed.what == store::Claimed::What::done);
    REQUIRE(claimed.there);
    CHECK(claimed.there->id == claim.run->id);
    CHECK(ledger.sql("SELECT count(*) FROM runs") == "3");
}

TEST_CASE("a server that comes back within the deadline is waited for") {
    HttpLedger ledger;
    const auto store = open_ledger(ledger);
    const auto id = release_in(*store, {});
    ledger.stop();
    std::thread starter([&ledger] {
        std::this_thread::sleep_for(std::chrono::milliseconds(300));
        ledger.start();
    });
    const auto found = store->find_release(id);
    starter.join();
    CHECK(found);
}

TEST_CASE("a server that is away is a ledger that cannot be reached, in time") {
    HttpLedger ledger;
    ledger.stop();
    const auto store = open_ledger(ledger, Milliseconds(500));
    const auto began = std::chrono::steady_clock::now();
    const Error error = error_of([&] { (void)store->list_releases({}); });
    CHECK(error.kind() == ErrorKind::ledger);
    CHECK(error.code() == "ledger_unreachable");
    // Also for what may take long once it has begun.
    CHECK(error_of([&] { (void)store->migrate(); }).code() == "ledger_unreachable");
    CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds(3));
}

TEST_CASE("a wrong key is told by its name, and not shown") {
    const HttpLedger ledger;
    store::Options options = ledger.options();
    options.password = Secret("canary-4711");
    const Error error = error_of([&] { (void)store::open_store(options)->list_releases({}); });
    CHECK(error.kind() == ErrorKind::config);
    CHECK(error.code() == "store_key_wrong");
    CHECK(contains(error.message().en, "LOOM_INTERSERVER_SECRET_KEY"));
    CHECK_FALSE(contains(error.message().en + error.hint().en, "canary-4711"));
}

TEST_CASE("an address without the prefix is told apart from a ledger without that release") {
    const HttpLedger ledger;
    store::Options options = ledger.options();
    options.url = options.url.substr(0, options.url.find("/api"));
    const Error error = error_of([&] { (void)store::open_store(options)->find_release(1); });
    CHECK(error.kind() == ErrorKind::config);
    CHECK(error.code() == "store_no_api");
}

TEST_CASE("lists longer than a page of the API come whole") {
    const HttpLedger ledger;
    (void)open_ledger(ledger)->migrate();
    ledger.sql("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2345)"
               " INSERT INTO releases (service_name, release_tag, status, initiated_by,"
               " github_run_id, github_action_link, github_ref)"
               " SELECT 'loom-content', 'v1.0.' || i, 'deployed', 'me', i, '', '' FROM n");
    store::ReleaseQuery query;
    query.limit = 5000;
    const auto all = open_ledger(ledger)->list_releases(query);
    CHECK(all.size() == 2345);
    CHECK(all.front().release_tag == "v1.0.2345");
    CHECK(all.back().release_tag == "v1.0.1");
}

TEST_CASE("a server from before the claim is told to be that, and has no rules of its own") {
    const HttpLedger ledger;
    store::Options options = ledger.options();
    // Nothing below it is known, as nothing newer is to an older server.
    options.url += "/older";
    const auto store = store::open_store(options);
    CHECK_FALSE(store->approval_rules());
    const Error error = error_of([&] { (void)store->claim(claim_of(1)); });
    CHECK(error.kind() == ErrorKind::config);
    CHECK(error.code() == "store_api_older");
    CHECK(contains(error.message().en, "/claims"));
}

TEST_CASE("what is written over an API the server signs") {
    const HttpLedger ledger;
    const auto store = open_ledger(ledger);
    const auto id = store->create_release(new_release()).id;
    store::Change change = change_to(id, {Status::building});
    change.source = "journal";
    CHECK(store->apply(change).what == store::Changed::What::done);
    store::NewNote note;
    note.id = random_uuid();
    note.release_id = id;
    note.actor = "gommgo";
    note.source = "cli";
    CHECK(store->note_event(note));
    const auto events = store->events(id);
    REQUIRE(events.size() == 3);
    const char* const sources[] = {"cli", "journal", "cli"};
    for (std::size_t i = 0; i < events.size(); ++i) {
        CHECK(events[i].actor == "interserver");
        CHECK(events[i].source == "api");
        const auto detail = nlohmann::json::parse(events[i].detail);
        CHECK(detail["said_by"] == "gommgo");
        CHECK(detail["said_source"] == sources[i]);
    }
}
