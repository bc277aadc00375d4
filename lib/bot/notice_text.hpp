#pragma once

#include "lib/bot/shown.hpp"
#include "lib/config/config.hpp"
#include "lib/release/release.hpp"
#include "lib/store/server_ledger.hpp"
#include "lib/telegram/telegram.hpp"

#include <optional>
#include <string>
#include <vector>

// Facts of the outbox made into messages. Pure: what is told is in the notice, what can be done
// about it in the release as it is now.
namespace loomrel::bot {

struct NoticeFacts {
    const config::Config& config;
    const release::Release* release = nullptr; // as it is now; null: the notice is about none
    Known known;                               // of that release
};

struct NoticeText {
    telegram::Text text;
    std::string document; // what did not fit, whole; "" = everything did
    std::string document_name;
    std::string environment; // whose chat
    // Somebody must act, or something failed: a message of its own. Else the release's message is
    // edited, where there is one.
    bool calls = true;
    // Changes what a message shows, and is worth none of its own.
    bool only_edits = false;
    // The release's own message, and its buttons, stay as they are: what is told moves no release.
    bool stands_beside = false;
};

// nullopt: a kind of notice that is not told to people, or that a newer loomrel wrote.
[[nodiscard]] std::optional<NoticeText> render(const store::Notice& notice,
                                               const NoticeFacts& facts);

// Whose chat it is for, without asking anybody: NoticeText::environment of what render() would
// give.
[[nodiscard]] std::string environment_of(const store::Notice& notice);

// The same message for a release as it stands now: what the bot leaves behind when somebody has
// pressed a button in a notice.
[[nodiscard]] telegram::Text render_present(const NoticeFacts& facts);

} // namespace loomrel::bot
