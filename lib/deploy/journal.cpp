#include "lib/deploy/journal.hpp"

#include "lib/base/text.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace loomrel::deploy {

namespace {

// A record longer than this is nobody's: sentences and paths are shorter.
constexpr std::size_t k_longest_record = 8192;
constexpr std::size_t k_noise_kept = 2048;

// Splits "word rest" at the first blank.
std::pair<std::string_view, std::string_view> first_word(std::string_view text) {
    const std::size_t blank = text.find(' ');
    if (blank == std::string_view::npos) {
        return {text, {}};
    }
    return {text.substr(0, blank), text.substr(blank + 1)};
}

std::optional<Record> parse_record(std::string_view line) {
    const auto [time, after_time] = first_word(line);
    const auto uptime = parse_integer(time);
    const auto [kind, rest] = first_word(after_time);
    if (!uptime || kind.empty()) {
        return std::nullopt;
    }
    return Record{*uptime, std::string(kind), std::string(rest)};
}

} // namespace

JournalReader::JournalReader(std::string nonce, OnRecord on_record, OnOutput on_output)
    : m_mark("\036" + std::move(nonce) + " "),
      m_on_record(std::move(on_record)),
      m_on_output(std::move(on_output)) {}

void JournalReader::feed(std::string_view bytes) {
    m_held += bytes;
    take_apart();
}

void JournalReader::finish() {
    if (!m_held.empty()) {
        m_on_output(m_held);
        m_held.clear();
    }
}

void JournalReader::take_apart() {
    std::size_t from = 0;
    while (true) {
        const std::size_t at = m_held.find('\036', from);
        if (at == std::string::npos) {
            finish();
            return;
        }
        const std::string_view seen = std::string_view(m_held).substr(at, m_mark.size());
        if (seen != std::string_view(m_mark).substr(0, seen.size())) {
            from = at + 1;
            continue;
        }
        if (at > 0) {
            m_on_output(std::string_view(m_held).substr(0, at));
            m_held.erase(0, at);
        }
        from = 0;
        const std::size_t end = m_held.find('\n');
        if (end == std::string::npos && m_held.size() <= k_longest_record) {
            return;
        }
        if (!take_record(end)) {
            from = 1;
        }
    }
}

bool JournalReader::take_record(std::size_t end) {
    if (end == std::string::npos || end > k_longest_record) {
        return false;
    }
    const auto record =
        parse_record(std::string_view(m_held).substr(m_mark.size(), end - m_mark.size()));
    if (!record) {
        return false;
    }
    m_held.erase(0, end + 1);
    m_on_record(*record);
    return true;
}

ControlReader::ControlReader(std::string nonce, OnLine on_line)
    : m_mark("\036" + std::move(nonce) + " "),
      m_on_line(std::move(on_line)) {}

void ControlReader::feed(std::string_view bytes) {
    while (!bytes.empty()) {
        const std::size_t end = bytes.find('\n');
        m_line += bytes.substr(0, end);
        if (m_line.size() > k_longest_record) {
            m_line.erase(0, m_line.size() - k_longest_record);
        }
        if (end == std::string_view::npos) {
            return;
        }
        bytes.remove_prefix(end + 1);
        const std::size_t at = m_line.find(m_mark);
        m_noise += m_line.substr(0, at);
        if (at != std::string::npos) {
            const std::string line = m_line.substr(at + m_mark.size());
            m_line.clear();
            const auto [word, rest] = first_word(line);
            m_on_line(word, rest);
        } else {
            m_noise += '\n';
            m_line.clear();
        }
        if (m_noise.size() > k_noise_kept) {
            m_noise.erase(0, m_noise.size() - k_noise_kept);
        }
    }
}

std::string_view BeginMark::skip(std::string_view bytes) {
    if (m_found) {
        return bytes;
    }
    m_held += bytes;
    const std::size_t at = m_held.find(m_mark);
    if (at == std::string::npos) {
        if (m_held.size() > m_mark.size()) {
            m_held.erase(0, m_held.size() - m_mark.size());
        }
        return {};
    }
    m_found = true;
    m_rest = m_held.substr(at + m_mark.size());
    m_held.clear();
    return m_rest;
}

} // namespace loomrel::deploy
