#include "lib/base/zone.hpp"

#include <algorithm>
#include <chrono>
#include <stdexcept>

namespace loomrel {

namespace {

constexpr std::int64_t k_day = 86400;

[[noreturn]] void broken() {
    throw std::invalid_argument("not a time zone file");
}

class Reader {
public:
    explicit Reader(std::string_view bytes)
        : m_bytes(bytes) {}

    std::string_view take(std::size_t count) {
        if (count > m_bytes.size()) {
            broken();
        }
        const std::string_view taken = m_bytes.substr(0, count);
        m_bytes.remove_prefix(count);
        return taken;
    }

    std::int64_t number(std::size_t size) {
        std::uint64_t value = 0;
        for (const char byte : take(size)) {
            value = (value << 8U) | static_cast<unsigned char>(byte);
        }
        const unsigned unused = static_cast<unsigned>(8 * (8 - size));
        return static_cast<std::int64_t>(value << unused) >> unused;
    }

    [[nodiscard]] std::string_view rest() const { return m_bytes; }

private:
    std::string_view m_bytes;
};

struct Header {
    std::size_t utc_flags = 0;
    std::size_t standard_flags = 0;
    std::size_t leaps = 0;
    std::size_t transitions = 0;
    std::size_t types = 0;
    std::size_t letters = 0;

