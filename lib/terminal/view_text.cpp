#include "lib/terminal/view_text.hpp"

#include "lib/base/text.hpp"
#include "lib/base/utf8.hpp"
#include "lib/messages/messages.hpp"
#include "lib/messages/steps.hpp"

namespace loomrel::terminal {

namespace {

std::int64_t in_tenths(Milliseconds duration) {
    return (duration.count() + 50) / 100;
}

using messages::Id;
using OptionalText = std::optional<EventText>;

OptionalText text_of(Language language, const std::string& host, const deploy::RunAttached& event) {
    const Id id = event.started ? Id::view_attached_started : Id::view_attached_followed;
    return EventText{
        messages::say(language, id, fmt::arg("host", host), fmt::arg("run", event.run_id)), true};
}

OptionalText text_of(Language language, const std::string&, const deploy::LockAwaited& event) {
    return EventText{messages::say(language, Id::view_waiting, fmt::arg("holder", event.holder))};
}

OptionalText text_of(Language, const std::string&, const deploy::LogLine& event) {
    return EventText{event.text};
}

OptionalText text_of(Language language, const std::string& host, const deploy::LinkLost& event) {
    return EventText{
        messages::say(
            language, Id::view_link_lost, fmt::arg("host", host), fmt::arg("reason", event.reason)),
        true};
}

OptionalText text_of(Language language, const std::string& host, const deploy::LinkBack&) {
    return EventText{messages::say(language, Id::view_link_back, fmt::arg("host", host)), true};
}

template <typename Event> OptionalText text_of(Language, const std::string&, const Event&) {
    return std::nullopt;
}

} // namespace

std::string seconds_text(Language language, Milliseconds duration) {
    const auto tenths = in_tenths(duration);
    return fmt::format("{}{}{}", tenths / 10, language == Language::ru ? ',' : '.', tenths % 10);
}

std::string duration_text(Language language, Milliseconds duration) {
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

OptionalText event_text(Language language, const std::string& host, const deploy::RunEvent& event) {
    return std::visit([&](const auto& one) { return text_of(language, host, one); }, event);
}

std::string step_line(Language language, const std::string& step, bool ok, Milliseconds took) {
    return fmt::format("{} {} {}",
                       ok ? "✅" : "❌",
                       messages::step_label(language, step),
                       duration_text(language, took));
}

} // namespace loomrel::terminal
