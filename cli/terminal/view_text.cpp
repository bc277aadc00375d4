#include "cli/terminal/view_text.hpp"

#include "lib/base/text.hpp"
#include "lib/base/utf8.hpp"
#include "lib/messages/messages.hpp"
#include "lib/messages/steps.hpp"

namespace loomrel::cli {

namespace {

std::int64_t in_tenths(Milliseconds duration) {
    return (duration.count() + 50) / 100;
}

} // namespace

std::string seconds_text(Language language, Milliseconds duration) {
    const auto tenths = in_tenths(duration);
    return fmt::format("{}{}{}", tenths / 10, language == Language::ru ? ',' : '.', tenths % 10);
}

std::string duration_text(Language language, Milliseconds duration) {
    using messages::Id;
    const auto seconds = in_tenths(duration) / 10;
    if (seconds < 60) {
        return messages::say(
            language, Id::view_seconds, fmt::arg("seconds", seconds_text(language, duration)));
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
