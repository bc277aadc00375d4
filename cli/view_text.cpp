#include "cli/view_text.hpp"

#include "lib/base/text.hpp"
#include "lib/base/utf8.hpp"
#include "lib/messages/messages.hpp"
#include "lib/messages/step_texts.hpp"

namespace loomrel::cli {

std::string duration_text(Language language, Milliseconds duration) {
    using messages::Id;
    const auto tenths = (duration.count() + 50) / 100;
    const auto seconds = tenths / 10;
    if (tenths < 600) {
        const char point = language == Language::ru ? ',' : '.';
        const std::string number = fmt::format("{}{}{}", tenths / 10, point, tenths % 10);
        return messages::say(language, Id::view_seconds, fmt::arg("seconds", number));
    }
    if (seconds < 3600) {
        const std::string rest = fmt::format("{:02}", seconds % 60);
        return messages::say(language,
                             Id::view_minutes,
                             fmt::arg("minutes", seconds / 60),
                             fmt::arg("seconds", rest));
    }
    const std::string rest = fmt::format("{:02}", seconds / 60 % 60);
    return messages::say(
        language, Id::view_hours, fmt::arg("hours", seconds / 3600), fmt::arg("minutes", rest));
}

std::string cut_columns(std::string_view text, std::size_t columns) {
    if (display_width(text) <= columns) {
        return std::string(text);
    }
    if (columns == 0) {
        return {};
    }
    std::size_t end = 0;
    while (end < text.size()) {
        const std::size_t next = end + utf8::decode(text.substr(end)).bytes;
        if (display_width(text.substr(0, next)) > columns - 1) {
            break;
        }
        end = next;
    }
    return std::string(text.substr(0, end)) + "…";
}

std::string pad_columns(std::string_view text, std::size_t columns) {
    const std::size_t width = display_width(text);
    return std::string(text) + std::string(columns > width ? columns - width : 0, ' ');
}

std::string step_line(Language language, const std::string& step, bool ok, Milliseconds took) {
    return fmt::format("{} {} {}",
                       ok ? "✅" : "❌",
                       messages::step_label(language, step),
                       duration_text(language, took));
}

} // namespace loomrel::cli
