#include "lib/base/text.hpp"
#include "lib/bot/delivery.hpp"
#include "lib/bot/dispatcher.hpp"
#include "tests/lib/bot/bot_world.hpp"
#include "tests/support/fake_control.hpp"
#include "tests/upgrade/old_ledger.hpp"

#include <algorithm>
#include <map>

// What was under way when the ledger was upgraded: no workflow starts twice, no message is sent
// twice, whoever goes on with it.
using namespace loomrel;
using namespace loomrel::test;
using nlohmann::json;
using Notice = store::Notice;
using Phase = store::DispatchState::Phase;

namespace {

struct Row {
    std::int64_t id = 0;
    std::string state;
    std::string error;
};

// As the old program wrote them.
template <typename Ledger> std::vector<Row> dispatch_rows(const Ledger& ledger) {
    std::vector<Row> rows;
    const std::string all = ledger.sql(
        "SELECT id, release_id, state, error FROM outbox WHERE kind = 'dispatch' ORDER BY id");
    for (const std::string_view line : split(all, '\n')) {
        const auto fields = split(line, '|');
        REQUIRE(fields.size() == 4);
        rows.push_back({*parse_integer(fields[1]), std::string(fields[2]), std::string(fields[3])});
    }
    return rows;
}

Phase phase_of(const Row& row) {
    if (row.state == "sent") {
        return row.error.empty() || row.error.starts_with("https://") ? Phase::started
                                                                      : Phase::obsolete;
    }
    return row.state == "waiting"
                   && (row.error == "sent, not answered yet" || row.error.starts_with("looking "))
               ? Phase::requested
               : Phase::unsent;
}

struct UpgradeWorld {
    Fake& hub = Fake::shared("fake_github.py");
    Fake& telegram = Fake::shared("fake_telegram.py");
    github::Client github{{hub.url(), Secret("test-token"), Milliseconds{3000}}};
    telegram::Api api{{telegram.url(), Secret("123456:test-token"), Milliseconds{5000}}};
    config::Config config = bot_config();

    UpgradeWorld() {
        config.github.owner = "LoomAI-IT";
        config.github.token = BoundSecret(Secret("test-token"), {});
        config.telegram.chat_id_of = {{"prod", -2002}, {"dev", -3003}};
    }

    void dispatch(store::ServerLedger& ledger) {
        (void)bot::Dispatcher(ledger, github, nullptr, config, "me").run();
    }

    // The run that an earlier request began, as GitHub lists it.
    void begin(store::ServerLedger& ledger, std::int64_t release_id) {
        const auto release = *ledger.find_release(release_id);
        REQUIRE(github.dispatch(bot::prod_workflow(config, release), bot::prod_inputs(release)).what
                == github::Dispatched::What::started);
    }

    // Numbers of the releases whose deploy was asked for, in that order.
    std::vector<std::int64_t> asked() {
        std::vector<std::int64_t> ids;
        for (const json& call : hub.calls("dispatch")) {
            const json inputs = json::parse(call["body"].get<std::string>())["inputs"];
            ids.push_back(*parse_integer(inputs["release_id"].get<std::string>()));
        }
        return ids;
    }
};

// The statements by which a6b57ca writes its outbox (its lib/store/sql/outbox.cpp), in a process
// that opened the ledger before it was upgraded.
template <typename Ledger> class OldWriter {
public:
    explicit OldWriter(const Ledger& ledger)
        : m_ledger(ledger) {}

    void settle(std::int64_t id, const std::string& state, const std::string& error) const {
        m_ledger.sql("UPDATE outbox SET state = '" + state + "', attempts = attempts + 1, error = '"
                     + error + "', due_at = created_at WHERE id = CAST(" + std::to_string(id)
                     + " AS BIGINT) AND state <> 'sent'");
    }

    void settle_dispatches(std::int64_t release_id, const std::string& note) const {
        m_ledger.sql("UPDATE outbox SET state = 'sent', error = '" + note
                     + "' WHERE state = 'waiting' AND kind = 'dispatch' AND release_id = CAST("
                     + std::to_string(release_id) + " AS BIGINT)");
    }

    void add(const std::string& key, const std::string& kind) const {
        m_ledger.sql(
            "INSERT INTO outbox (kind, release_id, event_id, fact, key, created_at, due_at)"
            " VALUES ('"
            + kind + "', NULL, NULL, '{}', '" + key
            + "', CURRENT_TIMESTAMP, CURRENT_TIMESTAMP) ON CONFLICT (key) DO NOTHING");
    }

    // Whether it would look for the run of this row instead of starting one.
    [[nodiscard]] bool is_unanswered(std::int64_t id) const {
        const std::string error = m_ledger.sql(
            "SELECT error FROM outbox WHERE state = 'waiting' AND id = " + std::to_string(id));
        return error == "sent, not answered yet" || error.starts_with("looking");
    }

private:
    const Ledger& m_ledger;
};

std::int64_t approved(store::Store& store, const std::string& tag) {
    using release::Status;
    return release_in(store,
                      {Status::building,
                       Status::stage_deploy,
                       Status::manual_testing,
                       Status::manual_test_passed},
                      tag);
}

} // namespace

