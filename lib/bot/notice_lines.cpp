#include "lib/bot/notice_lines.hpp"

#include "lib/base/text.hpp"
#include "lib/messages/steps.hpp"
#include "lib/telegram/text.hpp"

#include <nlohmann/json.hpp>

#include <vector>

namespace loomrel::bot {

namespace {

using messages::Id;
using messages::say;
using nlohmann::json;
using telegram::escape_html;
using telegram::escape_line;

// A message is read at a glance; what is longer is looked at in the file.
constexpr std::size_t k_shown_lines = 700;

std::string lines_of(const json& detail, const char* name) {
    std::string text;
    const auto found = detail.find(name);
    if (found == detail.end() || !found->is_array()) {
        return text;
    }
    for (const json& line : *found) {
        if (line.is_string()) {
            text += (text.empty() ? "" : "\n") + sanitize_line(line.get<std::string>());
        }
    }
    return text;
}

std::string pre(const std::string& text) {
    return "<pre>" + escape_html(telegram::cut_utf16(text, k_shown_lines)) + "</pre>";
}

} // namespace

std::string text_of(const json& object, const char* name) {
    const auto found = object.find(name);
    return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

json object_of(const std::string& text) {
    json object = json::parse(text, nullptr, false);
    return object.is_object() ? object : json::object();
}

Why fit(const std::string& text, std::size_t most) {
    const std::string clean = sanitize(text);
    const std::string shown = telegram::cut_utf16(clean, most);
    return {escape_html(shown), shown == clean ? "" : clean};
}

Why why_of(const json& detail, Language language) {
    const std::string message = text_of(detail, "message");
    if (message.empty()) {
        return {};
    }
    const std::string host = text_of(detail, "host");
    const bool named = host.empty() || message.find(host) != std::string::npos;
    std::string whole = (named ? "" : sanitize_line(host) + ": ") + sanitize(message);
    Why why;
    why.html = escape_html(telegram::cut_utf16(whole, k_shown_lines));
    const auto add = [&](const std::string& html, const std::string& plain) {
        why.html += "\n" + html;
        whole += "\n" + plain;
    };
    const std::string step = text_of(detail, "step");
    if (!step.empty()) {
        const std::string command = sanitize_line(text_of(detail, "command"));
        std::string line =
            say(language,
                Id::why_step,
                fmt::arg("step", sanitize_line(messages::step_label(language, step))));
        if (!command.empty()) {
            line += ": " + command + " (" + sanitize_line(text_of(detail, "how")) + ")";
        }
        add(escape_line(line), line);
    }
    for (const char* name : {"lines", "container"}) {
        const std::string lines = lines_of(detail, name);
        if (lines.empty()) {
            continue;
        }
        if (std::string_view(name) == "container") {
            const std::string title = say(language, Id::why_container_lines);
            add(title, title);
        }
        add(pre(lines), lines);
    }
    if (const std::string serves = text_of(detail, "serves"); !serves.empty()) {
        add(escape_line(serves), sanitize_line(serves));
    }
    if (const std::string next = text_of(detail, "next"); !next.empty()) {
        const std::string html = "<code>" + escape_line(next) + "</code>";
        add(say(language, Id::why_next, fmt::arg("command", html)), sanitize_line(next));
    }
    const bool all_shown =
        telegram::utf16_length(telegram::plain_of(why.html)) + 20 >= telegram::utf16_length(whole);
    why.document = all_shown ? "" : whole + "\n";
    return why;
}

} // namespace loomrel::bot
