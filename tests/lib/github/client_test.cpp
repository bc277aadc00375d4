#include "lib/github/github.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/fake_control.hpp"

using namespace loomrel;
using nlohmann::json;
using What = github::Dispatched::What;

namespace {

struct World {
    explicit World(const std::vector<std::string>& words = {})
        : fake("fake_github.py", words) {}

    test::Fake fake;
    github::Client client{{fake.url(), Secret("test-token"), Milliseconds{3000}}};
    github::Workflow workflow{
        "LoomAI-IT", "loom-content", "on-approve-manual-testing.yaml.yml", "main"};
    std::map<std::string, std::string> inputs{{"release_id", "17"}, {"release_tag", "v1.2.3"}};
};

} // namespace

TEST_CASE("a workflow is started, whichever way GitHub says so") {
    World old;
    CHECK(old.client.dispatch(old.workflow, old.inputs).what == What::started);
    World fresh({"--details"});
    const github::Dispatched started = fresh.client.dispatch(fresh.workflow, fresh.inputs);
    CHECK(started.what == What::started);
    CHECK(started.link == "https://github.com/LoomAI-IT/loom-content/actions/runs/7001");
    const json runs = fresh.fake.tell("runs");
    REQUIRE(runs.size() == 1);
    CHECK(runs[0]["inputs"]["release_id"] == "17");
    CHECK(runs[0]["inputs"]["release_tag"] == "v1.2.3");
}

TEST_CASE("definite refusals are told with GitHub's reason") {
    World world;
    world.workflow.ref = "gone";
    github::Dispatched refused = world.client.dispatch(world.workflow, world.inputs);
    CHECK(refused.what == What::refused);
    CHECK(refused.reason == "HTTP 422: No ref found for: gone");
    world.workflow.ref = "main";
    world.workflow.file = "other.yml";
    CHECK(world.client.dispatch(world.workflow, world.inputs).reason == "HTTP 404: Not Found");
    world.workflow.file = "on-approve-manual-testing.yaml.yml";
    world.inputs["foo"] = "bar";
    CHECK(world.client.dispatch(world.workflow, world.inputs).what == What::refused);
    world.inputs.erase("foo");
    github::Client stranger({world.fake.url(), Secret("wrong-secret"), Milliseconds{3000}});
    refused = stranger.dispatch(world.workflow, world.inputs);
    CHECK(refused.what == What::refused);
    CHECK(refused.reason == "HTTP 401: Bad credentials");
    CHECK(world.fake.tell("runs").empty());
}

TEST_CASE("not reached and too many: certainly not started") {
    World world;
    world.fake.tell("fail", {{"how", 429}, {"retry_after", 7}, {"times", 1}});
    github::Dispatched result = world.client.dispatch(world.workflow, world.inputs);
    CHECK(result.what == What::not_started);
    CHECK(result.retry_after == Milliseconds{7000});
    world.fake.tell("fail", {{"how", 403}, {"retry_after", 9}, {"times", 1}});
    CHECK(world.client.dispatch(world.workflow, world.inputs).what == What::not_started);
    github::Client nowhere({"http://127.0.0.1:1", Secret("a-secret-token"), Milliseconds{3000}});
    result = nowhere.dispatch(world.workflow, world.inputs);
    CHECK(result.what == What::not_started);
    CHECK(result.reason.find("a-secret-token") == std::string::npos);
}

TEST_CASE("no answer is unknown, is not repeated, and the run can be found") {
    World world;
    const Time began = now();
    world.fake.tell("fail", {{"method", "dispatch"}, {"how", "drop"}, {"times", 1}});
    CHECK(world.client.dispatch(world.workflow, world.inputs).what == What::unknown);
    world.fake.tell("fail", {{"method", "dispatch"}, {"how", "html"}, {"times", 1}});
    CHECK(world.client.dispatch(world.workflow, world.inputs).what == What::unknown);
    CHECK(world.fake.calls("dispatch").size() == 2);
    const auto runs = world.client.runs(world.workflow, began);
    REQUIRE(runs);
    REQUIRE(runs->size() == 1);
    CHECK(runs->front().title.find("#17") != std::string::npos);
    CHECK(runs->front().link == "https://github.com/LoomAI-IT/loom-content/actions/runs/7001");
    CHECK(world.client.runs(world.workflow, began + std::chrono::hours(1))->empty());
    world.fake.tell("away", {{"on", true}});
    CHECK_FALSE(world.client.runs(world.workflow, began));
}

TEST_CASE("GitHub says who began a run, and of which commit it is") {
    using Told = github::RunOrigin::What;
    World world;
    const std::string commit(40, 'a');
    world.fake.tell("run",
                    {{"id", 4711},
                     {"actor", "octo-cat"},
                     {"triggering_actor", "robot[bot]"},
                     {"event", "workflow_dispatch"},
                     {"head_sha", commit}});
    const auto origin = [&](std::int64_t id) {
        return world.client.origin_of_run("LoomAI-IT", "loom-content", id);
    };
    const github::RunOrigin told = origin(4711);
    CHECK(told.what == Told::told);
    CHECK(told.actor == "octo-cat");
    CHECK(told.triggering_actor == "robot[bot]");
    CHECK(told.event == "workflow_dispatch");
    CHECK(told.commit == commit);
    CHECK(origin(4712).what == Told::absent);

    // A login that is none, a commit that is none, no answer: nothing is made of them.
    world.fake.tell("run", {{"id", 4713}, {"actor", "a b\n[x]"}, {"head_sha", commit}});
    CHECK(origin(4713).what == Told::unknown);
    world.fake.tell("run", {{"id", 4714}, {"actor", "octo-cat"}, {"head_sha", "HEAD"}});
    CHECK(origin(4714).commit.empty());
    world.fake.tell("fail", {{"method", "run"}, {"how", 429}, {"retry_after", 7}, {"times", 1}});
    CHECK(origin(4711).retry_after == Milliseconds{7000});
    world.fake.tell("fail", {{"method", "run"}, {"how", "html"}, {"times", 1}});
    CHECK(origin(4711).what == Told::unknown);
    github::Client stranger({world.fake.url(), Secret("wrong-secret"), Milliseconds{3000}});
    const auto refused = stranger.origin_of_run("LoomAI-IT", "loom-content", 4711);
    CHECK(refused.what == Told::unknown);
    CHECK(refused.reason == "HTTP 401: Bad credentials");
}
