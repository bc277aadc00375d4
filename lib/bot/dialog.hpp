#pragma once

#include "lib/bot/card.hpp"
#include "lib/bot/operations.hpp"
#include "lib/store/server_ledger.hpp"
#include "lib/telegram/update.hpp"

#include <functional>
#include <optional>
#include <string>

namespace loomrel::bot {

// What the bot does about something that somebody did.
struct Reply {
    std::string toast;                  // to the one who pressed; plain text
    bool alert = false;                 // he has to close it
    std::optional<telegram::Text> edit; // what the pressed message becomes
    std::optional<telegram::Text> send; // a new message in the same chat
    std::int64_t edit_message = 0;      // of a reply by text: the question it answered
    // Goes on after the reply, in a thread of its own: asks or steers hosts, and edits the pressed
    // message as it goes.
    std::function<void(Operations&, const std::function<void(const telegram::Text&)>& show)> work;
    // Has to look at hosts before there is an answer: gives it, from a thread of its own and with a
    // ledger of its own. All else of this reply is left out then.
    std::function<Reply(store::ServerLedger&, Operations&)> later;
    // The work, or what is sent, is not for doing again where the same update comes again.
    bool once = false;
    // A no that no release's history can hold: for the log.
    std::string unheard;
};

// What the bot is called, as in "/status@release_bot"; "" where that cannot be found out now.
using OwnName = std::function<std::string()>;

// Only a word to the one who pressed.
[[nodiscard]] Reply toast(const std::string& text, bool alert = false);

// Everything the bot says. Keeps nothing between two calls: what it needs is in the button's data,
// in the ledger and in the configuration. Decisions are in the ledger when a call returns.
class Dialog {
public:
    // `operations` null: nothing that needs hosts is offered.
    Dialog(store::ServerLedger& ledger,
           const config::Config& config,
           Operations* operations,
           WallClock clock,
           OwnName own_name);

    // Throws Error if the ledger is away; then nothing was decided.
    [[nodiscard]] Reply pressed(const telegram::Press& press);
    [[nodiscard]] std::optional<Reply> said(const telegram::Said& said);

private:
    [[nodiscard]] Context context(const std::string& service = "");
    [[nodiscard]] Reply open_page(const Callback& callback);
    [[nodiscard]] Reply on_release(const telegram::Press& press,
                                   const Callback& callback,
                                   const release::Release& release);
    [[nodiscard]] Reply ask_decision(const telegram::Press& press,
                                     const Callback& callback,
                                     const release::Release& release);
    [[nodiscard]] Reply approve(const telegram::Press& press,
                                const Callback& callback,
                                const release::Release& release);
    // Of an approval, when stage has been looked at.
    [[nodiscard]] Reply
    approve_seen(const telegram::Press& press, const Callback& callback, const StageSight& sight);
    [[nodiscard]] Reply decide(const telegram::User& who,
                               const std::string& decision_id,
                               const Callback& callback,
                               const release::Release& release,
                               const std::string& reason,
                               store::Seen stage = store::Seen::unasked);
    [[nodiscard]] std::string refusal_text(const telegram::User& who,
                                           const release::Release& release,
                                           const store::Decided& decided) const;
    [[nodiscard]] Known known(const release::Release& release);
    [[nodiscard]] bool any_outrun();
    [[nodiscard]] Reply ask_rollback(const telegram::Press& press,
                                     const Callback& callback,
                                     const release::Release& release);
    [[nodiscard]] Reply roll_back(const telegram::Press& press,
                                  const Callback& callback,
                                  const release::Release& release);
    [[nodiscard]] Reply dispatch(const telegram::Press& press, const Callback& callback);
    // The pressed message as it should be now: the list's page, or the notice.
    [[nodiscard]] telegram::Text present(Origin origin, std::int64_t release_id);
    // To a press on what was right yesterday: the present state, and an event.
    [[nodiscard]] Reply moved_on(const telegram::Press& press,
                                 const Callback& callback,
                                 const release::Release& release);
    [[nodiscard]] Reply no(const telegram::User& who,
                           const std::string& text,
                           const std::string& why,
                           std::int64_t release_id,
                           const std::string& note_id,
                           const std::string& conflict = "");
    [[nodiscard]] bool counts(std::int64_t chat_id, std::int64_t person) const;
    // "" = he may.
    [[nodiscard]] std::string why_not(const telegram::User& who,
                                      std::int64_t chat_id,
                                      Action action,
                                      const release::Release& release) const;
    [[nodiscard]] telegram::Text status();

    store::ServerLedger& m_ledger;
    const config::Config& m_config;
    Operations* m_operations;
    WallClock m_clock;
    OwnName m_own_name;
};

} // namespace loomrel::bot
