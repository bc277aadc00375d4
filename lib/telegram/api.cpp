#include "lib/base/json_text.hpp"
#include "lib/base/text.hpp"
#include "lib/telegram/answer.hpp"
#include "lib/telegram/telegram.hpp"
#include "lib/telegram/text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace loomrel::telegram {

namespace {

using nlohmann::json;
using Kind = Problem::Kind;

json to_json(const Keyboard& keyboard) {
    json rows = json::array();
    for (const auto& row : keyboard) {
        json buttons = json::array();
        for (const Button& button : row) {
            buttons.push_back({{"text", button.text}, {"callback_data", button.data}});
        }
        rows.push_back(std::move(buttons));
    }
    return {{"inline_keyboard", std::move(rows)}};
}

std::int64_t message_id_of(const json& result) {
    if (!result.is_object() || !result.contains("message_id")
        || !result["message_id"].is_number_integer()) {
        throw Problem(Kind::away, "an answer without message_id");
    }
    return result["message_id"].get<std::int64_t>();
}

template <typename Value> Value field(const json& object, const char* name, Value fallback) {
    const auto found = object.find(name);
    if (found == object.end()) {
        return fallback;
    }
    try {
        return found->get<Value>();
    } catch (const json::exception&) {
        return fallback;
    }
}

} // namespace

// A call on its way: fields as JSON, or with a file as a form.
struct Api::Call {
    std::string method;
    json fields;
    std::vector<http::Part> parts;
    Milliseconds waits{0}; // on top of the ordinary time
    std::function<bool()> cancelled;
    bool only_once = false; // a second one would be a second message
};

Api::Api(Options options)
    : m_options(std::move(options)) {
    while (m_options.api_url.ends_with('/')) {
        m_options.api_url.pop_back();
    }
}

std::int64_t Api::present_chat(std::int64_t chat_id) const {
    const auto moved = m_moved.find(chat_id);
    return moved == m_moved.end() ? chat_id : moved->second;
}

void Api::check_not_too_early(std::int64_t chat_id) {
    const auto found = m_not_before.find(chat_id);
    if (found == m_not_before.end()) {
        return;
    }
    if (const Milliseconds left = left_until(found->second); left.count() > 0) {
        throw Problem(Kind::too_many, "Too Many Requests", left);
    }
    m_not_before.erase(found);
}

Problem Api::taken_note(const Problem& problem, std::int64_t chat_id) {
    if (problem.kind() == Kind::too_many) {
        m_not_before[chat_id] = deadline_in(problem.retry_after());
    }
    return problem;
}

json Api::send(const Call& call) {
    http::Request request;
    request.method = "POST";
    request.url = m_options.api_url + "/bot" + m_options.token.reveal() + "/" + call.method;
    request.without_tls = m_options.without_tls;
    request.timeout = m_options.timeout + call.waits;
    if (m_deadline) {
        request.timeout = std::min(request.timeout, left_until(*m_deadline));
    }
    if (request.timeout.count() <= 0) {
        throw Problem(Kind::away, "no time left");
    }
    request.cancelled = call.cancelled;
    request.only_once = call.only_once;
    if (call.parts.empty()) {
        request.headers = {{"Content-Type", Secret("application/json")}};
        request.body = json_text(call.fields);
    } else {
        request.parts = call.parts;
    }
    try {
        return read_answer(m_http.send(request));
    } catch (const http::Failure& failure) {
        throw Problem(failure.kind() == http::Failure::Kind::cancelled ? Kind::cancelled
                                                                       : Kind::away,
                      failure.reason().en);
    }
}

json Api::call(const std::string& method, const json& fields) {
    try {
        return send({method, fields, {}, Milliseconds{0}, {}, false});
    } catch (const Refusal& refusal) {
        throw Problem(refusal.problem);
    }
}

