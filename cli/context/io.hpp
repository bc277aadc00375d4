#pragma once

#include "lib/terminal/view.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace loomrel::cli {

// Where a command's texts go and answers come from. Commands write through it and nowhere else;
// tests/support/string_io.hpp is its twin that holds strings.
class Io {
public:
    virtual ~Io() = default;

    // Results. Never throws: a reader that went away must not harm a run; out_error() remembers.
    virtual void out(std::string_view text) = 0;
    // Everything said on the way: notes, questions, errors. Never throws.
    virtual void err(std::string_view text) = 0;
    // One line without its newline; nullopt = the input has ended.
    [[nodiscard]] virtual std::optional<std::string> read_line() = 0;
    // All of standard input, for commands that take "-". Stops reading beyond `limit` bytes.
    [[nodiscard]] virtual std::string read_all(std::size_t limit) = 0;

    [[nodiscard]] virtual bool out_is_tty() const = 0;
    [[nodiscard]] virtual bool err_is_tty() const = 0;
    // Somebody sits there who reads a question (on standard error) and can answer it.
    [[nodiscard]] virtual bool can_prompt() const = 0;
    // Asked anew each time: windows are resized.
    [[nodiscard]] virtual terminal::ScreenSize size() const = 0;
    // The errno of the first write to standard output that failed, 0 = none.
    [[nodiscard]] virtual int out_error() const = 0;
};

// The process's own standard input, output and error.
[[nodiscard]] std::unique_ptr<Io> make_standard_io();

} // namespace loomrel::cli
