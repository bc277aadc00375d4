#include "lib/bot/sender_check.hpp"
#include "tests/lib/bot/bot_world.hpp"
#include "tests/support/fake_control.hpp"

using namespace loomrel;
using namespace loomrel::test;

namespace {

struct SenderWorld : LedgerWorld {
    Fake& fake = Fake::shared("fake_github.py", {"--repository", "LoomAI-IT/loom-content"});
    github::Client github{{fake.url(), Secret("test-token"), Milliseconds{3000}}};
    std::vector<std::string> said; // "said -> github"
    std::vector<std::string> troubles;
    bot::SenderCheck check{
        *ledger,
        github,
        config,
        [this] { return now() + later; },
        [this](const auto& told) { said.push_back(told.said + " -> " + told.github); },
        [this](std::int64_t, const std::string& why) { troubles.push_back(why); }};
    Milliseconds later{0};

    SenderWorld() { config.github.owner = "LoomAI-IT"; }

    std::int64_t release(const std::string& run_id, const std::string& tag = "v1.2.3") {
        store::NewRelease release{
            "loom-content", tag, run_id, "anya", "", "refs/tags/" + tag, "", "cli"};
        release.sender = "anya";
        release.word = release::k_word_ci;
        return ledger->create_release(release).id;
    }

    release::Actors actors(std::int64_t id) { return *ledger->find_release(id)->actors; }
};

} // namespace

TEST_CASE("GitHub's word on who began a run wins over its job's, and is asked for once") {
    SenderWorld world;
    const auto id = world.release("4711");
    world.fake.tell("run", {{"id", 4711}, {"actor", "mallory"}, {"head_sha", k_commit}});
    world.check.run();
    world.check.run();
    CHECK(world.actors(id).sender == "mallory");
    CHECK(world.actors(id).word == "github");
    CHECK(world.actors(id).run_commit == k_commit);
    CHECK(world.said == std::vector<std::string>{"anya -> mallory"});
    CHECK(world.fake.calls("run").size() == 1);
}

TEST_CASE("a run that GitHub does not know leaves CI's word, a local one is not asked about") {
    SenderWorld world;
    const auto unknown = world.release("4711");
    const auto local = world.release("local-0f0c2a3b", "v1.2.4");
    world.check.run();
    world.check.run();
    CHECK(world.actors(unknown).sender == "anya");
    CHECK(world.actors(unknown).word == "ci");
    CHECK(world.actors(unknown).asked);
    CHECK_FALSE(world.actors(local).asked);
    CHECK(world.fake.calls("run").size() == 1);
}

TEST_CASE("a GitHub that does not answer is left in peace, and old releases are not asked about") {
    SenderWorld world;
    const auto id = world.release("4711");
    world.fake.tell("fail", {{"method", "run"}, {"how", 500}, {"times", 5}});
    world.check.run();
    world.check.run();
    CHECK(world.fake.calls("run").size() == 1);
    CHECK(world.troubles.size() == 1);
    CHECK_FALSE(world.actors(id).asked);
    SenderWorld old;
    (void)old.release("4711");
    old.later = std::chrono::hours(2);
    old.check.run();
    CHECK(old.fake.calls("run").empty());
}
