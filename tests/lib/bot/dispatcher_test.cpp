#include "lib/bot/dispatcher.hpp"
#include "tests/lib/bot/bot_world.hpp"
#include "tests/support/fake_control.hpp"

#include <algorithm>

using namespace loomrel;
using namespace loomrel::test;
using nlohmann::json;
using release::Status;

namespace {

struct DispatchWorld : LedgerWorld {
    Fake& fake = Fake::shared("fake_github.py", {"--repository", "LoomAI-IT/loom-content"});
    github::Client github{{fake.url(), Secret("test-token"), Milliseconds{3000}}};

    DispatchWorld() {
        config.github.owner = "LoomAI-IT";
        config.github.token = BoundSecret(Secret("test-token"), {});
    }

    std::int64_t approved() {
        const auto id = release_to_test();
        move(id, {Status::manual_test_passed});
        return id;
    }

    std::optional<Milliseconds> dispatch() {
        bot::Dispatcher dispatcher(*ledger, github, nullptr, config, "me");
        return dispatcher.run();
    }

    std::vector<std::string> kinds(const std::vector<store::Notice>& notices) {
        std::vector<std::string> found;
        for (const auto& notice : notices) {
            found.push_back(notice.kind);
        }
        return found;
    }

    // The fact of the newest notice.
    std::string told() { return ledger->waiting_notices(100).back().fact; }

    bool waits(const std::string& kind) {
        const auto all = kinds(ledger->waiting_notices(100));
        return std::find(all.begin(), all.end(), kind) != all.end();
    }
};

} // namespace

TEST_CASE("an approved release is dispatched once, with its number and tag") {
    DispatchWorld world;
    const auto id = world.approved();
    (void)world.dispatch();
    (void)world.dispatch();
    world.forget_waits();
    (void)world.dispatch();
    const json runs = world.fake.tell("runs");
    REQUIRE(runs.size() == 1);
    CHECK(runs[0]["inputs"]["release_id"] == std::to_string(id));
    CHECK(runs[0]["inputs"]["release_tag"] == "v1.2.3");
    CHECK_FALSE(world.waits("dispatch"));
    // The history says so too, once.
    auto events = world.ledger->events(id);
    std::erase_if(events, [](const auto& event) {
        return event.detail.find("\"dispatch\"") == std::string::npos;
    });
    REQUIRE(events.size() == 1);
    CHECK(events[0].actor == "loomrel");
    CHECK(events[0].source == "serve");
    const json detail = json::parse(events[0].detail);
    CHECK(detail["dispatch"] == "started");
    CHECK(detail["workflow"] == "LoomAI-IT/loom-content: " + world.config.github.prod_workflow);
}

TEST_CASE("a definite refusal becomes a notice with its reason, once") {
    DispatchWorld world;
    world.config.github.prod_workflow = "not-there.yml";
    const auto id = world.approved();
    (void)world.dispatch();
    (void)world.dispatch();
    CHECK(world.ledger->events(id).back().detail.find(R"("dispatch":"refused")")
          != std::string::npos);
    const auto notices = world.ledger->waiting_notices(100);
    const auto told = std::count_if(notices.begin(), notices.end(), [](const auto& notice) {
        return notice.kind == "dispatch_refused"
               && notice.fact.find("HTTP 404: Not Found") != std::string::npos;
    });
    CHECK(told == 1);
    CHECK_FALSE(world.waits("dispatch"));
}

TEST_CASE("an answer lost on the way: the run is found, and not started again") {
    DispatchWorld world;
    (void)world.approved();
    world.fake.tell("fail", {{"method", "dispatch"}, {"how", "drop"}, {"times", 1}});
    (void)world.dispatch();
    CHECK(world.waits("dispatch"));
    world.forget_waits();
    (void)world.dispatch();
    CHECK_FALSE(world.waits("dispatch"));
    CHECK(world.fake.calls("dispatch").size() == 1);
    CHECK(world.fake.tell("runs").size() == 1);
    CHECK_FALSE(world.waits("dispatch_unknown"));
}

TEST_CASE("a request that may have got lost is never repeated: people are asked") {
    DispatchWorld world;
    (void)world.approved();
    world.fake.tell("fail", {{"method", "dispatch"}, {"how", "refuse"}, {"times", 1}});
    for (int round = 0; round < 10; ++round) {
        (void)world.dispatch();
        world.forget_waits();
    }
    CHECK(world.fake.calls("dispatch").size() == 1);
    CHECK(world.waits("dispatch_unknown"));
    CHECK_FALSE(world.waits("dispatch"));
    CHECK(world.told().find("в списке запусков его нет") != std::string::npos);
}

