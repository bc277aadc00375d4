#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace loomrel::test {

// As much of a terminal as the live view uses: text with wrapping at the right border, wide
// characters, scrolling, and the escape sequences of frames. Anything else throws.
class FakeTerminal {
public:
    FakeTerminal(std::size_t columns, std::size_t rows);

    void write(std::string_view bytes);

    // As a terminal does that wraps what no longer fits, and joins what fits again.
    void resize(std::size_t columns, std::size_t rows);

    // Everything from the first line on, scrolled out or not, without blanks at line ends.
    [[nodiscard]] std::string text() const;

    [[nodiscard]] bool cursor_visible() const { return m_cursor_visible; }

    [[nodiscard]] std::size_t writes() const { return m_writes; }

private:
    struct Row {
        std::vector<std::string> cells; // "" = the second half of a wide character
        bool wrapped = false;           // the next row goes on with the same line
    };

    void put(std::string_view character, std::size_t width);
    void line_feed();
    std::size_t escape(std::string_view bytes);
    [[nodiscard]] std::size_t top() const;

    std::size_t m_columns;
    std::size_t m_rows_shown;
    std::vector<Row> m_rows{Row{}};
    std::size_t m_row = 0;
    std::size_t m_column = 0;
    bool m_cursor_visible = true;
    std::size_t m_writes = 0;
};

} // namespace loomrel::test
