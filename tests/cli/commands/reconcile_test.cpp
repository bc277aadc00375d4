#include "lib/store/spool/spool.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/command_world.hpp"
#include "tests/support/process.hpp"
#include "tests/support/text.hpp"

#include <nlohmann/json.hpp>

using namespace loomrel;
using cli::ExitCode;
using nlohmann::json;
using test::CommandWorld;
using test::has;

namespace {

struct SpoolWorld : CommandWorld {
    test::TempFolder folder;

    SpoolWorld() { outside.environment["XDG_STATE_HOME"] = folder.path().string(); }

    void keep_for(const std::string& address) {
        store::RunEnd end;
        end.run_id = "run-1";
        store::Change change;
        change.id = "change of " + std::to_string(++m_kept);
        change.end_run = end;
        store::Spool(folder.path() / "loomrel/spool", address).keep(change);
    }

private:
    int m_kept = 0;
};

// A ledger with one run that has not ended.
struct WithOpenRun : test::FakeStore {
    using FakeStore::FakeStore;

    std::vector<store::Run> list_runs(const store::RunQuery&) override {
        store::Run run;
        run.id = "run-1";
        run.service = "api";
        run.environment = "stage";
        return {run};
    }
};

} // namespace

TEST_CASE("results for another ledger are told of, with its address") {
    SpoolWorld world;
    world.keep_for("postgresql://me@elsewhere/releases");
    world.keep_for("sqlite:///ledger.db");
    CHECK(world.run({"--json", "reconcile", "--dry-run"}) == ExitCode::ok);
    const json plan = json::parse(world.io.out_text);
    CHECK(plan["spool"] == 1);
    CHECK(plan["spool_elsewhere"]
          == json::parse(R"([{"store":"postgresql://me@elsewhere/releases","count":1}])"));
    CHECK(world.run({"reconcile"}) == ExitCode::ok);
    CHECK(world.ledger.ends.size() == 1);
    CHECK(has(world.io.out_text, "results told to the ledger: 1"));
    CHECK(has(world.io.out_text, "loomrel --store postgresql://me@elsewhere/releases reconcile"));
    (void)world.run({"doctor", "--env", "dev", "--service", "api"});
    CHECK(has(world.io.out_text, "1 → postgresql://me@elsewhere/releases"));
    CHECK(has(world.io.out_text, "results for another ledger"));
}

TEST_CASE("a dry run of reconcile claims nothing of a run that it has not looked at") {
    CommandWorld world;
    world.outside.open_store = [&world](const store::Options&) {
        return std::make_unique<WithOpenRun>(world.ledger);
    };
    CHECK(world.run({"reconcile", "--dry-run"}) == ExitCode::ok);
    CHECK(has(world.io.out_text, "run-1 (api, stage) is open: the hosts would be asked"));
}
