#pragma once

#include "lib/base/secret.hpp"
#include "lib/terminal/view_renderer.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace loomrel::terminal {

// Makes harmless lines out of what commands print: any bytes, cut anywhere. Secrets are blanked
// before anything is cut, so that no part of one gets through. Keeps the last lines of the step
// and nothing else.
class OutputLines {
public:
    static constexpr std::size_t k_tail_lines = 20;
    static constexpr std::size_t k_line_bytes = 4096; // the rest of a longer line is left out

    struct Sink {
        std::function<void(const std::string&)> line;
        std::function<void(const std::string&)> progress;
    };

    // Without a redactor nothing is blanked.
    OutputLines(const Redactor* redactor, Sink sink);

    void feed(std::string_view bytes);
    // What has no newline yet is a line too.
    void flush();

    [[nodiscard]] const Tail& tail() const { return m_tail; }

    void clear_tail() { m_tail = {}; }

private:
    void take(std::string_view text);
    void add(std::string_view text);
    void end_line();
    [[nodiscard]] std::string shown() const;

    const Redactor* m_redactor;
    std::optional<Redactor::Stream> m_redact;
    Sink m_sink;
    std::string m_line;
    bool m_cut = false;
    bool m_returned = false; // the last byte was a carriage return
    Tail m_tail;
};

} // namespace loomrel::terminal
