#include "lib/telegram/update.hpp"

#include "lib/base/text.hpp"
#include "lib/telegram/text.hpp"

#include <nlohmann/json.hpp>

namespace loomrel::telegram {

namespace {

using nlohmann::json;

constexpr int k_deepest = 40;
constexpr std::size_t k_longest_name = 100;

const json* object_in(const json& parent, const char* name) {
    const auto found = parent.find(name);
    return found != parent.end() && found->is_object() ? &*found : nullptr;
}

std::int64_t number_in(const json& parent, const char* name) {
    const auto found = parent.find(name);
    // A number that does not fit would be another one.
    return found != parent.end() && found->is_number_integer()
                   && !(found->is_number_unsigned()
                        && found->get<std::uint64_t>() > static_cast<std::uint64_t>(INT64_MAX))
               ? found->get<std::int64_t>()
               : 0;
}

std::string text_in(const json& parent, const char* name) {
    const auto found = parent.find(name);
    return found != parent.end() && found->is_string() ? found->get<std::string>() : "";
}

User user_in(const json& parent) {
    const json* from = object_in(parent, "from");
    if (from == nullptr) {
        return {};
    }
    std::string name = text_in(*from, "first_name");
    const std::string last = text_in(*from, "last_name");
    if (!last.empty()) {
        name += " " + last;
    }
    name = cut_utf16(trim(sanitize_line(name)), k_longest_name);
    const std::int64_t id = number_in(*from, "id");
    return {id, name.empty() ? std::to_string(id) : name};
}

std::int64_t chat_in(const json& message) {
    const json* chat = object_in(message, "chat");
    return chat == nullptr ? 0 : number_in(*chat, "id");
}

std::vector<std::string> buttons_in(const json& message) {
    std::vector<std::string> found;
    const json* markup = object_in(message, "reply_markup");
    if (markup == nullptr || !markup->contains("inline_keyboard")) {
        return found;
    }
    for (const json& row : (*markup)["inline_keyboard"]) {
        if (!row.is_array()) {
            continue;
        }
        for (const json& button : row) {
            if (button.is_object()) {
                found.push_back(text_in(button, "callback_data"));
            }
        }
    }
    return found;
}

Press press_in(const json& query) {
    Press press;
    press.id = text_in(query, "id");
    press.from = user_in(query);
    press.data = text_in(query, "data");
    if (const json* message = object_in(query, "message")) {
        press.chat_id = chat_in(*message);
        press.message_id = number_in(*message, "message_id");
        press.thread_id = number_in(*message, "message_thread_id");
    }
    return press;
}

Said said_in(const json& message) {
    Said said;
    said.from = user_in(message);
    said.chat_id = chat_in(message);
    // Outside topics replies have the number of a thread too, and nothing can be sent there.
    const bool in_topic = message.value("is_topic_message", json(false)) == json(true);
    if (in_topic || object_in(message, "reply_to_message") == nullptr) {
        said.thread_id = number_in(message, "message_thread_id");
    }
    said.message_id = number_in(message, "message_id");
    said.text = text_in(message, "text");
    if (said.text.empty()) {
        said.text = text_in(message, "caption");
    }
    if (const json* reply = object_in(message, "reply_to_message")) {
        const json* author = object_in(*reply, "from");
        if (author != nullptr && author->value("is_bot", json(false)) == json(true)) {
            said.reply_to_bot = number_in(*author, "id");
            said.reply_to_message = number_in(*reply, "message_id");
            said.reply_to_buttons = buttons_in(*reply);
        }
    }
    return said;
}

// Told twice, in either chat.
std::optional<ChatMove> move_in(const json& message) {
    const std::int64_t here = chat_in(message);
    const std::int64_t to = number_in(message, "migrate_to_chat_id");
    const std::int64_t from = number_in(message, "migrate_from_chat_id");
    if (here == 0 || (to == 0 && from == 0)) {
        return std::nullopt;
    }
    return to != 0 ? ChatMove{here, to} : ChatMove{from, here};
}

Membership membership_in(const json& change) {
    Membership membership;
    membership.chat_id = chat_in(change);
    if (const json* now = object_in(change, "new_chat_member")) {
        const std::string status = text_in(*now, "status");
        membership.in = status != "left" && status != "kicked";
    }
    return membership;
}

} // namespace

std::optional<Update> read_update(const json& json) {
    if (!json.is_object() || number_in(json, "update_id") <= 0) {
        return std::nullopt;
    }
    Update update;
    update.id = number_in(json, "update_id");
    if (const auto* query = object_in(json, "callback_query")) {
        update.press = press_in(*query);
    } else if (const auto* message = object_in(json, "message")) {
        update.move = move_in(*message);
        if (!update.move) {
            update.said = said_in(*message);
        }
    } else if (const auto* change = object_in(json, "my_chat_member")) {
        update.membership = membership_in(*change);
    }
    return update;
}

std::optional<Update> read_update(const std::string& text) {
    bool too_deep = false;
    const json parsed = json::parse(
        text,
        [&](int depth, json::parse_event_t, json&) {
            too_deep = too_deep || depth > k_deepest;
            return !too_deep;
        },
        false);
    return too_deep || parsed.is_discarded() ? std::nullopt : read_update(parsed);
}

} // namespace loomrel::telegram