TEMPLATE_TEST_CASE("an old ledger's dispatches keep how far they have come",
                   "",
                   SqliteLedger,
                   PostgresLedger) {
    LOOMREL_NEEDS(TestType);
    const OldLedger<TestType> ledger;
    const auto rows = dispatch_rows(ledger);
    const auto server = open_database(ledger);
    (void)server->migrate();
    std::map<Phase, int> seen;
    int looks = 0;
    int links = 0;
    for (const Row& row : rows) {
        CAPTURE(row.id, row.state, row.error);
        const auto now = server->newest_dispatch(row.id);
        REQUIRE(now);
        const Phase phase = phase_of(row);
        ++seen[phase];
        CHECK(now->dispatch.phase == phase);
        CHECK(now->dispatch.looks == (row.error == "looking 3" ? 3 : 0));
        looks += now->dispatch.looks;
        const bool link = row.error.starts_with("https://");
        links += link ? 1 : 0;
        CHECK(now->dispatch.run_link == (link ? row.error : ""));
        CHECK(now->error == (link ? "" : row.error));
    }
    CHECK(seen.size() == 4);
    CHECK(looks == 3);
    CHECK(links == 1);
    CHECK(ledger.sql("SELECT count(*) FROM outbox WHERE error LIKE '%://%'") == "0");
}

TEMPLATE_TEST_CASE("an upgrade in the middle of a dispatch starts no workflow twice",
                   "",
                   SqliteLedger,
                   PostgresLedger) {
    LOOMREL_NEEDS(TestType);
    const OldLedger<TestType> ledger;
    std::int64_t unanswered = 0;
    std::int64_t looked_for = 0;
    std::vector<std::int64_t> to_begin;
    for (const Row& row : dispatch_rows(ledger)) {
        unanswered = row.error == "sent, not answered yet" ? row.id : unanswered;
        looked_for = row.error == "looking 3" ? row.id : looked_for;
        if (row.state == "waiting" && phase_of(row) == Phase::unsent) {
            to_begin.push_back(row.id);
        }
    }
    REQUIRE(unanswered != 0);
    REQUIRE(looked_for != 0);
    REQUIRE(to_begin.size() == 2);

    UpgradeWorld world;
    const auto server = open_database(ledger);
    (void)server->migrate();
    world.begin(*server, unanswered);
    for (int round = 0; round < 4; ++round) {
        ledger.forget_waits();
        world.dispatch(*server);
    }
    std::vector<std::int64_t> expected{unanswered}; // by the old program, as it were
    expected.insert(expected.end(), to_begin.begin(), to_begin.end());
    CHECK(world.asked() == expected);
    const auto found = *server->newest_dispatch(unanswered);
    CHECK(found.state == Notice::State::sent);
    CHECK(found.dispatch.run_link.starts_with("https://github.com/"));
    // Looked for three times by the old program, it is given up after two more: people are asked.
    const auto given_up = *server->newest_dispatch(looked_for);
    CHECK(given_up.state == Notice::State::parked);
    CHECK(server->find_notice("dispatch_unknown:" + given_up.key));
}

TEMPLATE_TEST_CASE("a file that an old program could not send follows its message, sent once",
                   "",
                   SqliteLedger,
                   PostgresLedger) {
    LOOMREL_NEEDS(TestType);
    const OldLedger<TestType> ledger;
    const std::string words = ledger.sql("SELECT error FROM outbox WHERE key = 'file later'");
    REQUIRE(words.starts_with("sent as "));
    const auto server = open_database(ledger);
    (void)server->migrate();
    const std::int64_t message = server->find_notice("file later")->message_id;
    CHECK(words.starts_with("sent as " + std::to_string(message) + ": "));

    UpgradeWorld world;
    // However long ago the fixture was made.
    ledger.sql("UPDATE outbox SET created_at = CURRENT_TIMESTAMP, due_at = CURRENT_TIMESTAMP"
               " WHERE state = 'waiting'");
    (void)bot::Delivery(*server, world.api, world.config, "me")
        .run(deadline_in(Milliseconds{20000}));
    CHECK(server->find_notice("file later")->state == Notice::State::sent);
    CHECK(server->find_notice("never tried")->state == Notice::State::sent);
    CHECK(world.telegram.calls("sendDocument").size() == 1);
    for (const json& call : world.telegram.calls("sendMessage")) {
        CHECK_FALSE(contains(call["fields"]["text"].get<std::string>(), "line 0"));
    }
}

