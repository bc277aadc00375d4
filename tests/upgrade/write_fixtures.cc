// Writes the ledger FIXTURE_LEDGER and the spool FIXTURE_SPOOL by the code of loomrel a6b57ca, in
// whose tree make_fixtures.sh compiles it; today's headers do not fit.
#include "lib/bot/delivery.hpp"
#include "lib/bot/dispatcher.hpp"
#include "lib/store/server_ledger.hpp"
#include "lib/store/spool/spool.hpp"
#include "tests/lib/bot/bot_world.hpp"
#include "tests/support/fake_control.hpp"

#include <cstdlib>
#include <stdexcept>
#include <thread>

using namespace loomrel;
using namespace loomrel::test;
using nlohmann::json;
using release::Status;
using store::RunOutcome;

namespace {

constexpr const char* k_content = "loom-content"; // what is tested, approved and dispatched
constexpr const char* k_user = "loom-user";       // what has runs
constexpr std::int64_t k_prod_chat = -2002;
constexpr std::int64_t k_dev_chat = -3003;
const std::vector<Status> k_tested{Status::building, Status::stage_deploy, Status::manual_testing};

void must(bool good, const std::string& what) {
    if (!good) {
        throw std::runtime_error(what);
    }
}

std::string word(const char* name) {
    const char* value = std::getenv(name);
    must(value != nullptr, name);
    return value;
}

struct World {
    std::unique_ptr<store::ServerLedger> ledger;
    Fake& hub = Fake::shared("fake_github.py", {"--details"});
    Fake& telegram = Fake::shared("fake_telegram.py");
    github::Client github{{hub.url(), Secret("test-token"), Milliseconds{3000}}};
    config::Config config = bot_config();
    int count = 0;

    explicit World(const std::string& url)
        : ledger(store::open_server_ledger({url, Secret()})) {
        config.github.owner = "LoomAI-IT";
        config.github.token = Secret("test-token");
        config.telegram.chat_id_of = {{"prod", k_prod_chat}, {"dev", k_dev_chat}};
    }

    // The same in both databases, so that one spool fits both.
    std::string uuid() { return fmt::format("00000000-0000-4000-8000-{:012}", ++count); }

    static std::string commit_of(std::int64_t id) {
        return fmt::format("{:040x}", 0xc0ffee00 + id);
    }

    std::int64_t make(const std::string& service, const std::vector<Status>& way) {
        store::NewRelease release;
        release.service = service;
        release.tag = fmt::format("v1.{}.0", ++count);
        release.run_id = std::to_string(9000 + count);
        release.by = "developer_name";
        release.link =
            "https://github.com/LoomAI-IT/" + service + "/actions/runs/" + release.run_id;
        release.ref = "refs/tags/" + release.tag;
        release.source = "cli";
        const auto id = ledger->create_release(release).id;
        for (const Status to : way) {
            move(id, {to});
        }
        return id;
    }

    store::Change change(std::int64_t id, const std::vector<Status>& way) {
        store::Change change;
        change.id = uuid();
        change.release_id = id;
        change.actor = "developer_name";
        change.source = "journal";
        for (const Status to : way) {
            change.steps.push_back({to, "{}"});
        }
        return change;
    }

    void apply(const store::Change& change) {
        must(ledger->apply(change).what == store::Changed::What::done, "a move was refused");
    }

    void move(std::int64_t id, const std::vector<Status>& way) {
        store::Change moved = change(id, way);
        moved.commit = commit_of(id);
        apply(moved);
    }

    store::Decided
    decide(std::int64_t id, std::int64_t who, store::Verdict verdict, int quorum = 1) {
        store::Decision decision;
        decision.id = uuid();
        decision.release_id = id;
        decision.commit = commit_of(id);
        decision.approver_id = who;
        decision.approver_name = who == k_qa ? "Аня" : "Борис";
        decision.verdict = verdict;
        decision.reason = verdict == store::Verdict::rejected ? "не открывается" : "";
        decision.approvers = {k_qa, k_qa_two};
        decision.quorum = quorum;
        decision.source = "bot";
        return ledger->decide(decision);
    }

    std::int64_t approved(const std::string& service = k_content) {
        const auto id = make(service, k_tested);
        must(decide(id, k_qa, store::Verdict::approved).what == store::Decided::What::approved,
             "an approval was refused");
        return id;
    }

