#pragma once

#include "lib/base/clock.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace loomrel::deploy {

// One line of the run's journal: "build 12345 start" is {12345 cs, "start", "build"}.
struct Record {
    std::int64_t uptime_cs = 0; // hundredths of a second since the host's boot
    std::string kind;
    std::string rest;
};

// Takes the stream of a run apart: what commands print, and the journal's records, which begin with
// 0x1e and the run's nonce, wherever in a line they stand. Pieces may be cut anywhere.
class JournalReader {
public:
    using OnRecord = std::function<void(const Record&)>;
    using OnOutput = std::function<void(std::string_view)>;

    JournalReader(std::string nonce, OnRecord on_record, OnOutput on_output);

    void feed(std::string_view bytes);
    // The stream is over: what was held back is output.
    void finish();

private:
    // Bytes at the end of m_held that may yet become a record; the rest is handed out.
    void take_apart();
    bool take_record(std::size_t at);

    std::string m_mark;
    std::string m_held;
    OnRecord m_on_record;
    OnOutput m_on_output;
};

// Control lines on standard error: "\036<S> word rest". Everything else there is the host's noise.
class ControlReader {
public:
    using OnLine = std::function<void(std::string_view word, std::string_view rest)>;

    ControlReader(std::string nonce, OnLine on_line);

    void feed(std::string_view bytes);

    // The last of what was not control: shells that fail say why there.
    [[nodiscard]] const std::string& noise() const { return m_noise; }

private:
    std::string m_mark;
    std::string m_line;
    std::string m_noise;
    OnLine m_on_line;
};

// Skips a host's noise (MOTD, .bashrc) up to the line that marks the log's begin.
class BeginMark {
public:
    explicit BeginMark(const std::string& nonce)
        : m_mark("\036" + nonce + " begin\n") {}

    // What of `bytes` belongs to the log.
    [[nodiscard]] std::string_view skip(std::string_view bytes);

private:
    std::string m_mark;
    std::string m_held;
    std::string m_rest;
    bool m_found = false;
};

} // namespace loomrel::deploy
