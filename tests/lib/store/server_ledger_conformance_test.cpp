#include "lib/store/server_ledger.hpp"
#include "tests/lib/store/ledgers.hpp"

#include <algorithm>
#include <thread>

using namespace loomrel;
using namespace loomrel::test;
using release::Status;
using Settled = store::Settlement::What;

namespace {

template <typename Ledger> std::unique_ptr<store::ServerLedger> open_server(const Ledger& ledger) {
    return store::open_server_ledger(ledger.options());
}

std::vector<std::string> keys_of(const std::vector<store::Notice>& notices) {
    std::vector<std::string> keys;
    for (const auto& notice : notices) {
        keys.push_back(notice.key);
    }
    return keys;
}

} // namespace

TEMPLATE_TEST_CASE("every move that people are told about is in the outbox, and no other",
                   "",
                   SqliteLedger,
                   PostgresLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto server = open_server(ledger);
    const auto id = release_in(*server,
                               {Status::building,
                                Status::staging_failed,
                                Status::building,
                                Status::stage_deploy,
                                Status::manual_testing,
                                Status::manual_test_passed,
                                Status::deploying,
                                Status::production_failed,
                                Status::deploying,
                                Status::deployed,
                                Status::rollback,
                                Status::rollback_failed,
                                Status::rollback,
                                Status::rollback_done});
    const auto notices = server->waiting_notices(100);
    std::vector<std::string> told;
    for (const auto& notice : notices) {
        CHECK(notice.release_id == id);
        REQUIRE(notice.event);
        REQUIRE(notice.event_id);
        CHECK(notice.key == notice.kind + ":" + std::to_string(*notice.event_id));
        CHECK(notice.due_in == Milliseconds(0));
        CHECK(notice.attempts == 0);
        CHECK(notice.fact == "{}");
        CHECK(notice.created_at >= notice.event->at);
        const bool decided = notice.event->to == "manual_test_passed";
        CHECK(notice.event->actor == (decided ? "approver 11111" : "gommgo"));
        told.push_back(notice.kind + " " + notice.event->to);
    }
    CHECK(told
          == std::vector<std::string>{"event staging_failed",
                                      "event manual_testing",
                                      "event manual_test_passed",
                                      "event production_failed",
                                      "event deployed",
                                      "event rollback",
                                      "event rollback_failed",
                                      "event rollback",
                                      "event rollback_done"});
    // What was refused or there already tells nothing.
    CHECK(server->apply(change_to(id, {Status::rollback_done})).what
          == store::Changed::What::already);
    CHECK(server->apply(change_to(id, {Status::building})).what == store::Changed::What::refused);
    CHECK(server->waiting_notices(100).size() == told.size());
    CHECK(server->waiting_notices(3).size() == 3);
}

TEMPLATE_TEST_CASE("what would begin a deploy waits as long as the release is approved, no longer",
                   "",
                   SqliteLedger,
                   PostgresLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto server = open_server(ledger);
    const auto id = release_in(*server,
                               {Status::building,
                                Status::stage_deploy,
                                Status::manual_testing,
                                Status::manual_test_passed});
    store::NoticeQuery query;
    query.kind = store::NoticeQuery::Kind::dispatch;
    const auto waiting = server->waiting_notices(query);
    REQUIRE(waiting.size() == 1);
    CHECK(waiting[0].kind == "dispatch");
    query.release_id = id + 1;
    CHECK(server->waiting_notices(query).empty());
    query.kind = store::NoticeQuery::Kind::told;
    query.release_id = id;
    query.limit = 1;
    const auto first = server->waiting_notices(query);
    REQUIRE(first.size() == 1);
    CHECK(first[0].event->to == "manual_testing");
    query.after = first[0].id;
    query.limit = 10;
    const auto rest = server->waiting_notices(query);
    REQUIRE(rest.size() == 1);
    CHECK(rest[0].kind == "event");
    CHECK(server->apply(change_to(id, {Status::manual_testing})).what
          == store::Changed::What::done);
    auto newest = server->newest_dispatch(id);
    REQUIRE(newest);
    CHECK(newest->id == waiting[0].id);
    CHECK(newest->state == store::Notice::State::sent);
    CHECK(newest->error == "the release is manual_testing");
    take_along(*server, id, {Status::manual_test_passed});
    newest = server->newest_dispatch(id);
    CHECK(newest->id > waiting[0].id);
    CHECK(newest->state == store::Notice::State::waiting);
    CHECK(server->find_notice(newest->key)->id == newest->id);
    CHECK_FALSE(server->find_notice("no such key"));
    CHECK_FALSE(server->newest_dispatch(id + 1));
}