    store::Run run(std::int64_t id,
                   const std::string& environment,
                   store::RunKind kind = store::RunKind::deploy) {
        const auto release = ledger->find_release(id);
        store::Run run;
        run.id = uuid();
        run.service = release->service_name;
        run.environment = environment;
        run.kind = kind;
        run.release_id = id;
        run.ref = "refs/tags/" + release->release_tag;
        run.commit = commit_of(id);
        run.github_run_id = release->github_run_id;
        run.github_run_attempt = 1;
        run.hosts = {"root@" + environment + "-1:22", "root@" + environment + "-2:22"};
        return run;
    }

    static store::RunEnd end(const store::Run& run, RunOutcome outcome, const std::string& serves) {
        store::RunEnd end{run.id, outcome, R"({"step":"keep"})", {}};
        for (const std::string& host : run.hosts) {
            end.hosts.push_back(
                {host, "ended", outcome == RunOutcome::good ? "ok" : "failed", serves});
        }
        return end;
    }

    // A release that production has claimed, and the run that did.
    std::pair<std::int64_t, store::Run> claimed() {
        const auto id = make(k_user, k_tested);
        move(id, {Status::manual_test_passed});
        store::Change claim = change(id, {Status::deploying});
        claim.open_run = run(id, "prod");
        apply(claim);
        return {id, *claim.open_run};
    }

    std::int64_t ended(const std::vector<Status>& way, RunOutcome outcome) {
        const auto [id, run] = claimed();
        store::Change last = change(id, way);
        last.end_run = end(run, outcome, ledger->find_release(id)->release_tag);
        apply(last);
        return id;
    }

    store::Notice row(std::int64_t id) { return *ledger->newest_dispatch(id); }

    void dispatch(const config::Config& with, bot::Operations* operations = nullptr) {
        bot::Dispatcher dispatcher(*ledger, github, operations, with, "old-serve:1");
        (void)dispatcher.run();
    }

    void fail(const std::string& how) {
        hub.tell("fail", {{"method", "dispatch"}, {"how", how}, {"times", 1}});
    }

    // A dispatch whose request got lost, looked for until its row says this.
    void look(std::int64_t id, const std::string& kind, const std::string& error) {
        fail("refuse");
        for (int i = 0; i < 400; ++i) {
            dispatch(config);
            const auto now = row(id);
            if ((kind == "parked") ? now.state == store::Notice::State::parked
                                   : now.error == error) {
                return;
            }
            std::this_thread::sleep_for(Milliseconds(100));
        }
        throw std::runtime_error("no row says " + error);
    }

    void say(const std::string& key, const std::string& text, const std::string& environment = "") {
        ledger->add_notice(
            {key, "text", std::nullopt, json{{"text", text}, {"environment", environment}}.dump()});
    }

    void deliver() {
        telegram::Api api{{telegram_url(), Secret("123456:test-token"), Milliseconds{5000}}};
        (void)bot::Delivery(*ledger, api, config, "old-serve:1")
            .run(deadline_in(Milliseconds{20000}));
    }

    std::string telegram_url() { return telegram.url(); }

    void write_statuses() {
        (void)make(k_content, {});
        (void)make(k_content, {Status::building});
        (void)make(k_content, {Status::building, Status::stage_deploy});
        (void)make(k_content, {Status::building, Status::staging_failed});
        const auto counted = make(k_content, k_tested);
        must(decide(counted, k_qa, store::Verdict::approved, 2).what
                 == store::Decided::What::counted,
             "a vote was refused");
        const auto rejected = make(k_content, k_tested);
        must(decide(rejected, k_qa_two, store::Verdict::rejected).what
                 == store::Decided::What::rejected,
             "a rejection was refused");
        (void)ended({Status::deployed}, RunOutcome::good);
        (void)ended({Status::production_failed}, RunOutcome::failed);
        const auto going_back = ended({Status::deployed}, RunOutcome::good);
        store::Change back = change(going_back, {Status::rollback});
        back.open_run = run(going_back, "prod", store::RunKind::rollback);
        apply(back);
        move(ended({Status::deployed}, RunOutcome::good),
             {Status::rollback, Status::rollback_done});
        move(ended({Status::deployed}, RunOutcome::good),
             {Status::rollback, Status::rollback_failed});
        ledger->touch_run(back.open_run->id);
        must(ledger->note_event(
                 {uuid(), counted, "telegram:99", "bot", R"({"refused":"stranger"})"}),
             "no note");
    }

