#include "lib/base/clock.hpp"
#include "tests/support/catch.hpp"

using namespace loomrel;

namespace {

std::string read(const std::string& text) {
    const auto time = parse_instant(text);
    return time ? to_rfc3339(*time) : "none";
}

} // namespace

TEST_CASE("an instant is read as both databases and RFC 3339 write it") {
    for (const std::string text : {"2024-03-15 14:30:00",
                                   "2024-03-15 14:30:00+00",
                                   "2024-03-15T14:30:00Z",
                                   "2024-03-15t14:30:00z",
                                   "2024-03-15T14:30:00.000Z",
                                   "2024-03-15T14:30:00-00:00",
                                   "2024-03-15T17:30:00+03:00",
                                   "2024-03-15 17:30:00+03",
                                   "2024-03-15T17:30:00+0300",
                                   "2024-03-15T20:00:00.000000+05:30",
                                   "2024-03-14T23:30:00-15:00"}) {
        CAPTURE(text);
        CHECK(read(text) == "2024-03-15T14:30:00.000Z");
    }
    CHECK(read("2024-12-31T23:59:60Z") == "2025-01-01T00:00:00.000Z");
    CHECK(*parse_instant("2024-03-15 14:30:00.123456+00")
          == *parse_instant("2024-03-15 14:30:00") + std::chrono::microseconds(123456));
}

TEST_CASE("what is no instant is not taken for one") {
    CHECK_FALSE(parse_instant(std::nullopt));
    for (const std::string text : {"",
                                   "infinity",
                                   "2024-03-15",
                                   "2024-03-15 14:30",
                                   "2024-02-30 14:30:00",
                                   "2024-03-15T24:00:00Z",
                                   "2024-03-15T14:60:00Z",
                                   "0044-03-15 12:00:00+00 BC",
                                   "2024-03-15T14:30:00+3",
                                   "2024-03-15T14:30:00+03:0",
                                   "2024-03-15T14:30:00+24:00",
                                   "2024-03-15T14:30:00+-100",
                                   "2024-03-15T14:30:00 Moscow"}) {
        CAPTURE(text);
        CHECK(read(text) == "none");
    }
}
