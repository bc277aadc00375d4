#include "lib/terminal/table.hpp"

#include "lib/base/text.hpp"

#include <algorithm>
#include <numeric>
#include <string_view>

namespace loomrel::terminal {

namespace {

constexpr std::size_t k_gap = 2;

// Broken at blanks, as far as they let it; what follows is set in as far as the first line begins.
std::string wrapped(const std::string& text, std::size_t width, std::size_t indent) {
    std::string lines;
    std::size_t used = 0;
    for (const std::string_view word : split(text, ' ')) {
        const std::size_t wide = display_width(word);
        if (wide == 0) {
            continue;
        }
        if (used > 0 && used + 1 + wide > width) {
            lines += "\n" + std::string(indent, ' ');
            used = 0;
        }
        lines += (used > 0 ? " " : "") + std::string(word);
        used += wide + (used > 0 ? 1 : 0);
    }
    return lines;
}

} // namespace

void Table::add(std::vector<std::string> cells) {
    cells.resize(m_headings.size());
    for (std::string& cell : cells) {
        cell = sanitize_line(cell);
    }
    m_rows.push_back(std::move(cells));
}

std::string Table::aligned(std::size_t width) const {
    std::vector<std::size_t> widths(m_headings.size());
    const auto widen = [&](const std::vector<std::string>& row) {
        for (std::size_t column = 0; column < widths.size(); ++column) {
            widths[column] = std::max(widths[column], display_width(row[column]));
        }
    };
    widen(m_headings);
    std::for_each(m_rows.begin(), m_rows.end(), widen);
    if (std::accumulate(widths.begin(), widths.end(), (widths.size() - 1) * k_gap) > width) {
        return records(width);
    }
    std::string text;
    const auto print = [&](const std::vector<std::string>& row) {
        std::string line;
        for (std::size_t column = 0; column < row.size(); ++column) {
            line +=
                row[column] + std::string(widths[column] - display_width(row[column]) + k_gap, ' ');
        }
        text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
    };
    print(m_headings);
    std::for_each(m_rows.begin(), m_rows.end(), print);
    return text;
}

std::string Table::records(std::size_t width) const {
    std::size_t widest = 0;
    for (const std::string& heading : m_headings) {
        widest = std::max(widest, display_width(heading));
    }
    const std::size_t indent = widest + k_gap;
    std::string text;
    for (const auto& row : m_rows) {
        text += text.empty() ? "" : "\n";
        for (std::size_t column = 0; column < row.size(); ++column) {
            if (!row[column].empty() && row[column] != "-") {
                const std::string& heading = m_headings[column];
                text += heading + std::string(indent - display_width(heading), ' ')
                        + wrapped(row[column], width > indent ? width - indent : 1, indent) + "\n";
            }
        }
    }
    return text;
}

std::string Table::plain() const {
    std::string text;
    for (const auto& row : m_rows) {
        text += join(row, "\t") + "\n";
    }
    return text;
}

} // namespace loomrel::terminal
