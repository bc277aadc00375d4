#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace loomrel::deploy {

// What records of a host are written in. A host's program says its own, and is told ours; one that
// says nothing is of a release that knew no versions: protocol 1. A new key needs no new protocol:
// who does not know it passes over it. What an older loomrel must not read as it reads the present
// form does.
//   1  the values of the keys of then, by position, as many as there were
//   2  key=value, in any order
inline constexpr int k_protocol = 2;

using HostRecord = std::map<std::string, std::string, std::less<>>;

// A record written in `protocol`; `keys` are those that it must have, in protocol 1's order.
// nullopt: it is none.
[[nodiscard]] std::optional<HostRecord>
read_record(std::string_view line, int protocol, std::initializer_list<std::string_view> keys);

// Seconds since 1970, by a host's clock; nullopt: no time of this side of the year 10000.
[[nodiscard]] std::optional<std::int64_t> seconds_of(std::string_view text);

// The first that a channel hears of its run.
struct Hello {
    std::string how; // started, running, ended; absent, unstarted: there is none to follow
    std::string nonce;
    std::uint64_t size = 0;            // of what it has printed by now
    std::optional<std::int64_t> up_cs; // hundredths of a second since the host's boot
    int protocol = 1;                  // of the run's program, which another loomrel may have left
};

[[nodiscard]] std::optional<Hello> read_hello(std::string_view line);

// What "protocol=" of such a record says; 1 where it says nothing, or nothing that is a version.
[[nodiscard]] int protocol_of(const HostRecord& record);

} // namespace loomrel::deploy
