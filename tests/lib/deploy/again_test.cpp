#include "lib/deploy/again.hpp"
#include "tests/support/catch.hpp"

using namespace loomrel;
using deploy::Decision;
using release::Status;

namespace {

store::Run ended(store::RunOutcome outcome, const std::string& github, int attempt) {
    store::Run run;
    run.id = "run";
    run.github_run_id = github;
    run.github_run_attempt = attempt;
    run.ended_at = Time{};
    run.outcome = outcome;
    return run;
}

store::Run open_run() {
    store::Run run;
    run.id = "open";
    return run;
}

release::Release with(Status status, const std::string& commit) {
    release::Release release;
    release.id = 7;
    release.status = to_string(status);
    if (!commit.empty()) {
        release.commit_sha = commit;
    }
    return release;
}

} // namespace

TEST_CASE("an open run is attached to, whoever asks") {
    const auto failed = ended(store::RunOutcome::failed, "1", 1);
    CHECK(deploy::decide({open_run()}, {"1", 1}).what == Decision::What::attach);
    CHECK(deploy::decide({open_run(), failed}, {"1", 2}).what == Decision::What::attach);
    CHECK(deploy::decide({failed, open_run()}, {}).run->id == "open");
}

TEST_CASE("what ended well is reported, whoever asks") {
    const auto good = ended(store::RunOutcome::good, "1", 1);
    CHECK(deploy::decide({good}, {"1", 1}).what == Decision::What::report);
    CHECK(deploy::decide({good}, {"1", 2}).what == Decision::What::report);
    CHECK(deploy::decide({good}, {}).what == Decision::What::report);
}

TEST_CASE("what failed is reported to the same attempt, and done again for a higher one") {
    const auto failed = ended(store::RunOutcome::failed, "1", 1);
    CHECK(deploy::decide({failed}, {"1", 1}).what == Decision::What::report);
    CHECK(deploy::decide({failed}, {"1", 2}).what == Decision::What::start);
    CHECK(deploy::decide({failed}, {"2", 1}).what == Decision::What::start);
    CHECK(deploy::decide({failed}, {}).what == Decision::What::start);
    CHECK(deploy::decide({}, {"1", 1}).what == Decision::What::start);
}

TEST_CASE("a person continues the newest release whose way to stage is not over") {
    const Status status =
        GENERATE(Status::initiated, Status::building, Status::stage_deploy, Status::staging_failed);
    CHECK(deploy::to_continue({with(status, "")}, "").has_value());
    CHECK(deploy::to_continue({with(status, "aa")}, "aa").has_value());
    CHECK(deploy::to_continue({with(status, "aa")}, "").has_value());
    CHECK_FALSE(deploy::to_continue({with(status, "aa")}, "bb").has_value());
}

TEST_CASE("a release that went on is not continued") {
    const Status status = GENERATE(Status::manual_testing,
                                   Status::manual_test_passed,
                                   Status::manual_test_failed,
                                   Status::deploying,
                                   Status::deployed,
                                   Status::production_failed,
                                   Status::rollback,
                                   Status::rollback_done,
                                   Status::rollback_failed);
    CHECK_FALSE(deploy::to_continue({with(status, "aa"), with(Status::staging_failed, "aa")}, "aa")
                    .has_value());
}
