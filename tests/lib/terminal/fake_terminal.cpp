#include "tests/lib/terminal/fake_terminal.hpp"

#include "lib/base/text.hpp"
#include "lib/base/utf8.hpp"

#include <algorithm>
#include <stdexcept>

namespace loomrel::test {

FakeTerminal::FakeTerminal(std::size_t columns, std::size_t rows)
    : m_columns(columns),
      m_rows_shown(rows) {}

void FakeTerminal::write(std::string_view bytes) {
    ++m_writes;
    while (!bytes.empty()) {
        if (bytes.front() == '\x1b') {
            bytes.remove_prefix(escape(bytes));
            continue;
        }
        const utf8::Decoded next = utf8::decode(bytes);
        const std::string_view character = bytes.substr(0, next.bytes);
        bytes.remove_prefix(next.bytes);
        if (!next.valid) {
            throw std::runtime_error("not UTF-8 on the terminal");
        }
        if (character == "\n") {
            line_feed();
            m_column = 0; // as the terminal's driver makes of it
        } else if (character == "\r") {
            m_column = 0;
        } else if (next.code < 0x20) {
            throw std::runtime_error("a control character on the terminal");
        } else {
            put(character, display_width(character));
        }
    }
}

void FakeTerminal::put(std::string_view character, std::size_t width) {
    std::vector<std::string>& cells = m_rows[m_row].cells;
    if (width == 0) {
        // Belongs to the one before; the emoji form makes that one wide.
        if (m_column > 0 && m_column <= cells.size()) {
            cells[m_column - 1] += character;
            if (character == "\xef\xb8\x8f" && display_width(cells[m_column - 1]) == 2) {
                cells.resize(std::max(cells.size(), m_column + 1));
                cells[m_column] = "";
                ++m_column;
            }
        }
        return;
    }
    if (m_column + width > m_columns) {
        m_rows[m_row].wrapped = true;
        line_feed();
        m_column = 0;
    }
    std::vector<std::string>& row = m_rows[m_row].cells;
    row.resize(std::max(row.size(), m_column + width), " ");
    row[m_column] = character;
    if (width == 2) {
        row[m_column + 1] = "";
    }
    m_column += width;
}

void FakeTerminal::line_feed() {
    ++m_row;
    if (m_row == m_rows.size()) {
        m_rows.emplace_back();
    }
}

std::size_t FakeTerminal::escape(std::string_view bytes) {
    const std::size_t end = bytes.find_first_of("ABCDEFGHJKSTfmhl", 2);
    if (bytes.substr(0, 2) != "\x1b[" || end == std::string_view::npos) {
        throw std::runtime_error("an unknown escape sequence");
    }
    const std::string_view parameters = bytes.substr(2, end - 2);
    switch (bytes[end]) {
    case 'A': {
        const auto up = static_cast<std::size_t>(parse_integer(parameters).value());
        m_row = std::max(top(), m_row - std::min(m_row, up));
        break;
    }
    case 'K':
        // At the right border the cursor stands on the last letter, which goes too.
        m_rows[m_row].cells.resize(std::min({m_column, m_columns - 1, m_rows[m_row].cells.size()}));
        m_rows[m_row].wrapped = false;
        break;
    case 'J':
        m_rows[m_row].cells.resize(std::min(m_column, m_rows[m_row].cells.size()));
        m_rows[m_row].wrapped = false;
        m_rows.resize(m_row + 1);
        break;
    case 'h':
    case 'l':
        if (parameters != "?25") {
            throw std::runtime_error("an unknown mode");
        }
        m_cursor_visible = bytes[end] == 'h';
        break;
    case 'm':
        break;
    default:
        throw std::runtime_error("an unknown escape sequence");
    }
    return end + 1;
}

std::size_t FakeTerminal::top() const {
    return m_rows.size() > m_rows_shown ? m_rows.size() - m_rows_shown : 0;
}

void FakeTerminal::resize(std::size_t columns, std::size_t rows) {
    std::vector<Row> before;
    before.swap(m_rows);
    const std::size_t cursor = m_row;
    m_columns = columns;
    m_rows_shown = rows;
    m_rows.emplace_back();
    m_row = 0;
    m_column = 0;
    bool joined = true;
    for (std::size_t index = 0; index < before.size(); ++index) {
        if (!joined) {
            line_feed();
            m_column = 0;
        }
        for (const std::string& cell : before[index].cells) {
            if (!cell.empty()) {
                put(cell, display_width(cell));
            }
        }
        joined = before[index].wrapped;
        if (index == cursor) {
            break;
        }
    }
}

std::string FakeTerminal::text() const {
    std::string all;
    for (const Row& row : m_rows) {
        std::string line;
        for (const std::string& cell : row.cells) {
            line += cell;
        }
        line.erase(line.find_last_not_of(' ') + 1);
        all += line + '\n';
    }
    all.erase(all.find_last_not_of('\n') + 1);
    return all + '\n';
}

} // namespace loomrel::test
