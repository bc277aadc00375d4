#include "cli/terminal/table.hpp"

#include "lib/base/text.hpp"

#include <algorithm>

namespace loomrel::cli {

void Table::add(std::vector<std::string> cells) {
    cells.resize(m_headings.size());
    for (std::string& cell : cells) {
        cell = sanitize_line(cell);
    }
    m_rows.push_back(std::move(cells));
}

std::string Table::aligned() const {
    std::vector<std::size_t> widths(m_headings.size());
    const auto widen = [&](const std::vector<std::string>& row) {
        for (std::size_t column = 0; column < widths.size(); ++column) {
            widths[column] = std::max(widths[column], display_width(row[column]));
        }
    };
    widen(m_headings);
    std::for_each(m_rows.begin(), m_rows.end(), widen);

    std::string text;
    const auto print = [&](const std::vector<std::string>& row) {
        std::string line;
        for (std::size_t column = 0; column < row.size(); ++column) {
            line += row[column] + std::string(widths[column] - display_width(row[column]) + 2, ' ');
        }
        text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
    };
    print(m_headings);
    std::for_each(m_rows.begin(), m_rows.end(), print);
    return text;
}

std::string Table::plain() const {
    std::string text;
    for (const auto& row : m_rows) {
        text += join(row, "\t") + "\n";
    }
    return text;
}

} // namespace loomrel::cli