TEST_CASE("what is missing here is told in words, with what to do about it") {
    DispatchWorld world;
    world.config.github.token = {};
    (void)world.approved();
    (void)world.dispatch();
    CHECK(world.told().find("LOOM_GITHUB_TOKEN не задан. Задайте LOOM_GITHUB_TOKEN")
          != std::string::npos);
}

TEST_CASE("killed between request and answer: the next one looks before it asks") {
    DispatchWorld world;
    const auto id = world.approved();
    // What the first had written before it was killed; its request had got through.
    bot::Dispatcher killed(*world.ledger, world.github, nullptr, world.config, "killed");
    CHECK(world.github
              .dispatch({"LoomAI-IT", "loom-content", "on-approve-manual-testing.yaml.yml", "main"},
                        bot::prod_inputs(*world.ledger->find_release(id)))
              .what
          == github::Dispatched::What::started);
    for (const auto& row : world.ledger->waiting_notices(100)) {
        if (row.kind == "dispatch") {
            world.ledger->settle_notice(bot::request_of(row));
        }
    }
    world.forget_waits();
    (void)world.dispatch();
    CHECK(world.fake.tell("runs").size() == 1);
    CHECK_FALSE(world.waits("dispatch"));
}

TEST_CASE("GitHub away or busy: later, and then once") {
    DispatchWorld world;
    (void)world.approved();
    world.fake.tell("fail",
                    {{"method", "dispatch"}, {"how", 429}, {"retry_after", 1}, {"times", 1}});
    (void)world.dispatch();
    CHECK(world.waits("dispatch"));
    world.forget_waits();
    (void)world.dispatch();
    CHECK_FALSE(world.waits("dispatch"));
    CHECK(world.fake.tell("runs").size() == 1);
}

TEST_CASE("what was decided otherwise meanwhile is not started") {
    DispatchWorld world;
    const auto id = world.approved();
    world.move(id, {Status::manual_test_failed});
    (void)world.dispatch();
    CHECK(world.fake.calls("dispatch").empty());
    CHECK_FALSE(world.waits("dispatch"));
}

TEST_CASE("two servers on one ledger start one run") {
    DispatchWorld world;
    (void)world.approved();
    const auto other = world.open();
    bot::Dispatcher second(*other, world.github, nullptr, world.config, "other");
    REQUIRE(world.ledger->take_lease("dispatch", "me", Milliseconds{60000}));
    (void)second.run();
    CHECK(world.fake.calls("dispatch").empty());
    (void)world.dispatch();
    (void)second.run();
    CHECK(world.fake.tell("runs").size() == 1);
}

TEST_CASE("an approval that nobody used in time is asked for anew") {
    DispatchWorld world;
    const auto id = world.approved();
    bot::Dispatcher dispatcher(*world.ledger, world.github, nullptr, world.config, "me");
    dispatcher.expire();
    CHECK(world.status(id) == "manual_test_passed");
    world.config.telegram.approval_expires = Milliseconds{0};
    dispatcher.expire();
    dispatcher.expire();
    CHECK(world.status(id) == "manual_testing");
    CHECK(world.ledger->approvals(id).empty());
    (void)world.dispatch();
    CHECK(world.fake.calls("dispatch").empty());
}

TEST_CASE(
    "a deploy from here that finds no ledger is tried again, one that is refused is told of") {
    DispatchWorld world;
    write_whole(world.folder.path() / "loomrel.toml", "[deploy]\nprod_by = \"direct\"\n");
    config::Inputs inputs;
    inputs.working_directory = world.folder.path();
    world.config = config::Config::load(inputs);
    world.config.telegram.approvers = {k_qa};
    const auto id = world.approved();
    FakeOperations operations;
    operations.trouble = Error(ErrorKind::ledger, "ledger_unreachable", {"нет", "away"});
    bot::Dispatcher dispatcher(*world.ledger, world.github, &operations, world.config, "me");
    (void)dispatcher.run();
    CHECK(world.waits("dispatch"));
    CHECK_FALSE(world.waits("direct_failed"));
    CHECK(world.ledger->newest_dispatch(id)->error == "away");
    world.forget_waits();
    operations.trouble = Error(ErrorKind::refused, "no", {"нельзя", "no"});
    (void)dispatcher.run();
    CHECK_FALSE(world.waits("dispatch"));
    CHECK(world.waits("direct_failed"));
}

TEST_CASE("an old approval expires however many newer releases are under way") {
    DispatchWorld world;
    const auto id = world.approved();
    for (int i = 0; i < 210; ++i) {
        (void)world.make("v2.0." + std::to_string(i));
    }
    world.config.telegram.approval_expires = Milliseconds{0};
    bot::Dispatcher dispatcher(*world.ledger, world.github, nullptr, world.config, "me");
    dispatcher.expire();
    CHECK(world.status(id) == "manual_testing");
}
