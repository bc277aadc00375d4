#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace loomrel::terminal {

// Rows for people or for a pipe. Cells come from anywhere: they are made harmless here.
class Table {
public:
    explicit Table(std::vector<std::string> headings)
        : m_headings(std::move(headings)) {}

    // As many cells as there are headings.
    void add(std::vector<std::string> cells);

    [[nodiscard]] bool empty() const { return m_rows.empty(); }

    // Columns under their headings, two blanks apart; where a line would be wider than `width`,
    // each row as lines of a heading and its cell, and an empty line between rows.
    [[nodiscard]] std::string aligned(std::size_t width) const;
    // No headings, a tab between cells: for cut, awk, while read.
    [[nodiscard]] std::string plain() const;

private:
    [[nodiscard]] std::string records(std::size_t width) const;

    std::vector<std::string> m_headings;
    std::vector<std::vector<std::string>> m_rows;
};

} // namespace loomrel::terminal
