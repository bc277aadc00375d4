#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

// What Telegram tells us, taken apart. All of it is foreign: data of a button may be forged, names
// are what people like to be called.
namespace loomrel::telegram {

struct User {
    std::int64_t id = 0;
    std::string name; // for people only
};

struct Press {
    std::string id;
    User from;
    std::int64_t chat_id = 0;    // 0: Telegram did not say where
    std::int64_t message_id = 0; // 0: likewise
    std::int64_t thread_id = 0;
    std::string data;
};

struct Said {
    User from;
    std::int64_t chat_id = 0;
    std::int64_t thread_id = 0; // the topic; 0 = none
    std::int64_t message_id = 0;
    std::string text; // or what stands under a picture; "" for a sticker
    // Of the message that this replies to, if a bot wrote it.
    std::int64_t reply_to_bot = 0;
    std::int64_t reply_to_message = 0;
    std::vector<std::string> reply_to_buttons; // their data
};

// Somebody let the bot into a chat or threw it out.
struct Membership {
    std::int64_t chat_id = 0;
    bool in = false;
};

// A group has become a supergroup, with another number.
struct ChatMove {
    std::int64_t from = 0;
    std::int64_t to = 0;
};

struct Update {
    std::int64_t id = 0;
    std::optional<Press> press;
    std::optional<Said> said;
    std::optional<Membership> membership;
    std::optional<ChatMove> move;
};

// nullopt: this is no update. One of a kind that we do not know has only its id.
[[nodiscard]] std::optional<Update> read_update(const nlohmann::json& json);
// The same from text, of limited depth: for what comes in over the webhook.
[[nodiscard]] std::optional<Update> read_update(const std::string& text);

} // namespace loomrel::telegram
