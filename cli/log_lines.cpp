#include "cli/log_lines.hpp"

#include "lib/base/text.hpp"

#include <algorithm>
#include <utility>

namespace loomrel::cli {

LogLines::LogLines(Services& services, Sink sink)
    : m_sink(std::move(sink)),
      m_secrets(services.redactor()) {}

void LogLines::feed(std::string_view bytes) {
    m_line += m_secrets.feed(bytes);
    const std::size_t end = m_line.rfind('\n');
    if (end != std::string::npos) {
        m_sink(sanitize(std::string_view(m_line).substr(0, end + 1)));
        m_line.erase(0, end + 1);
    }
}

void LogLines::finish() {
    m_line += m_secrets.flush();
    if (!m_line.empty()) {
        m_sink(sanitize(m_line) + "\n");
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

} // namespace loomrel::cli
