#include "lib/base/clock.hpp"
#include "lib/base/file.hpp"
#include "lib/base/zone.hpp"
#include "tests/support/catch.hpp"

#include <cstdlib>
#include <ctime>
#include <stdexcept>
#include <thread>
#include <vector>

using namespace loomrel;

namespace {

Time at(std::int64_t seconds, std::int64_t microseconds = 0) {
    return Time(std::chrono::seconds(seconds) + std::chrono::microseconds(microseconds));
}

} // namespace

TEST_CASE("RFC 3339 has milliseconds and Z") {
    CHECK(to_rfc3339(at(1710513000)) == "2024-03-15T14:30:00.000Z");
    CHECK(to_rfc3339(at(1710513000, 7999)) == "2024-03-15T14:30:00.007Z");
    CHECK(to_rfc3339(at(0)) == "1970-01-01T00:00:00.000Z");
    CHECK(to_rfc3339(at(-1, 999000)) == "1969-12-31T23:59:59.999Z");
}

TEST_CASE("dates for people are in the wanted zone") {
    CHECK(to_local_minute(at(1710513000), "Europe/Moscow") == "15.03.2024 17:30");
    CHECK(to_local_minute(at(1710513000), "") == "15.03.2024 14:30");
    CHECK(to_local_minute(at(1710513000), "UTC") == "15.03.2024 14:30");
    CHECK(to_local_minute(at(1710513000), "Asia/Kolkata") == "15.03.2024 20:00");
    CHECK(to_local_minute(at(1710513000), "America/New_York") == "15.03.2024 10:30");
}

TEST_CASE("summer time begins and ends to the minute, past the table's end too") {
    // 2024-03-31 01:00 UTC in Berlin; 2090-03-26 01:00 UTC by the rule in the footer.
    CHECK(to_local_minute(at(1711846740), "Europe/Berlin") == "31.03.2024 01:59");
    CHECK(to_local_minute(at(1711846800), "Europe/Berlin") == "31.03.2024 03:00");
    CHECK(to_local_minute(at(3793654740), "Europe/Berlin") == "20.03.2090 01:59");
}

TEST_CASE("an unknown zone is shown in UTC and known as unknown") {
    CHECK(is_known_zone("Europe/Moscow"));
    CHECK(is_known_zone("Etc/GMT+3"));
    for (const char* bad : {"",
                            "Europe",
                            "Europe/",
                            "/etc/passwd",
                            "../../../etc/passwd",
                            "Europe/../UTC",
                            "Europe//Moscow",
                            "Moon/Base",
                            "tzdata.zi",
                            "zone.tab",
                            "Europe/Moscow ",
                            "leapseconds"}) {
        CAPTURE(bad);
        CHECK_FALSE(is_known_zone(bad));
        CHECK(to_local_minute(at(1710513000), bad) == "15.03.2024 14:30");
    }
}

TEST_CASE("zones agree with the C library over two centuries") {
    const char* old = std::getenv("TZ");
    const std::string saved = old != nullptr ? old : "";
    for (const std::string name : {"Europe/Moscow",
                                   "Europe/Berlin",
                                   "America/New_York",
                                   "Australia/Sydney",
                                   "Asia/Kolkata",
                                   "America/St_Johns",
                                   "Africa/Casablanca",
                                   "Pacific/Apia",
                                   "Europe/Dublin",
                                   "Asia/Tehran",
                                   "America/Sao_Paulo",
                                   "Antarctica/Troll",
                                   "Asia/Jerusalem",
                                   "America/Nuuk"}) {
        CAPTURE(name);
        const auto file = read_file("/usr/share/zoneinfo/" + name);
        REQUIRE(file);
        const Zone zone(*file);
        REQUIRE(setenv("TZ", name.c_str(), 1) == 0);
        tzset();
        int wrong = 0;
        for (std::int64_t utc = -2000000000; utc < 4200000000; utc += 6 * 3600 + 977) {
            const auto seconds = static_cast<std::time_t>(utc);
            std::tm broken_down{};
            localtime_r(&seconds, &broken_down);
            wrong += zone.offset_at(utc) != broken_down.tm_gmtoff ? 1 : 0;
        }
        CHECK(wrong == 0);
    }
    if (old != nullptr) {
        setenv("TZ", saved.c_str(), 1);
    } else {
        unsetenv("TZ");
    }
    tzset();
}

TEST_CASE("a broken zone file is refused, never believed") {
    const auto file = read_file("/usr/share/zoneinfo/Europe/Berlin");
    REQUIRE(file);
    CHECK_THROWS_AS(Zone(""), std::invalid_argument);
    CHECK_THROWS_AS(Zone("# a text"), std::invalid_argument);
    CHECK_THROWS_AS(Zone(file->substr(0, 100)), std::invalid_argument);
    CHECK_THROWS_AS(Zone(file->substr(0, file->size() / 2)), std::invalid_argument);
    for (std::size_t index = 0; index < file->size(); index += 3) {
        std::string damaged = *file;
        damaged[index] = static_cast<char>(damaged[index] ^ 0xFF);
        try {
            const Zone zone(damaged);
            (void)zone.offset_at(1710513000);
        } catch (const std::invalid_argument&) {
            SUCCEED("refused");
        }
    }
}

TEST_CASE("dates are made by many threads at once") {
    std::vector<std::thread> threads;
    std::vector<int> wrong(8, 0);
    for (std::size_t number = 0; number < wrong.size(); ++number) {
        threads.emplace_back([&wrong, number] {
            for (int round = 0; round < 500; ++round) {
                const bool moscow = number % 2 == 0;
                const std::string text =
                    to_local_minute(at(1710513000), moscow ? "Europe/Moscow" : "Asia/Kolkata");
                wrong[number] += text == (moscow ? "15.03.2024 17:30" : "15.03.2024 20:00") ? 0 : 1;
            }
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    CHECK(wrong == std::vector<int>(8, 0));
}

TEST_CASE("what is left until a deadline is never negative") {
    CHECK(left_until(deadline_in(Milliseconds(-5000))) == Milliseconds(0));
    CHECK(left_until(deadline_in(Milliseconds(60000))) > Milliseconds(50000));
}
