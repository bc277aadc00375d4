#include "lib/terminal/log_lines.hpp"

#include "lib/base/text.hpp"

#include <algorithm>
#include <utility>

namespace loomrel::terminal {

namespace {

// A program may print without ever ending its line.
constexpr std::size_t k_longest_line = 1 << 20;

} // namespace

LogLines::LogLines(const Redactor& redactor, Sink sink)
    : m_sink(std::move(sink)),
      m_redactor(redactor),
      m_secrets(m_redactor) {}

void LogLines::feed(std::string_view bytes) {
    m_raw += bytes;
    std::size_t end = m_raw.rfind('\n') + 1;
    if (end == 0 && m_raw.size() > k_longest_line) {
        end = m_raw.size();
    }
    if (end > 0) {
        m_line += m_secrets.feed(harmless(std::string_view(m_raw).substr(0, end)));
        m_raw.erase(0, end);
        pass_on();
    }
}

// A secret that holds what is taken out is known only before that.
std::string LogLines::harmless(std::string_view raw) const {
    return sanitize(m_redactor.redact(raw));
}

void LogLines::pass_on() {
    const std::size_t end = m_line.rfind('\n') + 1;
    if (end > 0) {
        m_sink(std::string_view(m_line).substr(0, end));
        m_line.erase(0, end);
    }
}

void LogLines::finish() {
    m_line += m_secrets.feed(harmless(m_raw)) + m_secrets.flush();
    m_raw.clear();
    pass_on();
    if (!m_line.empty()) {
        m_sink(m_line + "\n");
        m_line.clear();
    }
}

std::string with_prefix(std::string_view whole_lines, const std::string& prefix) {
    if (prefix.empty()) {
        return std::string(whole_lines);
    }
    std::string text;
    while (!whole_lines.empty()) {
        const std::size_t end = std::min(whole_lines.find('\n'), whole_lines.size() - 1) + 1;
        text += prefix;
        text += whole_lines.substr(0, end);
        whole_lines.remove_prefix(end);
    }
    return text;
}

} // namespace loomrel::terminal
