#pragma once

#include "lib/base/secret.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace loomrel::terminal {

// A log is foreign text: what a terminal would obey is taken out, then secrets are masked (what
// stood between a secret's characters is gone by then), and lines go on whole. One host's stream,
// one thread.
class LogLines {
public:
    using Sink = std::function<void(std::string_view whole_lines)>;

    // `redactor` outlives this.
    LogLines(const Redactor& redactor, Sink sink);

    void feed(std::string_view bytes);
    void finish();

private:
    Sink m_sink;
    [[nodiscard]] std::string harmless(std::string_view raw) const;
    void pass_on();

    const Redactor& m_redactor;
    Redactor::Stream m_secrets;
    std::string m_raw;  // the beginning of a line, as it came
    std::string m_line; // the same, harmless and without secrets
};

// Every line behind `prefix`: where the lines of several hosts come together.
[[nodiscard]] std::string with_prefix(std::string_view whole_lines, const std::string& prefix);

} // namespace loomrel::terminal