json Api::send_text(const std::string& method, json fields, const Text& text) {
    fields["text"] = text.html;
    fields["parse_mode"] = "HTML";
    fields["link_preview_options"] = {{"is_disabled", true}};
    if (!text.keyboard.empty()) {
        fields["reply_markup"] = to_json(text.keyboard);
    }
    const auto asked_chat = fields["chat_id"].get<std::int64_t>();
    // At most once for each: the chat has moved, the text is not what we thought it was.
    for (int tries = 0;; ++tries) {
        const std::int64_t chat = present_chat(asked_chat);
        check_not_too_early(chat);
        try {
            fields["chat_id"] = chat;
            return send({method, fields, {}, Milliseconds{0}, {}, method == "sendMessage"});
        } catch (const Refusal& refusal) {
            if (refusal.not_modified) {
                return json();
            }
            if (refusal.moved_to && tries < 2) {
                m_moved[asked_chat] = *refusal.moved_to;
            } else if (refusal.cannot_parse && fields.contains("parse_mode")) {
                fields.erase("parse_mode");
                fields["text"] = cut_utf16(plain_of(text.html), k_longest_message);
            } else {
                throw taken_note(refusal.problem, chat);
            }
        }
    }
}

Bot Api::get_me() {
    const json result = call("getMe", json::object());
    return {field<std::int64_t>(result, "id", 0), field<std::string>(result, "username", "")};
}

std::int64_t Api::send_message(const ChatTarget& place, const Text& text) {
    json fields{{"chat_id", place.chat_id}};
    if (place.thread_id != 0) {
        fields["message_thread_id"] = place.thread_id;
    }
    return message_id_of(send_text("sendMessage", std::move(fields), text));
}

void Api::edit_message(std::int64_t chat_id, std::int64_t message_id, const Text& text) {
    (void)send_text("editMessageText", {{"chat_id", chat_id}, {"message_id", message_id}}, text);
}

std::int64_t Api::send_document(const ChatTarget& place,
                                const std::string& file_name,
                                const std::string& data,
                                std::int64_t reply_to) {
    const std::int64_t chat = present_chat(place.chat_id);
    check_not_too_early(chat);
    std::vector<http::Part> parts{{"chat_id", std::to_string(chat), "", ""},
                                  {"document", data, file_name, "text/plain; charset=utf-8"}};
    if (place.thread_id != 0) {
        parts.push_back({"message_thread_id", std::to_string(place.thread_id), "", ""});
    }
    if (reply_to != 0) {
        // Deleted meanwhile, it keeps nobody from the file.
        const json reply{{"message_id", reply_to}, {"allow_sending_without_reply", true}};
        parts.push_back({"reply_parameters", reply.dump(), "", "application/json"});
    }
    try {
        return message_id_of(
            send({"sendDocument", {}, std::move(parts), Milliseconds{0}, {}, true}));
    } catch (const Refusal& refusal) {
        throw taken_note(refusal.problem, chat);
    }
}

void Api::answer_press(const std::string& press_id, const std::string& text, bool alert) {
    json fields{{"callback_query_id", press_id}};
    if (!text.empty()) {
        fields["text"] = cut_utf16(text, k_longest_answer);
        fields["show_alert"] = alert;
    }
    try {
        (void)send({"answerCallbackQuery", fields, {}, Milliseconds{0}, {}, false});
    } catch (const Refusal& refusal) {
        if (!refusal.press_too_old) {
            throw Problem(refusal.problem);
        }
    }
}

std::vector<json>
Api::get_updates(std::int64_t offset, Milliseconds wait, const std::function<bool()>& cancelled) {
    const json fields{{"offset", offset},
                      {"limit", 100},
                      {"timeout", wait.count() / 1000},
                      {"allowed_updates", {"message", "callback_query", "my_chat_member"}}};
    json result;
    try {
        result = send({"getUpdates", fields, {}, wait, cancelled, false});
    } catch (const Refusal& refusal) {
        throw Problem(refusal.problem);
    }
    if (!result.is_array()) {
        throw Problem(Kind::away, "getUpdates gave no list");
    }
    return {result.begin(), result.end()};
}

void Api::set_webhook(const std::string& url, const std::string& secret_token) {
    (void)call("setWebhook",
               {{"url", url},
                {"secret_token", secret_token},
                {"allowed_updates", {"message", "callback_query", "my_chat_member"}}});
}

void Api::delete_webhook() {
    (void)call("deleteWebhook", json::object());
}

WebhookInfo Api::webhook_info() {
    const json result = call("getWebhookInfo", json::object());
    return {field<std::string>(result, "url", ""),
            field<std::int64_t>(result, "pending_update_count", 0),
            sanitize_line(field<std::string>(result, "last_error_message", "")),
            field<std::int64_t>(result, "last_error_date", 0)};
}

} // namespace loomrel::telegram