TEMPLATE_TEST_CASE("what an old program writes beside a new one is read as it was meant",
                   "",
                   SqliteLedger,
                   PostgresLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto server = open_database(ledger);
    const OldWriter old(ledger);
    const auto id = approved(*server, "v1.0.0");
    const auto row = [&](std::int64_t release) { return *server->newest_dispatch(release); };
    const std::int64_t number = row(id).id;
    old.settle(number, "waiting", "sent, not answered yet");
    CHECK(row(id).dispatch.phase == Phase::requested);
    old.settle(number, "waiting", "looking 2");
    CHECK(row(id).dispatch.phase == Phase::requested);
    CHECK(row(id).dispatch.looks == 2);
    CHECK(old.is_unanswered(number));
    // GitHub said that nothing began, and is asked again later.
    old.settle(number, "waiting", "HTTP 503: busy");
    CHECK(row(id).dispatch.phase == Phase::unsent);
    CHECK(row(id).error == "HTTP 503: busy");
    const std::string link = "https://github.com/LoomAI-IT/loom-content/actions/runs/7";
    old.settle(number, "sent", link);
    CHECK(row(id).dispatch.phase == Phase::started);
    CHECK(row(id).dispatch.run_link == link);
    CHECK(row(id).error.empty());

    const auto unnamed = approved(*server, "v1.0.1");
    old.settle(row(unnamed).id, "sent", "");
    CHECK(row(unnamed).dispatch.phase == Phase::started);
    const auto gone = approved(*server, "v1.0.2");
    old.settle_dispatches(gone, "the release is deploying");
    CHECK(row(gone).dispatch.phase == Phase::obsolete);
    CHECK(row(gone).error == "the release is deploying");
    const auto refused = approved(*server, "v1.0.3");
    old.settle(row(refused).id, "parked", "HTTP 404: Not Found");
    CHECK(row(refused).state == Notice::State::parked);
    CHECK(row(refused).error == "HTTP 404: Not Found");

    old.add("text", "text");
    const auto told = [&] { return *server->find_notice("text"); };
    CHECK(told().message_id == 0);
    old.settle(told().id, "waiting", "sent as 812: Bad Gateway");
    CHECK(told().message_id == 812);
    CHECK(server->check().problems.empty());
}

TEMPLATE_TEST_CASE("an old program and a new one beside each other start one workflow",
                   "",
                   SqliteLedger,
                   PostgresLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto server = open_database(ledger);
    const OldWriter old(ledger);
    const auto forget_waits = [&] { ledger.sql("UPDATE outbox SET due_at = created_at"); };
    UpgradeWorld world;
    // The old one asked, and died before the answer.
    const auto first = approved(*server, "v1.0.0");
    old.settle(server->newest_dispatch(first)->id, "waiting", "sent, not answered yet");
    world.begin(*server, first);
    world.dispatch(*server);
    CHECK(world.asked() == std::vector<std::int64_t>{first});
    CHECK(server->newest_dispatch(first)->state == Notice::State::sent);
    // The new one asked, and got no answer: the old one looks for the run as well.
    const auto second = approved(*server, "v1.0.1");
    const std::int64_t number = server->newest_dispatch(second)->id;
    world.hub.tell("fail", {{"method", "dispatch"}, {"how", "refuse"}, {"times", 1}});
    world.dispatch(*server);
    CHECK(old.is_unanswered(number));
    forget_waits();
    world.dispatch(*server);
    CHECK(server->newest_dispatch(second)->dispatch.looks == 1);
    CHECK(old.is_unanswered(number));
    old.settle(number, "waiting", "looking 1"); // it counts from its own beginning
    for (int round = 0; round < 6; ++round) {
        forget_waits();
        world.dispatch(*server);
    }
    CHECK(server->newest_dispatch(second)->state == Notice::State::parked);
    CHECK(world.asked() == std::vector<std::int64_t>{first, second});
}
