#pragma once

#include "lib/terminal/view.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace loomrel::terminal {

enum class Style { plain, dim, bold };

// A line of the screen in pieces of one style each.
class StyledLine {
public:
    StyledLine& add(std::string_view text, Style style = Style::plain);

    // With escape sequences if `colour`; cut to so many columns (npos = whole).
    [[nodiscard]] std::string painted(bool colour, std::size_t columns) const;
    [[nodiscard]] std::size_t width() const;

private:
    struct Piece {
        std::string text;
        Style style;
    };

    std::vector<Piece> m_pieces;
};

// The lines at the end of the terminal's text that are drawn anew with each frame. A frame is one
// string, so that nothing of it is seen half done; the cursor is hidden within it only, and ends
// below the last line.
class ScreenRegion {
public:
    explicit ScreenRegion(bool colour)
        : m_colour(colour) {}

    // What to write so that `above` stands over the region for good and the region is `lines`.
    // Empty if the screen is like that already.
    [[nodiscard]] std::string
    frame(std::string_view above, const std::vector<StyledLine>& lines, std::size_t columns);

    // The region is lost: the next frame begins where the cursor is.
    void forget() { m_widths.clear(); }

private:
    [[nodiscard]] std::size_t rows_to_top(std::size_t columns) const;

    bool m_colour;
    std::size_t m_columns = 0;
    std::vector<std::size_t> m_widths; // of the lines now on the screen
    std::string m_text;
};

} // namespace loomrel::terminal
