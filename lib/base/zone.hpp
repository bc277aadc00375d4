#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace loomrel {

// One zone of the system's database (RFC 8536). Read here because g++ 12 has no <chrono> zones and
// the C library knows only TZ: setting that for the whole process while another thread reads the
// environment (libcurl, libpq, getaddrinfo do) is undefined.
class Zone {
public:
    // Throws std::invalid_argument if `tzif` is not such a file.
    explicit Zone(std::string_view tzif);

    // Seconds to add to UTC at an instant (seconds since 1970).
    [[nodiscard]] std::int64_t offset_at(std::int64_t utc) const;

private:
    // "the second Sunday of March at 2:00", as POSIX writes it at the end of the file.
    struct Rule {
        enum class Kind { month_week_day, julian, zero_based } kind = Kind::month_week_day;
        int month = 0;
        int week = 0;
        int day = 0;
        std::int64_t time = 7200;
    };

    struct Footer {
        bool present = false;
        std::int64_t standard = 0;
        bool has_summer = false;
        std::int64_t summer = 0;
        Rule begins;
        Rule ends;
    };

    [[nodiscard]] static Footer parse_footer(std::string_view text);
    [[nodiscard]] static Rule parse_rule(std::string_view& text);
    [[nodiscard]] static std::int64_t instant_of(const Rule& rule, int year);
    [[nodiscard]] std::int64_t footer_offset(std::int64_t utc) const;

    std::vector<std::int64_t> m_transitions;
    std::vector<std::int64_t> m_offsets; // from the transition of the same index on
    std::int64_t m_first_offset = 0;
    Footer m_footer;
};

} // namespace loomrel
