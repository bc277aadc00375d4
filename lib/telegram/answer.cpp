#include "lib/telegram/answer.hpp"

#include "lib/base/text.hpp"

#include <algorithm>

namespace loomrel::telegram {

namespace {

using nlohmann::json;
using Kind = Problem::Kind;

constexpr std::int64_t k_longest_wait_s = 3600;

std::string shown(const json& answer, int status) {
    std::string text;
    if (answer.is_object() && answer.contains("description") && answer["description"].is_string()) {
        text = sanitize_line(answer["description"].get<std::string>());
    }
    return text.empty() ? "HTTP " + std::to_string(status) : std::string(cut_bytes(text, 300));
}

std::optional<std::int64_t> parameter(const json& answer, const char* name) {
    const auto parameters = answer.find("parameters");
    if (parameters == answer.end() || !parameters->is_object() || !parameters->contains(name)
        || !(*parameters)[name].is_number_integer()) {
        return std::nullopt;
    }
    return (*parameters)[name].get<std::int64_t>();
}

// A page of something between us and Telegram holds no JSON.
Kind kind_of(int status, const std::string& text, bool is_json) {
    if (status == 429) {
        return Kind::too_many;
    }
    if (status == 401 || status == 404) {
        return is_json ? Kind::unauthorised : Kind::away;
    }
    if (status == 409) {
        return Kind::conflict;
    }
    if (status >= 500 || status < 400 || !is_json) {
        return Kind::away;
    }
    const bool gone = text.find("message to edit not found") != std::string::npos
                      || text.find("message can't be edited") != std::string::npos;
    return gone ? Kind::message_gone : Kind::refused;
}

} // namespace

json read_answer(const http::Response& response) {
    json answer = json::parse(response.body, nullptr, false);
    const bool is_json = answer.is_object() && answer.contains("ok") && answer["ok"].is_boolean();
    if (response.good() && is_json && answer["ok"].get<bool>()) {
        return answer.value("result", json());
    }
    const std::string text = shown(answer, response.status);
    const auto says = [&](const char* words) { return text.find(words) != std::string::npos; };
    std::int64_t wait = 0;
    std::optional<std::int64_t> moved_to;
    if (is_json) {
        wait = parameter(answer, "retry_after").value_or(0);
        moved_to = parameter(answer, "migrate_to_chat_id");
    }
    if (response.status == 429 && wait == 0) {
        wait = parse_integer(response.header("retry-after").value_or("")).value_or(5);
    }
    wait = std::clamp<std::int64_t>(wait, 0, k_longest_wait_s);
    throw Refusal{Problem(kind_of(response.status, text, is_json),
                          text,
                          Milliseconds((wait == 0 ? 0 : wait + 1) * 1000)),
                  says("message is not modified"),
                  says("query is too old"),
                  says("can't parse entities"),
                  moved_to};
}

} // namespace loomrel::telegram
