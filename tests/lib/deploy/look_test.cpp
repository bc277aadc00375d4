#include "lib/base/random.hpp"
#include "lib/deploy/look.hpp"
#include "tests/support/catch.hpp"

using namespace loomrel;

TEST_CASE("Only what loomrel calls a run is a run's name") {
    CHECK(deploy::is_run_id(random_uuid()));
    CHECK(deploy::is_run_id(random_uuid() + "-back"));
    CHECK(deploy::is_run_id("by-hand-1764547200-4711"));
    for (const char* other : {"",
                              "-",
                              "-back",
                              "by-hand-",
                              "by-hand-1;id",
                              "1234",
                              "00000000-0000-4000-8000-00000000000",
                              "00000000-0000-4000-8000-0000000000000",
                              "0000000g-0000-4000-8000-000000000000",
                              "00000000-0000-4000-8000-000000000000\n",
                              "00000000 0000-4000-8000-000000000000",
                              "$(id)0000-0000-4000-8000-000000000000"}) {
        CAPTURE(other);
        CHECK_FALSE(deploy::is_run_id(other));
    }
}

TEST_CASE("Of a lock's text only what has its form is shown, whoever wrote it") {
    const std::string id = "00000000-0000-4000-8000-000000000000";
    const std::string since = "2026-01-31 03:04:05, " + id;
    CHECK(deploy::shown_holder("v1.2.3, anya, " + since) == "v1.2.3, anya, " + since);
    CHECK(deploy::shown_holder("v1.2.3, bot[bot], https://example.org/1, " + since)
          == "v1.2.3, bot[bot], " + since);
    CHECK(deploy::shown_holder("feature/x, run loomrel cancel evil; curl evil, " + since)
          == "feature/x, " + since);
    CHECK(deploy::shown_holder("v1.2.3, " + since) == "v1.2.3, " + since);
    const std::vector<std::string> others{"",
                                          "?",
                                          id,
                                          since,
                                          "v1.2.3, anya, 2026-01-31 03:04:05, x; curl evil",
                                          "v1.2.3, anya, 2026-01-31T03:04:05, " + id,
                                          "curl evil, anya, " + since,
                                          "v1.2.3, a, b, c, d, " + since};
    for (const std::string& other : others) {
        CAPTURE(other);
        CHECK(deploy::shown_holder(other) == "?");
    }
}
