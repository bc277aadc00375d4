#include "lib/terminal/output_lines.hpp"

#include "lib/base/text.hpp"

namespace loomrel::terminal {

OutputLines::OutputLines(const Redactor* redactor, Sink sink)
    : m_redactor(redactor),
      m_sink(std::move(sink)) {
    if (redactor != nullptr) {
        m_redact.emplace(*redactor);
    }
}

void OutputLines::feed(std::string_view bytes) {
    if (m_redact) {
        take(m_redact->feed(bytes));
    } else {
        take(bytes);
    }
}

void OutputLines::flush() {
    if (m_redact) {
        take(m_redact->flush());
    }
    if (!m_line.empty()) {
        end_line();
    }
    m_returned = false;
}

void OutputLines::take(std::string_view text) {
    while (!text.empty()) {
        if (m_returned) {
            m_returned = false;
            if (text.front() != '\n') {
                m_sink.progress(shown());
                m_line.clear();
                m_cut = false;
            }
        }
        const std::size_t end = text.find_first_of("\r\n");
        add(text.substr(0, end));
        if (end == std::string_view::npos) {
            return;
        }
        if (text[end] == '\n') {
            end_line();
        } else {
            m_returned = true;
        }
        text.remove_prefix(end + 1);
    }
}

void OutputLines::add(std::string_view text) {
    const std::size_t room = k_line_bytes - m_line.size();
    m_cut = m_cut || text.size() > room;
    m_line += text.substr(0, room);
}

void OutputLines::end_line() {
    std::string line = shown();
    m_line.clear();
    m_cut = false;
    m_sink.line(line);
    m_tail.lines.push_back(std::move(line));
    if (m_tail.lines.size() > k_tail_lines) {
        m_tail.lines.pop_front();
        ++m_tail.left_out;
    }
}

std::string OutputLines::shown() const {
    // A character cut in two at the limit is not a fault of the output: it goes with the rest.
    std::string_view whole = m_line;
    if (m_cut) {
        whole = cut_bytes(m_line, k_line_bytes - 4);
    }
    std::string clean = sanitize(whole);
    if (m_redactor != nullptr && clean != whole) {
        // Control characters inside a secret hid it from the first look.
        clean = m_redactor->redact(clean);
    }
    return m_cut ? clean + "…" : clean;
}

} // namespace loomrel::terminal
