#pragma once

#include "cli/context/io.hpp"

#include <deque>
#include <string>

namespace loomrel::test {

// An Io that holds strings. What is typed is given beforehand.
class StringIo : public cli::Io {
public:
    std::string out_text;
    std::string err_text;
    std::deque<std::string> typed;
    bool out_tty = false;
    bool err_tty = false;
    bool prompts = false;
    terminal::ScreenSize screen{80, 24};
    int broken_with = 0; // the errno of every write to standard output

    void out(std::string_view text) override {
        if (broken_with == 0) {
            out_text += text;
        } else {
            m_out_error = broken_with;
        }
    }

    void err(std::string_view text) override { err_text += text; }

    std::optional<std::string> read_line() override {
        if (typed.empty()) {
            return std::nullopt;
        }
        std::string line = typed.front();
        typed.pop_front();
        return line;
    }

    std::string read_all(std::size_t) override {
        std::string all;
        while (const auto line = read_line()) {
            all += *line + "\n";
        }
        return all;
    }

    [[nodiscard]] bool out_is_tty() const override { return out_tty; }

    [[nodiscard]] bool err_is_tty() const override { return err_tty; }

    [[nodiscard]] bool can_prompt() const override { return prompts; }

    [[nodiscard]] terminal::ScreenSize size() const override { return screen; }

    [[nodiscard]] int out_error() const override { return m_out_error; }

private:
    int m_out_error = 0;
};

} // namespace loomrel::test
