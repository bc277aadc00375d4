#include "lib/base/clock.hpp"

#include "lib/base/file.hpp"
#include "lib/base/zone.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <system_error>

namespace loomrel {

namespace {

// "Z", "+03", "+03:00" or "+0300", ahead of UTC; "" = UTC.
std::optional<std::chrono::minutes> offset_of(std::string_view text) {
    if (text.empty() || text == "Z" || text == "z") {
        return std::chrono::minutes(0);
    }
    std::string digits(text.substr(1));
    if (digits.size() == 5 && digits[2] == ':') {
        digits.erase(2, 1);
    }
    if ((text.front() != '+' && text.front() != '-') || (digits.size() != 2 && digits.size() != 4)
        || digits.find_first_not_of("0123456789") != std::string::npos) {
        return std::nullopt;
    }
    const int hours = (digits[0] - '0') * 10 + digits[1] - '0';
    const int minutes = digits.size() == 2 ? 0 : (digits[2] - '0') * 10 + digits[3] - '0';
    if (hours > 23 || minutes > 59) {
        return std::nullopt;
    }
    const std::chrono::minutes offset(hours * 60 + minutes);
    return text.front() == '-' ? -offset : offset;
}

// Letters, digits, "_", "+", "-" and single slashes: nothing that leads out of the folder.
bool is_zone_name(const std::string& name) {
    if (name.empty() || name.size() > 64 || name.front() == '/' || name.back() == '/') {
        return false;
    }
    char before = '/';
    for (const char letter : name) {
        const bool plain = (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z')
                           || (letter >= '0' && letter <= '9') || letter == '_' || letter == '+'
                           || letter == '-';
        if (!plain && (letter != '/' || before == '/')) {
            return false;
        }
        before = letter;
    }
    return true;
}

std::shared_ptr<const Zone> load_zone(const std::string& name) {
    if (!is_zone_name(name)) {
        return nullptr;
    }
    try {
        const auto file = read_file(std::filesystem::path("/usr/share/zoneinfo") / name);
        return file ? std::make_shared<const Zone>(*file) : nullptr;
    } catch (const std::system_error&) { // a folder such as "Europe"
        return nullptr;
    } catch (const std::invalid_argument&) {
        return nullptr;
    }
}

// Lists show many dates: a zone's file is read once. It never changes under a running program in a
// way that matters here.
std::shared_ptr<const Zone> find_zone(const std::string& name) {
    static std::mutex guard;
    static std::map<std::string, std::shared_ptr<const Zone>> read;
    const std::lock_guard lock(guard);
    const auto known = read.find(name);
    if (known != read.end()) {
        return known->second;
    }
    auto zone = load_zone(name);
    if (zone) {
        read.emplace(name, zone);
    }
    return zone;
}

template <typename Unit> std::string in_rfc3339(Time time) {
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(std::chrono::floor<Unit>(time - day));
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:0{}}Z",
                       static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()),
                       static_cast<unsigned>(date.day()),
                       clock.hours().count(),
                       clock.minutes().count(),
                       clock.seconds().count(),
                       clock.subseconds().count(),
                       clock.fractional_width);
}

} // namespace

Time now() {
    return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
}

std::string to_rfc3339(Time time) {
    return in_rfc3339<Milliseconds>(time);
}

std::string to_rfc3339_micro(Time time) {
    return in_rfc3339<std::chrono::microseconds>(time);
}

std::optional<Time> parse_instant(const std::optional<std::string>& text) {
    if (!text) {
        return std::nullopt;
    }
    int year = 0;
    unsigned month = 0;
    unsigned day = 0;
    unsigned hour = 0;
    unsigned minute = 0;
    unsigned second = 0;
    int read = 0;
    if (std::sscanf(text->c_str(),
                    "%5d-%2u-%2u%*1[ Tt]%2u:%2u:%2u%n",
                    &year,
                    &month,
                    &day,
                    &hour,
                    &minute,
                    &second,
                    &read)
        != 6) {
        return std::nullopt;
    }
    const std::chrono::year_month_day date{
        std::chrono::year(year), std::chrono::month(month), std::chrono::day(day)};
    // A leap second is the first of the next minute.
    if (!date.ok() || hour > 23 || minute > 59 || second > 60) {
        return std::nullopt;
    }
    Time time = std::chrono::sys_days(date) + std::chrono::hours(hour)
                + std::chrono::minutes(minute) + std::chrono::seconds(second);
    std::string_view rest = std::string_view(*text).substr(static_cast<std::size_t>(read));
    if (rest.starts_with('.')) {
        std::int64_t unit = 100000;
        rest.remove_prefix(1);
        for (; !rest.empty() && rest[0] >= '0' && rest[0] <= '9'; rest.remove_prefix(1)) {
            time += std::chrono::microseconds((rest[0] - '0') * unit);
            unit /= 10;
        }
    }
    const auto offset = offset_of(rest);
    return offset ? std::optional(time - *offset) : std::nullopt;
}

std::string to_local_minute(Time time, const std::string& zone) {
    auto local = std::chrono::floor<std::chrono::seconds>(time);
    if (const auto known = find_zone(zone)) {
        local += std::chrono::seconds(known->offset_at(local.time_since_epoch().count()));
    }
    const auto day = std::chrono::floor<std::chrono::days>(local);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(local - day);
    return fmt::format("{:02}.{:02}.{:04} {:02}:{:02}",
                       static_cast<unsigned>(date.day()),
                       static_cast<unsigned>(date.month()),
                       static_cast<int>(date.year()),
                       clock.hours().count(),
                       clock.minutes().count());
}

bool is_known_zone(const std::string& zone) {
    return find_zone(zone) != nullptr;
}

bool has_zones() {
    return is_known_zone("Etc/UTC") || is_known_zone("UTC");
}

} // namespace loomrel
