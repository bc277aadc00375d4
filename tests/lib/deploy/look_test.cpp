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