    // Open runs, and what the machines that watched them had not told the ledger yet.
    void write_runs(store::Spool spool) {
        const auto id = make(k_user, {Status::building});
        store::Run older = run(id, "stage");
        must(ledger->open_run(older), "no run");
        std::this_thread::sleep_for(Milliseconds(5));
        const store::Run newer = run(id, "stage"); // two at once: the old code let them
        must(ledger->open_run(newer), "no second run");
        store::Change tested = change(id, k_tested);
        tested.during_run = newer.id;
        tested.end_run = end(newer, RunOutcome::good, "v1");
        spool.keep(tested);

        const auto [deploying, prod] = claimed();
        store::Change deployed = change(deploying, {Status::deployed});
        deployed.end_run = end(prod, RunOutcome::good, "v2");
        spool.keep(deployed);

        store::Run dev = run(id, "dev"); // began and ended while the ledger was away
        dev.release_id.reset();
        dev.ref = "refs/heads/work";
        store::Change of_dev;
        of_dev.id = uuid();
        of_dev.actor = "developer_name";
        of_dev.source = "journal";
        of_dev.open_run = dev;
        of_dev.end_run = end(dev, RunOutcome::good, "work");
        spool.keep(of_dev);

        const auto served = ended({Status::deployed}, RunOutcome::good);
        store::Rollback rollback;
        rollback.id = uuid();
        rollback.from_tag = ledger->find_release(served)->release_tag;
        rollback.to_tag = "v0.9.0";
        rollback.good = true;
        rollback.actor = "devops";
        rollback.run = run(served, "prod", store::RunKind::rollback);
        rollback.run.release_id.reset();
        rollback.end = end(rollback.run, RunOutcome::good, "v0.9.0");
        spool.keep(rollback);
    }

    void write_dispatches() {
        look(approved(), "parked", "");
        const auto direct = approved("loom-direct");
        TempFolder folder;
        write_whole(folder.path() / "loomrel.toml", "[deploy]\nprod_by = \"direct\"\n");
        config::Inputs inputs;
        inputs.working_directory = folder.path();
        FakeOperations operations;
        dispatch(config::Config::load(inputs), &operations);
        must(row(direct).state == store::Notice::State::sent, "no direct deploy");
        (void)approved(); // begun, with a link
        dispatch(config);
        config::Config elsewhere = config;
        elsewhere.github.prod_workflow = "not-there.yml";
        (void)approved(); // refused
        dispatch(elsewhere);
        const auto expired = approved();
        move(expired, {Status::manual_testing});
        const auto looked_for = approved();
        look(looked_for, "waiting", "looking 3");
        // From here on within five seconds: the row above waits so long.
        const auto unanswered = approved();
        fail("drop"); // its run has begun
        dispatch(config);
        must(row(unanswered).error == "sent, not answered yet", "it was answered");
        (void)approved(); // GitHub is busy
        hub.tell("fail",
                 {{"method", "dispatch"}, {"how", 429}, {"retry_after", 3600}, {"times", 1}});
        dispatch(config);
        (void)approved(); // nobody has tried yet
        must(row(looked_for).error == "looking 3", "looked for once more");
    }

    void write_notices() {
        say("one", "Здравствуйте");
        deliver();
        std::string lines;
        while (lines.size() < 6000) {
            lines += "line " + std::to_string(lines.size()) + "\n";
        }
        telegram.tell("fail", {{"method", "sendDocument"}, {"how", 400}, {"times", 1}});
        say("file refused", lines);
        deliver();
        telegram.tell("fail",
                      {{"method", "sendMessage"},
                       {"chat", k_dev_chat},
                       {"how", 429},
                       {"retry_after", 3600},
                       {"times", 1}});
        say("busy", "to the developers' chat", "dev");
        deliver();
        telegram.tell("block", {{"chat", k_prod_chat}});
        say("blocked", "to production's chat", "prod");
        deliver();
        telegram.tell(
            "fail",
            {{"method", "sendDocument"}, {"how", 429}, {"retry_after", 3600}, {"times", 1}});
        say("file later", lines);
        deliver();
        must(ledger->find_notice("file later")->error.starts_with("sent as "), "no file is left");
        say("never tried", "later");
        ledger->keep_moved_chat(-4001, -1001004001);
        must(ledger->take_update(77001), "no update");
        must(ledger->take_lease("serve", "old-serve:1", Milliseconds{30000}), "no lease");
    }
};

} // namespace

TEST_CASE("writes the fixtures") {
    World world(word("FIXTURE_LEDGER"));
    world.write_statuses();
    world.write_runs({word("FIXTURE_SPOOL"), word("FIXTURE_SPOOL_LEDGER")});
    world.write_dispatches();
    world.write_notices();
}