    [[nodiscard]] std::size_t body(std::size_t time_size) const {
        return transitions * (time_size + 1) + types * 6 + letters + leaps * (time_size + 4)
               + standard_flags + utc_flags;
    }
};

Header read_header(Reader& reader) {
    constexpr std::size_t k_version_and_reserved = 16;
    if (reader.take(4) != "TZif") {
        broken();
    }
    (void)reader.take(k_version_and_reserved);
    const auto count = [&] {
        const std::int64_t value = reader.number(4);
        if (value < 0 || value > 65536) {
            broken();
        }
        return static_cast<std::size_t>(value);
    };
    Header header;
    header.utc_flags = count();
    header.standard_flags = count();
    header.leaps = count();
    header.transitions = count();
    header.types = count();
    header.letters = count();
    return header;
}

bool skip(std::string_view& text, char letter) {
    if (text.empty() || text.front() != letter) {
        return false;
    }
    text.remove_prefix(1);
    return true;
}

int read_number(std::string_view& text) {
    if (text.empty() || text.front() < '0' || text.front() > '9') {
        broken();
    }
    int value = 0;
    while (!text.empty() && text.front() >= '0' && text.front() <= '9' && value < 10000) {
        value = value * 10 + (text.front() - '0');
        text.remove_prefix(1);
    }
    return value;
}

// [+-]hh[:mm[:ss]]
std::int64_t read_time(std::string_view& text) {
    const bool negative = skip(text, '-');
    if (!negative) {
        (void)skip(text, '+');
    }
    std::int64_t seconds = read_number(text) * std::int64_t{3600};
    if (skip(text, ':')) {
        seconds += read_number(text) * 60;
        if (skip(text, ':')) {
            seconds += read_number(text);
        }
    }
    return negative ? -seconds : seconds;
}

void skip_name(std::string_view& text) {
    if (skip(text, '<')) {
        const std::size_t end = text.find('>');
        if (end == std::string_view::npos) {
            broken();
        }
        text.remove_prefix(end + 1);
        return;
    }
    while (!text.empty()
           && ((text.front() >= 'a' && text.front() <= 'z')
               || (text.front() >= 'A' && text.front() <= 'Z'))) {
        text.remove_prefix(1);
    }
}

} // namespace

Zone::Zone(std::string_view tzif) {
    Reader reader(tzif);
    Header header = read_header(reader);
    std::size_t time_size = 4;
    if (tzif.size() > 4 && tzif[4] >= '2') { // the same again behind it, with 64-bit times
        (void)reader.take(header.body(time_size));
        header = read_header(reader);
        time_size = 8;
    }
    for (std::size_t index = 0; index < header.transitions; ++index) {
        m_transitions.push_back(reader.number(time_size));
    }
    const std::string_view used = reader.take(header.transitions);
    std::vector<std::int64_t> offsets;
    for (std::size_t index = 0; index < header.types; ++index) {
        offsets.push_back(reader.number(4));
        (void)reader.take(2);
    }
    if (offsets.empty() || !std::is_sorted(m_transitions.begin(), m_transitions.end())) {
        broken();
    }
    for (const char type : used) {
        const auto index = static_cast<unsigned char>(type);
        if (index >= offsets.size()) {
            broken();
        }
        m_offsets.push_back(offsets[index]);
    }
    m_first_offset = offsets.front();
    (void)reader.take(header.letters + header.leaps * (time_size + 4) + header.standard_flags
                      + header.utc_flags);
    std::string_view footer = reader.rest();
    if (time_size == 8 && skip(footer, '\n')) {
        m_footer = parse_footer(footer.substr(0, footer.find('\n')));
    }
}

Zone::Footer Zone::parse_footer(std::string_view text) {
    Footer footer;
    if (text.empty()) {
        return footer;
    }
    footer.present = true;
    skip_name(text);
    footer.standard = -read_time(text); // POSIX counts westwards
    if (text.empty()) {
        return footer;
    }
    footer.has_summer = true;
    skip_name(text);
    footer.summer = footer.standard + 3600;
    if (!text.empty() && text.front() != ',') {
        footer.summer = -read_time(text);
    }
    footer.begins = parse_rule(text);
    footer.ends = parse_rule(text);
    return footer;
}

Zone::Rule Zone::parse_rule(std::string_view& text) {
    if (!skip(text, ',')) {
        broken();
    }
    Rule rule;
    if (skip(text, 'M')) {
        rule.month = read_number(text);
        if (!skip(text, '.')) {
            broken();
        }
        rule.week = read_number(text);
        if (!skip(text, '.')) {
            broken();
        }
        rule.day = read_number(text);
        if (rule.month < 1 || rule.month > 12 || rule.week < 1 || rule.week > 5 || rule.day > 6) {
            broken();
        }
    } else {
        rule.kind = skip(text, 'J') ? Rule::Kind::julian : Rule::Kind::zero_based;
        rule.day = read_number(text);
    }
    if (skip(text, '/')) {
        rule.time = read_time(text);
    }
    return rule;
}

// Seconds since 1970 by the zone's own clock, before its offset is taken off.
std::int64_t Zone::instant_of(const Rule& rule, int year) {
    namespace chrono = std::chrono;
    const chrono::year in{year};
    chrono::sys_days date;
    switch (rule.kind) {
    case Rule::Kind::month_week_day: {
        const auto month = in / chrono::month(static_cast<unsigned>(rule.month));
        const chrono::weekday day(static_cast<unsigned>(rule.day));
        date = rule.week == 5 ? chrono::sys_days(month / day[chrono::last])
                              : chrono::sys_days(month / day[static_cast<unsigned>(rule.week)]);
        break;
    }
    case Rule::Kind::julian: // 1 … 365, the 29th of February never counted
        date = chrono::sys_days(in / chrono::January / 1)
               + chrono::days(rule.day - 1 + (in.is_leap() && rule.day >= 60 ? 1 : 0));
        break;
    case Rule::Kind::zero_based:
        date = chrono::sys_days(in / chrono::January / 1) + chrono::days(rule.day);
        break;
    }
    return date.time_since_epoch().count() * k_day + rule.time;
}

std::int64_t Zone::footer_offset(std::int64_t utc) const {
    if (!m_footer.has_summer) {
        return m_footer.standard;
    }
    const std::chrono::sys_seconds local{std::chrono::seconds(utc + m_footer.standard)};
    const std::chrono::year_month_day date(std::chrono::floor<std::chrono::days>(local));
    const int year = static_cast<int>(date.year());
    const std::int64_t begins = instant_of(m_footer.begins, year) - m_footer.standard;
    const std::int64_t ends = instant_of(m_footer.ends, year) - m_footer.summer;
    // South of the equator summer spans the new year.
    const bool summer =
        begins < ends ? (utc >= begins && utc < ends) : (utc >= begins || utc < ends);
    return summer ? m_footer.summer : m_footer.standard;
}

std::int64_t Zone::offset_at(std::int64_t utc) const {
    const auto after = std::upper_bound(m_transitions.begin(), m_transitions.end(), utc);
    if (after == m_transitions.end() && m_footer.present) {
        return footer_offset(utc);
    }
    if (after == m_transitions.begin()) {
        return m_first_offset;
    }
    return m_offsets[static_cast<std::size_t>(after - m_transitions.begin()) - 1];
}

} // namespace loomrel