TEMPLATE_TEST_CASE("old approvals are those of releases that wait for production, by the last one",
                   "",
                   SqliteLedger,
                   PostgresLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto server = open_server(ledger);
    const std::vector<Status> way{
        Status::building, Status::stage_deploy, Status::manual_testing, Status::manual_test_passed};
    const auto first = release_in(*server, way, "v1.0.0");
    const auto gone = release_in(*server, way, "v1.0.1");
    take_along(*server, gone, {Status::deploying});
    std::this_thread::sleep_for(Milliseconds(600));
    const auto second = release_in(*server, way, "v1.0.2");
    CHECK(server->old_approvals(std::chrono::hours(1)).empty());
    auto old = server->old_approvals(Milliseconds(500));
    REQUIRE(old.size() == 1);
    CHECK(old[0].release_id == first);
    CHECK(old[0].at == server->events(first).back().at);
    old = server->old_approvals(Milliseconds(0));
    REQUIRE(old.size() == 2);
    CHECK(old[1].release_id == second);
    // Asked anew and approved again: it counts from there.
    take_along(*server, first, {Status::manual_testing, Status::manual_test_passed});
    CHECK(server->old_approvals(Milliseconds(500)).empty());
}

TEMPLATE_TEST_CASE("a notice waits, is tried again, is parked, is sent",
                   "",
                   SqliteLedger,
                   PostgresLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto server = open_server(ledger);
    CHECK(server->waiting_notices(10).empty());
    server->add_notice({"a", "text", std::nullopt, R"({"text":"Привет <b>"})"});
    server->add_notice({"b", "dev", std::nullopt, "no object"});
    server->add_notice({"c", "text", std::nullopt, "{}"});
    server->add_notice({"a", "text", std::nullopt, R"({"text":"another"})"});
    auto waiting = server->waiting_notices(10);
    REQUIRE(keys_of(waiting) == std::vector<std::string>{"a", "b", "c"});
    CHECK(contains(waiting[0].fact, "Привет <b>"));
    CHECK(contains(waiting[1].fact, "no object"));
    CHECK_FALSE(waiting[0].event);
    CHECK_FALSE(waiting[0].release_id);

    const auto settle = [&](Settled what, std::int64_t id, const char* error, int ms) {
        server->settle_notice({what, id, error, Milliseconds(ms)});
    };
    // Not due, it keeps its place before those that came later.
    settle(Settled::waiting, waiting[0].id, "429", 60000);
    settle(Settled::parked, waiting[1].id, "403 Forbidden: bot was kicked \xff", 0);
    settle(Settled::sent, waiting[2].id, "", 0);
    const std::int64_t sent = waiting[2].id;
    waiting = server->waiting_notices(10);
    REQUIRE(keys_of(waiting) == std::vector<std::string>{"a"});
    CHECK(waiting[0].due_in > Milliseconds(50000));
    CHECK(waiting[0].due_in <= Milliseconds(60000));
    CHECK(waiting[0].attempts == 1);
    CHECK(waiting[0].error == "429");
    const auto parked = server->parked_notices(10);
    REQUIRE(keys_of(parked) == std::vector<std::string>{"b"});
    CHECK(contains(parked[0].error, "403 Forbidden: bot was kicked"));
    // The newest come first, and what a machine could not do is no notice.
    server->add_notice({"d", "dispatch", std::nullopt, "{}"});
    server->add_notice({"e", "text", std::nullopt, "{}"});
    for (const auto& late : {*server->find_notice("d"), *server->find_notice("e")}) {
        settle(Settled::parked, late.id, "", 0);
    }
    CHECK(keys_of(server->parked_notices(10)) == std::vector<std::string>{"e", "b"});
    CHECK(keys_of(server->parked_notices(1)) == std::vector<std::string>{"e"});
    settle(Settled::sent, server->find_notice("e")->id, "", 0);

    settle(Settled::waiting, waiting[0].id, "429", 20);
    std::this_thread::sleep_for(Milliseconds(40));
    CHECK(server->waiting_notices(10)[0].due_in == Milliseconds(0));
    CHECK(server->waiting_notices(10)[0].attempts == 2);
    // Somebody mended the chat. What was sent stays sent.
    settle(Settled::waiting, parked[0].id, "", 0);
    settle(Settled::waiting, sent, "", 0);
    settle(Settled::parked, sent, "late", 0);
    CHECK(keys_of(server->waiting_notices(10)) == std::vector<std::string>{"a", "b"});
    CHECK(server->parked_notices(10).empty());
}

