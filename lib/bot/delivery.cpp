#include "lib/bot/delivery.hpp"

#include "lib/bot/settings.hpp"

#include <algorithm>
#include <thread>

namespace loomrel::bot {

namespace {

using store::Notice;
using store::Settlement;
using telegram::Problem;
using What = Settlement::What;

constexpr const char* k_notices_lease = "notices";
// Longer than one call may take; renewed before each.
constexpr Milliseconds k_notices_lease_time{30000};
constexpr Milliseconds k_between_tries{100};
constexpr int k_batch = 500;
// Of a notice that nobody could be told: a chat configured months later is not flooded.
constexpr std::chrono::hours k_too_old{7 * 24};
constexpr const char* k_purpose = "card";

// A page of what is for people; rows for machines lie in the same outbox (lib/bot/dispatcher.hpp).
store::NoticeQuery told_after(std::int64_t id, int limit) {
    store::NoticeQuery query;
    query.kind = store::NoticeQuery::Kind::told;
    query.after = id;
    query.limit = limit;
    return query;
}

void consider(std::optional<Milliseconds>& next, Milliseconds wait) {
    next = next ? std::min(*next, wait) : wait;
}

} // namespace

Milliseconds wait_after(int attempts) {
    return Milliseconds(std::min(2000 << std::clamp(attempts, 0, 8), 300000));
}

Delivery::Delivery(store::ServerLedger& ledger,
                   telegram::Api& api,
                   const config::Config& config,
                   std::string owner,
                   Voice voice)
    : m_ledger(ledger),
      m_api(api),
      m_config(config),
      m_owner(std::move(owner)),
      m_voice(voice) {}

Delivery::Outcome Delivery::run(Deadline until, const std::function<bool()>& stopped) {
    Outcome outcome;
    m_held.clear();
    m_away = false;
    const auto over = [&] { return left_until(until).count() == 0 || (stopped && stopped()); };
    if (m_ledger.waiting_notices(told_after(0, 1)).empty()) {
        return outcome;
    }
    if (!m_ledger.take_lease(k_notices_lease, m_owner, k_notices_lease_time)) {
        outcome.elsewhere = true;
        outcome.next_in = Milliseconds{2000};
        return outcome;
    }
    // Read under the lease: what was there before may have been sent by its last holder. Page by
    // page to the end: many that wait for one chat hold up no other, and what has come meanwhile
    // is not left to somebody who has given up waiting for the lease.
    m_moved = m_ledger.moved_chats();
    std::int64_t last = 0;
    for (;;) {
        const std::vector<Notice> page = m_ledger.waiting_notices(told_after(last, k_batch));
        if (page.empty()) {
            break;
        }
        last = page.back().id;
        for (const Notice& notice : page) {
            const auto place = place_of(m_config, environment_of(notice), m_moved);
            if (place && m_held.count(place->chat_id) != 0) {
                ++outcome.waiting;
                continue;
            }
            if (over() || m_away
                || !m_ledger.take_lease(k_notices_lease, m_owner, k_notices_lease_time)) {
                ++outcome.waiting; // and whatever stands behind it
                consider(outcome.next_in, m_away ? wait_after(2) : Milliseconds{0});
                m_ledger.drop_lease(k_notices_lease, m_owner);
                return outcome;
            }
            m_api.set_deadline(std::min(until, deadline_in(Milliseconds{12000})));
            deliver(notice, outcome);
        }
    }
    m_ledger.drop_lease(k_notices_lease, m_owner);
    return outcome;
}

Delivery::Outcome Delivery::run_in_turn(Deadline until) {
    Outcome outcome = run(until);
    while (outcome.elsewhere && left_until(until) > k_between_tries) {
        std::this_thread::sleep_for(k_between_tries);
        outcome = run(until);
    }
    return outcome;
}

Known Delivery::known(const release::Release& release) {
    Known known = known_of(m_ledger, release);
    known.looks = m_voice == Voice::server;
    return known;
}

std::optional<NoticeText> Delivery::text_of(const Notice& notice) {
    NoticeFacts facts{m_config, nullptr, {}};
    std::optional<release::Release> release;
    if (notice.release_id) {
        release = m_ledger.find_release(*notice.release_id);
    }
    if (release) {
        facts.known = known(*release);
        // This notice tells of one move, the release may have made others since.
        if (notice.event && notice.event->from != notice.event->to) {
            facts.known.last = notice.event;
        }
    }
    facts.release = release ? &*release : nullptr;
    return render(notice, facts);
}

void Delivery::deliver(Notice notice, Outcome& outcome) {
    const auto text = text_of(notice);
    if (!text) {
        ++outcome.parked;
        settle(notice, What::parked, "this version of loomrel cannot tell a " + notice.kind);
        return;
    }
    const auto place = place_of(m_config, text->environment, m_moved);
    if (!place) {
        ++outcome.parked;
        settle(notice, What::parked, "[telegram] chat_id is not set");
        return;
    }
    if (notice.due_in.count() > 0) {
        m_held.insert(place->chat_id);
        ++outcome.waiting;
        consider(outcome.next_in, notice.due_in);
        return;
    }
    // A message that is there says what happened; sent again it would say it twice.
    std::int64_t& message = notice.message_id;
    try {
        message = message == 0 ? send(notice, *text, *place) : message;
        if (message != 0 && !text->document.empty()) {
            (void)m_api.send_document(*place, text->document_name, text->document, message);
        }
        settle(notice, What::sent, "");
        ++outcome.sent;
        show_elsewhere(notice, *text, *place);
    } catch (const Problem& problem) {
        const std::string why = problem.what();
        outcome.trouble = why;
        switch (problem.kind()) {
        case Problem::Kind::refused:
        case Problem::Kind::message_gone:
            outcome.parked += message == 0 ? 1 : 0;
            outcome.sent += message == 0 ? 0 : 1;
            settle(notice, message == 0 ? What::parked : What::sent, why);
            break;
        case Problem::Kind::too_many:
            later(notice, place->chat_id, why, problem.retry_after(), outcome);
            break;
        case Problem::Kind::away:
        case Problem::Kind::unauthorised:
        case Problem::Kind::conflict:
        case Problem::Kind::cancelled:
            // No other chat would fare better.
            m_away = true;
            later(notice, place->chat_id, why, wait_after(notice.attempts), outcome);
            break;
        }
    }
}

void Delivery::later(const Notice& notice,
                     std::int64_t chat,
                     const std::string& why,
                     Milliseconds wait,
                     Outcome& outcome) {
    m_held.insert(chat);
    if (now() - notice.created_at > k_too_old) {
        ++outcome.parked;
        settle(notice, What::parked, why);
        return;
    }
    ++outcome.waiting;
    consider(outcome.next_in, wait);
    settle(notice, What::waiting, why, wait);
}

void Delivery::settle(const Notice& notice,
                      What what,
                      const std::string& error,
                      Milliseconds due_again) {
    m_ledger.settle_notice({what, notice.id, error, due_again, notice.dispatch, notice.message_id});
}

// Presses in the new chat count by this, on whichever server they come in.
void Delivery::learn_moves() {
    for (const auto& [old_id, new_id] : m_api.moved_chats()) {
        if (m_moved.emplace(old_id, new_id).second) {
            m_ledger.keep_moved_chat(old_id, new_id);
        }
    }
}

// What the release is by now, where the notice tells of a move that it has gone on from since.
std::optional<telegram::Text> Delivery::present_if_late(const Notice& notice) {
    const auto release = notice.event && notice.release_id
                             ? m_ledger.find_release(*notice.release_id)
                             : std::nullopt;
    if (!release || release->status == notice.event->to) {
        return std::nullopt;
    }
    return render_present({m_config, &*release, known(*release)});
}

// Stage and production may have chats of their own: where the release was told before, it is shown
// as it moves on. A display only: what Telegram does not take now, the next move shows.
void Delivery::show_elsewhere(const Notice& notice,
                              const NoticeText& text,
                              const telegram::ChatTarget& place) {
    if (!notice.event || !notice.release_id || present_if_late(notice)) {
        return;
    }
    for (const std::string environment : {"stage", "prod"}) {
        const auto other = place_of(m_config, environment, m_moved);
        const bool skip =
            !other || m_held.count(other->chat_id) != 0
            || (other->chat_id == place.chat_id && other->thread_id == place.thread_id);
        const auto shown =
            skip ? std::nullopt
                 : m_ledger.find_message(
                     {*notice.release_id, other->chat_id, other->thread_id, k_purpose});
        if (!shown) {
            continue;
        }
        try {
            m_api.edit_message(other->chat_id, *shown, {text.text.html, {}});
        } catch (const Problem&) {
        }
    }
}

std::int64_t
Delivery::send(const Notice& notice, const NoticeText& text, const telegram::ChatTarget& place) {
    std::optional<store::MessagePlace> card;
    std::optional<std::int64_t> shown;
    if (notice.release_id && !text.stands_beside) {
        card = {*notice.release_id, place.chat_id, place.thread_id, k_purpose};
        shown = m_ledger.find_message(*card);
    }
    if (shown) {
        try {
            // Also where a new message follows: the old one's buttons are not for pressing any
            // more.
            telegram::Text old = present_if_late(notice).value_or(text.text);
            if (text.calls) {
                old.keyboard.clear();
            }
            m_api.edit_message(place.chat_id, *shown, old);
            if (!text.calls) {
                return 0;
            }
        } catch (const Problem& problem) {
            if (problem.kind() != Problem::Kind::message_gone
                && problem.kind() != Problem::Kind::refused) {
                throw;
            }
        }
    }
    if (text.only_edits) {
        return 0;
    }
    const std::int64_t sent = m_api.send_message(place, text.text);
    learn_moves();
    if (card) {
        const auto moved = m_moved.find(card->chat_id);
        card->chat_id = moved == m_moved.end() ? card->chat_id : moved->second;
        m_ledger.keep_message(*card, sent);
    }
    return sent;
}

} // namespace loomrel::bot
