#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace loomrel {

// Wall-clock instants, to the microsecond, as the ledger keeps them.
using Time = std::chrono::sys_time<std::chrono::microseconds>;
using Milliseconds = std::chrono::milliseconds;

// Time comes in as an argument wherever it decides something, so that tests own it.
using WallClock = std::function<Time()>;

[[nodiscard]] Time now();

// RFC 3339 in UTC with "Z", to the millisecond: "2024-03-15T14:30:00.000Z".
[[nodiscard]] std::string to_rfc3339(Time time);
// The same, to the microsecond: nothing of a Time is lost.
[[nodiscard]] std::string to_rfc3339_micro(Time time);

// "2024-03-15 14:30:00.123456+00", as both databases give an instant, and RFC 3339. UTC where no
// offset is given. nullopt for anything else ("infinity").
[[nodiscard]] std::optional<Time> parse_instant(const std::optional<std::string>& text);

// "15.03.2024 14:30", the spec's form for people, in an IANA zone ("Europe/Moscow"; "" = UTC).
[[nodiscard]] std::string to_local_minute(Time time, const std::string& zone);

// True if the system's zone database holds `zone`.
[[nodiscard]] bool is_known_zone(const std::string& zone);

// False where there is no such database at all: a bare container, a router.
[[nodiscard]] bool has_zones();

// Where an instant comes from a monotonic clock: deadlines and durations.
using Deadline = std::chrono::steady_clock::time_point;

[[nodiscard]] inline Deadline deadline_in(Milliseconds wait) {
    return std::chrono::steady_clock::now() + wait;
}

// Never negative.
[[nodiscard]] inline Milliseconds left_until(Deadline deadline) {
    auto left = std::chrono::ceil<Milliseconds>(deadline - std::chrono::steady_clock::now());
    return left.count() > 0 ? left : Milliseconds{0};
}

} // namespace loomrel