TEMPLATE_TEST_CASE("how far a delivery has come is read as it was written",
                   "",
                   SqliteLedger,
                   PostgresLedger) {
    LOOMREL_NEEDS(TestType);
    using Phase = store::DispatchState::Phase;
    const TestType ledger;
    const auto server = open_server(ledger);
    const auto id = release_in(*server,
                               {Status::building,
                                Status::stage_deploy,
                                Status::manual_testing,
                                Status::manual_test_passed});
    const auto row = [&] { return *server->newest_dispatch(id); };
    CHECK(row().dispatch.phase == Phase::unsent);
    const std::int64_t number = row().id;
    server->settle_notice(
        {Settled::waiting, number, "", Milliseconds(0), {Phase::requested, 3, ""}});
    CHECK(row().dispatch.phase == Phase::requested);
    CHECK(row().dispatch.looks == 3);
    // Nothing began after all.
    server->settle_notice({Settled::waiting, number, "HTTP 503", Milliseconds(0)});
    CHECK(row().dispatch.phase == Phase::unsent);
    CHECK(row().dispatch.looks == 0);
    CHECK(row().error == "HTTP 503");
    server->settle_notice(
        {Settled::parked, number, "no run", Milliseconds(0), {Phase::requested, 0, ""}});
    CHECK(row().dispatch.phase == Phase::requested);
    CHECK(row().error == "no run");
    const std::string link = "https://github.com/x/y/actions/runs/7";
    server->settle_notice({Settled::sent, number, "", Milliseconds(0), {Phase::started, 0, link}});
    CHECK(row().dispatch.phase == Phase::started);
    CHECK(row().dispatch.run_link == link);
    CHECK(row().error.empty());

    const auto other = release_in(*server,
                                  {Status::building,
                                   Status::stage_deploy,
                                   Status::manual_testing,
                                   Status::manual_test_passed},
                                  "v1.2.4");
    take_along(*server, other, {Status::deploying});
    CHECK(server->newest_dispatch(other)->dispatch.phase == Phase::obsolete);

    server->add_notice({"a", "text", std::nullopt, "{}"});
    const auto told = [&] { return *server->find_notice("a"); };
    CHECK(told().message_id == 0);
    server->settle_notice(
        {Settled::waiting, told().id, "HTTP 502", Milliseconds(0), {}, 1LL << 40});
    CHECK(told().message_id == 1LL << 40);
    CHECK(told().error == "HTTP 502");
    // A word of a newer program's: its run is looked for, not begun a second time.
    ledger.sql("UPDATE outbox SET phase = 'paused' WHERE id = " + std::to_string(number));
    CHECK(row().dispatch.phase == Phase::requested);
    CHECK(contains(server->check().problems.at(0), "a phase that nobody knows: \"paused\""));
}

TEMPLATE_TEST_CASE("one message is kept for a purpose in a chat",
                   "",
                   SqliteLedger,
                   PostgresLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto server = open_server(ledger);
    const auto id = release_in(*server, {});
    const store::MessagePlace card{id, -1001234567890, 0, "card"};
    const store::MessagePlace topic{id, -1001234567890, 7, "card"};
    const store::MessagePlace call{id, -1001234567890, 0, "call"};
    CHECK_FALSE(server->find_message(card));
    server->keep_message(card, 500);
    server->keep_message(card, 500);
    server->keep_message(topic, 501);
    server->keep_message(call, 502);
    CHECK(server->find_message(card) == 500);
    server->keep_message(card, 400); // a chat that was migrated counts from the beginning
    CHECK(server->find_message(card) == 400);
    server->keep_message(card, 502); // a message becomes another's
    CHECK(server->find_message(card) == 502);
    CHECK_FALSE(server->find_message(call));
    CHECK(server->find_message(topic) == 501);
}

