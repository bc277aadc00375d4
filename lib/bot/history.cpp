#include "lib/bot/card.hpp"
#include "lib/bot/event_words.hpp"
#include "lib/bot/notice_lines.hpp"
#include "lib/telegram/text.hpp"

#include <nlohmann/json.hpp>

// What became of a release, event by event.
namespace loomrel::bot {

namespace {

using messages::Id;
using messages::say;
using release::Status;
using telegram::escape_line;

// On a line of their own.
std::string words_of(Language language, const nlohmann::json& detail) {
    const std::string words = event_words(language, detail);
    return words.empty() ? ""
                         : "\n"
                               + say(language,
                                     Id::bot_history_reason,
                                     fmt::arg("reason", escape_line(words, 600)));
}

// Somebody's word, or a no: nothing moved.
std::string
history_note(Language language, const release::Event& event, const nlohmann::json& detail) {
    const std::string actor = escape_line(event_actor(language, event.actor, detail), 140);
    const auto id = [&] {
        if (detail.contains("approval")) {
            return Id::bot_history_approved;
        }
        if (detail.contains("dispatch")) {
            return Id::bot_history_dispatch;
        }
        return detail.contains("refused") ? Id::bot_history_refused : Id::bot_history_note;
    };
    return say(language, id(), fmt::arg("actor", actor)) + words_of(language, detail);
}

std::string
history_move(Language language, const release::Event& event, const nlohmann::json& detail) {
    std::string what =
        escape_line(status_label(language, event.to)) + "\n"
        + say(language,
              Id::bot_history_who,
              fmt::arg("actor", escape_line(event_actor(language, event.actor, detail), 140)),
              fmt::arg("source", escape_line(event.source, 20)));
    const auto reason = detail.find("reason");
    if (event.to == to_string(Status::manual_test_failed) && reason != detail.end()
        && reason->is_string() && !reason->get_ref<const std::string&>().empty()
        && *reason != "tag_moved") {
        what += "\n"
                + say(language,
                      Id::bot_history_reason,
                      fmt::arg("reason", escape_line(reason->get<std::string>(), 300)));
    }
    return what + words_of(language, detail);
}

std::string history_line(const Context& context, const release::Event& event) {
    const Language language = context.config.language;
    const nlohmann::json detail = object_of(event.detail);
    return say(language,
               Id::bot_history_move,
               fmt::arg("time", to_local_minute(event.at, context.config.timezone)),
               fmt::arg("status",
                        event.from == event.to ? history_note(language, event, detail)
                                               : history_move(language, event, detail)));
}

} // namespace

telegram::Text history_page(const Context& context,
                            Origin origin,
                            const release::Release& release,
                            const std::vector<release::Event>& events,
                            bool any_outrun) {
    const Language language = context.config.language;
    std::string body;
    // The newest are the ones looked for: taken from the end as far as there is room.
    for (auto event = events.rbegin(); event != events.rend(); ++event) {
        const std::string line = history_line(context, *event);
        if (telegram::utf16_length(telegram::plain_of(body + line)) > 3500) {
            body = "…\n\n" + body;
            break;
        }
        body = line + (body.empty() ? "" : "\n\n") + body;
    }
    telegram::Keyboard keyboard{
        {button(language, Id::bot_button_back, back_to(origin, release.id))}};
    if (any_outrun) {
        keyboard.insert(keyboard.begin(), to_outrun(language));
    }
    return {say(language,
                Id::bot_history,
                fmt::arg("service", escape_line(release.service_name)),
                fmt::arg("tag", escape_line(release.release_tag)))
                + "\n\n" + body,
            std::move(keyboard)};
}

} // namespace loomrel::bot
