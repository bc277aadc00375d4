#include "lib/deploy/end_status.hpp"
#include "tests/support/catch.hpp"

#include <string>

using namespace loomrel::deploy;

namespace {

const std::string k_id = "6b0a0f1e-0000-4000-8000-000000000001";
const std::string k_good = k_id + " 0 good keep - v1.2.3 yes - whole .";

} // namespace

TEST_CASE("a whole status tells how the run ended") {
    const auto status = parse_end_status(k_good + std::string(400, ' '), k_id);
    REQUIRE(status);
    CHECK(status->good());
    CHECK(status->step == "keep");
    CHECK(status->serves == "v1.2.3");
    CHECK(status->switched);
}

TEST_CASE("a failed run says where and what serves") {
    const auto status =
        parse_end_status(k_id + " 1 failed health health_failed v1.2.2 yes yes cut .", k_id);
    REQUIRE(status);
    CHECK_FALSE(status->good());
    CHECK(status->reason == "health_failed");
    CHECK(status->restored == "yes");
    CHECK(status->log == "cut");
}

TEST_CASE("a status cut anywhere is never a success") {
    for (std::size_t length = 0; length < k_good.size(); ++length) {
        CHECK_FALSE(parse_end_status(k_good.substr(0, length), k_id));
    }
}

TEST_CASE("garbage is unknown, never a success") {
    const std::string text = GENERATE(
        as<std::string>(),
        "",
        "ok",
        "0",
        "other-run 0 good keep - v1 yes - whole .",
        "6b0a0f1e-0000-4000-8000-000000000001 00 good keep - v yes - whole . x",
        "6b0a0f1e-0000-4000-8000-000000000001 -0 good keep - v yes - whole",
        "6b0a0f1e-0000-4000-8000-000000000001 99999999999999999999 good keep - v yes - whole .",
        "6b0a0f1e-0000-4000-8000-000000000001 0 failed keep - v yes - whole .",
        "6b0a0f1e-0000-4000-8000-000000000001 1 good keep - v yes - whole .",
        "6b0a0f1e-0000-4000-8000-000000000001 0 good keep - v maybe - whole .",
        "6b0a0f1e-0000-4000-8000-000000000001 0 good keep - v yes perhaps whole .",
        "6b0a0f1e-0000-4000-8000-000000000001 7 good keep - v yes - whole .");
    CHECK_FALSE(parse_end_status(text, k_id));
}

TEST_CASE("a status that is too large or not text is unknown") {
    CHECK_FALSE(parse_end_status(k_good + std::string(2000, ' '), k_id));
    CHECK_FALSE(parse_end_status(k_good + "\xff", k_id));
}