TEMPLATE_TEST_CASE("an update is taken once, by one of many, and forgotten after a week",
                   "",
                   SqliteLedger,
                   PostgresLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto server = open_server(ledger);
    CHECK(server->take_update(1));
    CHECK_FALSE(server->take_update(1));
    CHECK(server->take_update(9007199254740993));
    const auto codes =
        in_processes(10, [&](int) { return open_server(ledger)->take_update(77) ? 1 : 0; });
    CHECK(std::count(codes.begin(), codes.end(), 1) == 1);
    ledger.sql("UPDATE telegram_updates SET at = '2026-01-01 10:00:00' WHERE update_id = 1");
    server->prune_updates();
    CHECK(ledger.sql("SELECT update_id FROM telegram_updates ORDER BY update_id")
          == "77\n9007199254740993");
}

TEMPLATE_TEST_CASE("a lease has one owner at a time", "", SqliteLedger, PostgresLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto one = open_server(ledger);
    const auto two = open_server(ledger);
    const Milliseconds minute(60000);
    CHECK(one->take_lease("polling", "one", minute));
    CHECK(one->take_lease("polling", "one", minute));
    CHECK_FALSE(two->take_lease("polling", "two", minute));
    CHECK(two->take_lease("outbox", "two", minute));
    two->drop_lease("polling", "two"); // is not its
    CHECK_FALSE(two->take_lease("polling", "two", minute));
    one->drop_lease("polling", "one");
    CHECK(two->take_lease("polling", "two", minute));
    CHECK_FALSE(one->take_lease("polling", "one", minute));
    CHECK(two->take_lease("polling", "two", Milliseconds(5)));
    std::this_thread::sleep_for(Milliseconds(20));
    CHECK(one->take_lease("polling", "one", minute));
    CHECK_FALSE(two->take_lease("polling", "two", minute));

    ledger.sql("DELETE FROM leases");
    const auto codes = in_processes(10, [&](int number) {
        return open_server(ledger)->take_lease("polling", std::to_string(number), minute) ? 1 : 0;
    });
    CHECK(std::count(codes.begin(), codes.end(), 1) == 1);
}

TEMPLATE_TEST_CASE("approvals and notices edited behind our back are named",
                   "",
                   SqliteLedger,
                   PostgresLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto server = open_server(ledger);
    const std::vector<Status> tested{
        Status::building, Status::stage_deploy, Status::manual_testing};
    const auto rejected = release_in(*server, tested);
    const auto other = release_in(*server, tested);
    CHECK(server->decide(decision_on(rejected, 11111, store::Verdict::rejected)).status
          == "manual_test_failed");
    CHECK(server->decide(decision_on(other, 22222)).status == "manual_test_passed");
    server->add_notice({"a", "text", std::nullopt, "{}"});
    CHECK(server->check().problems.empty());

    ledger.sql("UPDATE release_approvals SET decision = 'rejected' WHERE approver_id = 22222;"
               " UPDATE release_approvals SET decision = 'perhaps' WHERE approver_id = 11111;"
               " UPDATE outbox SET state = 'lost' WHERE key = 'a';"
               " UPDATE outbox SET key = 'event:999' WHERE id = 1");
    const auto problems = server->check().problems;
    REQUIRE(problems.size() == 4);
    CHECK(contains(problems[0],
                   "release " + std::to_string(other) + " was rejected by 22222, but is"));
    CHECK(contains(problems[1], "decision of 11111 is \"perhaps\""));
    CHECK(contains(problems[2], "\"lost\""));
    CHECK(contains(problems[3], "notice 1 (\"event:999\") is not of the event"));
}

TEST_CASE("an API is no ledger for a server") {
    for (const char* url : {"https://host/api/tg-bot", "http://host", "ftp://host"}) {
        const Error error = error_of([&] { (void)store::open_server_ledger({url, Secret()}); });
        CHECK(error.kind() == ErrorKind::config);
    }
}
