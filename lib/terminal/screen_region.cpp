#include "lib/terminal/screen_region.hpp"

#include "lib/base/text.hpp"
#include "lib/terminal/view_text.hpp"

#include <algorithm>

namespace loomrel::terminal {

namespace {

constexpr std::string_view k_hide_cursor = "\x1b[?25l";
constexpr std::string_view k_show_cursor = "\x1b[?25h";
constexpr std::string_view k_erase_line = "\x1b[K";
constexpr std::string_view k_erase_below = "\x1b[J";
constexpr std::string_view k_dim = "\x1b[2m";
constexpr std::string_view k_bold = "\x1b[1m";
constexpr std::string_view k_reset = "\x1b[0m";

} // namespace

StyledLine& StyledLine::add(std::string_view text, Style style) {
    m_pieces.push_back({std::string(text), style});
    return *this;
}

std::string StyledLine::painted(bool colour, std::size_t columns) const {
    std::string line;
    std::size_t left = columns;
    for (const Piece& piece : m_pieces) {
        const std::size_t width = display_width(piece.text);
        const bool styled = colour && piece.style != Style::plain;
        if (styled) {
            line += piece.style == Style::dim ? k_dim : k_bold;
        }
        line += cut_columns(piece.text, left);
        if (styled) {
            line += k_reset;
        }
        if (width >= left) {
            break;
        }
        left -= width;
    }
    return line;
}

std::size_t StyledLine::width() const {
    std::size_t columns = 0;
    for (const Piece& piece : m_pieces) {
        columns += display_width(piece.text);
    }
    return columns;
}

std::string ScreenRegion::frame(std::string_view above,
                                const std::vector<StyledLine>& lines,
                                std::size_t columns) {
    // The last column stays free: what is drawn there makes some terminals wrap.
    const std::size_t room = std::max<std::size_t>(columns, 2) - 1;
    std::string text;
    std::vector<std::size_t> widths;
    for (const StyledLine& line : lines) {
        text += line.painted(m_colour, room);
        text += k_erase_line;
        text += '\n';
        widths.push_back(std::min(line.width(), room));
    }
    if (above.empty() && text == m_text && columns == m_columns
        && widths.size() == m_widths.size()) {
        return {};
    }
    std::string frame(k_hide_cursor);
    if (const std::size_t rows = rows_to_top(columns); rows > 0) {
        frame += fmt::format("\r\x1b[{}A", rows);
    }
    if (!above.empty()) {
        // Erased first: erasing behind a line that fills the screen's width takes its last letter.
        frame += k_erase_below;
        frame += above;
    }
    frame += text;
    frame += k_erase_below;
    frame += k_show_cursor;
    m_text = std::move(text);
    m_widths = std::move(widths);
    m_columns = columns;
    return frame;
}

std::size_t ScreenRegion::rows_to_top(std::size_t columns) const {
    // A terminal that was made narrower has wrapped the lines that no longer fit.
    const std::size_t now = std::max<std::size_t>(columns, 1);
    std::size_t rows = 0;
    for (const std::size_t width : m_widths) {
        rows += std::max<std::size_t>(1, (width + now - 1) / now);
    }
    return rows;
}

} // namespace loomrel::terminal
