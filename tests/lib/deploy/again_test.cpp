#include "lib/deploy/again.hpp"
#include "tests/support/catch.hpp"

using namespace loomrel;
using deploy::Decision;

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
