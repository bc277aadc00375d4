#include "lib/base/random.hpp"
#include "lib/deploy/ledger_recorder.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/fake_store.hpp"
#include "tests/support/process.hpp"

using namespace loomrel;
using namespace loomrel::test;

namespace {

store::Run dev_run() {
    store::Run run;
    run.id = random_uuid();
    run.service = "loom-content";
    run.environment = "dev";
    run.ref = "refs/heads/feature";
    return run;
}

store::RunEnd good_end(const store::Run& run) {
    return {run.id, store::RunOutcome::good, "{}", {}};
}

} // namespace

TEST_CASE("the end of a run that the ledger never heard of brings its beginning along") {
    const TempFolder folder;
    Ledger ledger;
    FakeStore store(ledger);
    store::Spool spool(folder.path() / "spool", "ledger");
    const store::Run run = dev_run();
    deploy::LedgerRecorder recorder(nullptr, spool, "developer");
    recorder.set_run(run);
    recorder.tell_later();
    const auto conclusion = recorder.conclude(good_end(run), "", "{}");
    CHECK_FALSE(conclusion.told);
    CHECK_FALSE(conclusion.not_kept);
    CHECK(spool.deliver(store) == 1);
    REQUIRE(ledger.runs.size() == 1);
    CHECK(ledger.runs[0].id == run.id);
    REQUIRE(ledger.ends.size() == 1);
}

TEST_CASE("a commit that is first known at the end is told with the run that found it") {
    const TempFolder folder;
    Ledger ledger;
    FakeStore store(ledger);
    store::Run run = dev_run();
    run.environment = "stage";
    run.release_id = 1;
    deploy::LedgerRecorder recorder(&store, store::Spool(folder.path() / "spool", "ledger"), "me");
    recorder.set_run(run);
    recorder.set_release(1, run.environment);
    const std::string commit(40, 'a');
    (void)recorder.conclude(good_end(run), commit, "{}");
    REQUIRE(ledger.changes.size() == 1);
    CHECK(ledger.changes[0].commit == commit);
    CHECK(ledger.changes[0].during_run == run.id);
}

TEST_CASE("whom a commit names is told with the step behind it, and at the end again") {
    const TempFolder folder;
    Ledger ledger;
    FakeStore store(ledger);
    store::Run run = dev_run();
    run.environment = "stage";
    run.release_id = 1;
    deploy::LedgerRecorder recorder(&store, store::Spool(folder.path() / "spool", "ledger"), "me");
    recorder.set_run(run);
    recorder.set_release(1, run.environment);
    const std::string commit(40, 'a');
    deploy::RunTranscript transcript;
    for (const deploy::Record& record :
         {deploy::Record{1, "start", "repository"},
          deploy::Record{2, "author", "<eve@example.com> before the commit is known"},
          deploy::Record{3, "commit", commit},
          deploy::Record{4, "author", "<anya@example.com> Аня\x1b[31m"},
          deploy::Record{5, "committer", "<noreply@github.com> GitHub"},
          deploy::Record{6, "end", "repository ok"},
          deploy::Record{7, "start", "build"}}) {
        transcript.add(record);
        if (record.kind == "start") {
            recorder.step_started(transcript.steps().back());
        }
    }
    (void)recorder.conclude(good_end(run), commit, "{}");
    const release::Signatures told{
        commit, "Аня", "anya@example.com", "GitHub", "noreply@github.com"};
    REQUIRE_FALSE(ledger.changes.empty());
    CHECK(ledger.changes.back().signatures == told);
    CHECK(ledger.changes.front().commit == commit);
    CHECK(ledger.changes.front().signatures == told);
}

TEST_CASE("a result that can be neither told nor kept says both, and the run has it all the same") {
    const TempFolder folder;
    write_whole(folder.path() / "home", "a file where a folder is wanted");
    Ledger ledger;
    ledger.broken = Error(ErrorKind::ledger, "ledger_unreachable", {"нет", "no"});
    FakeStore store(ledger);
    store::Run run = dev_run();
    run.kind = GENERATE(store::RunKind::deploy, store::RunKind::rollback);
    deploy::LedgerRecorder recorder(
        &store, store::Spool(folder.path() / "home/spool", "ledger"), "developer");
    recorder.set_run(run);
    const auto conclusion = recorder.conclude(good_end(run), "", "{}");
    CHECK_FALSE(conclusion.told);
    REQUIRE(conclusion.error);
    CHECK(conclusion.error->code() == "ledger_unreachable");
    CHECK(conclusion.not_kept);
}
