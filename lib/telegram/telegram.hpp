#pragma once

#include "lib/base/clock.hpp"
#include "lib/base/secret.hpp"
#include "lib/http/http.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

// The Bot API as far as we need it (https://core.telegram.org/bots/api).
namespace loomrel::telegram {

struct Button {
    std::string text;
    std::string data; // 1 to 64 bytes

    bool operator==(const Button&) const = default;
};

using Keyboard = std::vector<std::vector<Button>>;

struct Text {
    std::string html;
    Keyboard keyboard; // none: an edit takes the old one away
};

struct ChatTarget {
    std::int64_t chat_id = 0;
    std::int64_t thread_id = 0; // a forum's topic, 0 = none
};

struct Bot {
    std::int64_t id = 0;
    std::string username;
};

struct WebhookInfo {
    std::string url;
    std::int64_t pending = 0;
    std::string last_error;
    std::int64_t last_error_at = 0; // seconds since 1970
};

// What came of a call that did not work, by what to do about it. `what()` is for people, without
// the token.
class Problem : public std::exception {
public:
    enum class Kind {
        away,         // no connection, no answer, 5xx, a page instead of JSON: later
        too_many,     // 429: not before retry_after
        unauthorised, // the token or the API's address is wrong: nothing will work
        conflict,     // 409: somebody else gets the updates
        message_gone, // to edit: send a new one
        refused,      // this call never will
        cancelled,    // by us
    };

    Problem(Kind kind, std::string what, Milliseconds retry_after = Milliseconds{0})
        : m_kind(kind),
          m_what(std::move(what)),
          m_retry_after(retry_after) {}

    [[nodiscard]] Kind kind() const { return m_kind; }

    [[nodiscard]] Milliseconds retry_after() const { return m_retry_after; }

    [[nodiscard]] const char* what() const noexcept override { return m_what.c_str(); }

private:
    Kind m_kind;
    std::string m_what;
    Milliseconds m_retry_after;
};

struct Options {
    std::string api_url = "https://api.telegram.org";
    Secret token;
    Milliseconds timeout{10000}; // of one call; long polls take their own time on top
    http::WithoutTls without_tls = http::WithoutTls::near;
};

// Every call throws Problem. One Api, one thread. A chat that Telegram has asked to be left alone
// is not written to before that time: Problem(too_many) at once.
class Api {
public:
    explicit Api(Options options);

    // No call takes longer than until then.
    void set_deadline(std::optional<Deadline> deadline) { m_deadline = deadline; }

    [[nodiscard]] Bot get_me();

    // Gives the message's id. Text that Telegram cannot parse is sent again without its tags; to a
    // chat that has moved it is sent where that went.
    std::int64_t send_message(const ChatTarget& place, const Text& text);
    // Nothing to change is as good as changed.
    void edit_message(std::int64_t chat_id, std::int64_t message_id, const Text& text);
    // `reply_to` 0 = to nothing.
    std::int64_t send_document(const ChatTarget& place,
                               const std::string& file_name,
                               const std::string& data,
                               std::int64_t reply_to);
    // One that is too old to be answered is ignored: what was pressed for is done by then.
    void answer_press(const std::string& press_id, const std::string& text, bool alert);

    // Waits for up to `wait` (Telegram: 50 s at most). `offset` confirms all below.
    [[nodiscard]] std::vector<nlohmann::json>
    get_updates(std::int64_t offset, Milliseconds wait, const std::function<bool()>& cancelled);
    void set_webhook(const std::string& url, const std::string& secret_token);
    // Keeps what waits: approvals are among it.
    void delete_webhook();
    [[nodiscard]] WebhookInfo webhook_info();

    // Groups that became supergroups: the number in the configuration -> the one it has now.
    [[nodiscard]] const std::map<std::int64_t, std::int64_t>& moved_chats() const {
        return m_moved;
    }

private:
    struct Call;

    [[nodiscard]] nlohmann::json call(const std::string& method, const nlohmann::json& fields);
    [[nodiscard]] nlohmann::json send(const Call& call);
    [[nodiscard]] nlohmann::json
    send_text(const std::string& method, nlohmann::json fields, const Text& text);
    [[nodiscard]] std::int64_t present_chat(std::int64_t chat_id) const;
    void check_not_too_early(std::int64_t chat_id);
    // What is to be thrown; remembers how long the chat is to be left alone.
    [[nodiscard]] Problem taken_note(const Problem& problem, std::int64_t chat_id);

    Options m_options;
    http::Client m_http;
    std::optional<Deadline> m_deadline;
    std::map<std::int64_t, std::int64_t> m_moved;
    std::map<std::int64_t, Deadline> m_not_before; // by chat
};

} // namespace loomrel::telegram
