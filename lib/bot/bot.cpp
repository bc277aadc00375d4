#include "lib/bot/bot.hpp"

#include "lib/bot/live_message.hpp"
#include "lib/bot/settings.hpp"
#include "lib/telegram/text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace loomrel::bot {

namespace {

using telegram::Problem;

constexpr std::size_t k_remembered = 2000;
constexpr std::size_t k_most_works = 8;
constexpr Milliseconds k_one_call{8000};
constexpr Milliseconds k_own_name{2000};
constexpr Milliseconds k_name_again{60000};
// An edit that Telegram puts off for longer is left to the next notice about the release.
constexpr Milliseconds k_longest_wait{4000};

} // namespace

bool is_for_later(const Error& error) {
    // Also a schema that is not up to date yet, or a right that is missing: what can be mended.
    return error.kind() == ErrorKind::config
           || (error.kind() == ErrorKind::ledger && error.code() != store::k_rejected);
}

Bot::Bot(BotParts parts)
    : m_parts(std::move(parts)),
      m_api(m_parts.telegram),
      m_dialog(m_parts.ledger, m_parts.config, m_parts.operations, m_parts.clock, [this] {
          return own_name();
      }) {}

Bot::~Bot() {
    for (Work& work : m_works) {
        work.thread.join();
    }
}

// Asked for once, and not before somebody names a bot: whoever decides waits for it.
std::string Bot::own_name() {
    if (m_own_name.empty() && left_until(m_name_again).count() == 0) {
        telegram::Api api(m_parts.telegram); // the other one is the teller's
        api.set_deadline(deadline_in(k_own_name));
        try {
            m_own_name = api.get_me().username;
        } catch (const Problem& problem) {
            m_name_again = deadline_in(k_name_again);
            m_parts.trouble("getMe", problem.what());
        }
    }
    return m_own_name;
}

bool Bot::seen(std::int64_t update_id) const {
    return std::find(m_seen.begin(), m_seen.end(), update_id) != m_seen.end();
}

void Bot::handle(const std::vector<telegram::Update>& updates) {
    Outgoing outgoing;
    try {
        for (const telegram::Update& update : updates) {
            decide(update, outgoing);
        }
    } catch (const Error&) {
        tell(outgoing);
        throw;
    }
    tell(outgoing);
}

void Bot::decide(const telegram::Update& update, Outgoing& outgoing) {
    if (seen(update.id)) {
        return;
    }
    const auto began = std::chrono::steady_clock::now();
    const auto count = [&](bool ok) {
        if (m_parts.handled) {
            m_parts.handled(
                ok,
                std::chrono::duration_cast<Milliseconds>(std::chrono::steady_clock::now() - began));
        }
    };
    try {
        decide_one(update, outgoing);
        count(true);
    } catch (const Error& error) {
        count(false);
        if (is_for_later(error)) {
            throw;
        }
        // One that cannot be handled must not hold up those behind it for ever.
        m_parts.trouble("update " + std::to_string(update.id), error.message().en);
    }
    m_seen.push_back(update.id);
    if (m_seen.size() > k_remembered) {
        m_seen.pop_front();
    }
}

// An update is remembered after it was handled: a crash between the two then loses no press.
void Bot::decide_one(const telegram::Update& update, Outgoing& outgoing) {
    if (update.press) {
        on_press(*update.press, update.id, outgoing);
    } else if (update.said) {
        on_said(*update.said, update.id, outgoing);
    } else if (update.move && is_configured_chat(m_parts.config, update.move->from)) {
        m_parts.ledger.keep_moved_chat(update.move->from, update.move->to);
        m_parts.trouble("chat " + std::to_string(update.move->from),
                        "is " + std::to_string(update.move->to)
                            + " now; change [telegram] chat_id");
    } else if (update.membership && !update.membership->in) {
        m_parts.trouble("chat " + std::to_string(update.membership->chat_id),
                        "the bot was thrown out");
    }
    (void)m_parts.ledger.take_update(update.id);
}

void Bot::note_unheard(const Reply& reply, std::int64_t who) {
    if (!reply.unheard.empty() && m_parts.refused) {
        m_parts.refused(reply.unheard, who);
    }
}

void Bot::on_press(const telegram::Press& press, std::int64_t update_id, Outgoing& outgoing) {
    Reply reply = m_dialog.pressed(press);
    note_unheard(reply, press.from.id);
    if ((reply.work || reply.later) && is_busy()) {
        reply = {};
        reply.toast = messages::say(
            m_parts.config.language, messages::Id::bot_try_again, fmt::arg("reason", "…"));
    }
    if (reply.later) {
        start_later(press, reply);
        return; // it answers
    }
    const bool works = reply.work && press.message_id != 0;
    // What must not be done twice is remembered first, and that as late as can be: whatever fails
    // before leaves it to be done. One that comes again is answered, and begins nothing: whether it
    // did then is not known here.
    const bool again = works && reply.once && !m_parts.ledger.take_update(update_id);
    if (again) {
        reply.toast = messages::say(m_parts.config.language, messages::Id::bot_pressed_before);
    }
    outgoing.answers.push_back({press.id, reply.toast, reply.alert});
    if (reply.edit && press.message_id != 0) {
        outgoing.edits.insert_or_assign({press.chat_id, press.message_id}, *reply.edit);
    }
    if (works && !again) {
        start_work(press, reply);
    }
}

void Bot::on_said(const telegram::Said& said, std::int64_t update_id, Outgoing& outgoing) {
    const auto reply = m_dialog.said(said);
    if (!reply || (reply->once && !m_parts.ledger.take_update(update_id))) {
        return;
    }
    note_unheard(*reply, said.from.id);
    if (reply->send) {
        outgoing.messages.push_back({{said.chat_id, said.thread_id}, *reply->send});
    }
    if (reply->edit && reply->edit_message != 0) {
        outgoing.edits.insert_or_assign({said.chat_id, reply->edit_message}, *reply->edit);
    }
}

// Telegram's troubles change nothing about what was decided. Gives whether it is there at all.
bool Bot::call(telegram::Api& api, const std::string& what, const std::function<void()>& action) {
    api.set_deadline(deadline_in(k_one_call));
    try {
        action();
    } catch (const Problem& problem) {
        m_parts.trouble(what, problem.what());
        return problem.kind() != Problem::Kind::away;
    }
    return true;
}

void Bot::tell(const Outgoing& outgoing) {
    tell(m_api, outgoing);
}

void Bot::tell(telegram::Api& api, const Outgoing& outgoing) {
    for (const Outgoing::Answer& one : outgoing.answers) {
        if (!call(api, "answerCallbackQuery", [&] {
                api.answer_press(one.press_id, one.toast, one.alert);
            })) {
            return; // the rest would take as long, and is not worth keeping others waiting
        }
    }
    for (const Outgoing::Message& one : outgoing.messages) {
        if (!call(api, "sendMessage", [&] { api.send_message(one.place, one.text); })) {
            return;
        }
    }
    for (const auto& [place, text] : outgoing.edits) {
        const auto edit = [&] { api.edit_message(place.first, place.second, text); };
        const auto edit_soon = [&] {
            try {
                edit();
            } catch (const Problem& problem) {
                if (problem.kind() != Problem::Kind::too_many
                    || problem.retry_after() > k_longest_wait) {
                    throw;
                }
                std::this_thread::sleep_for(problem.retry_after());
                api.set_deadline(deadline_in(k_one_call));
                edit();
            }
        };
        if (!call(api, "editMessageText", edit_soon)) {
            return;
        }
    }
}

telegram::Text Bot::could_not(const Error& error, const telegram::Press& press) const {
    const Language language = m_parts.config.language;
    const std::string reason = in(language, error.message()) + (error.hint().empty() ? "" : "\n")
                               + in(language, error.hint());
    const auto callback = parse_callback(press.data);
    return {messages::say(language,
                          messages::Id::bot_try_again,
                          fmt::arg("reason", telegram::escape_html(reason))),
            {{button(language,
                     messages::Id::bot_button_back,
                     back_to(callback->origin, callback->release_id))}}};
}

bool Bot::is_busy() const {
    return m_works.size() >= k_most_works
           && std::none_of(
               m_works.begin(), m_works.end(), [](const Work& work) { return work.ended->load(); });
}

void Bot::start(std::function<void()> work) {
    std::erase_if(m_works, [](Work& old) {
        if (old.ended->load()) {
            old.thread.join();
            return true;
        }
        return false;
    });
    auto ended = std::make_shared<std::atomic<bool>>(false);
    std::thread thread([this, ended, work = std::move(work)] {
        try {
            work();
        } catch (const std::exception& error) {
            m_parts.trouble("work", error.what());
        }
        ended->store(true);
    });
    m_works.push_back({std::move(thread), std::move(ended)});
}

void Bot::start_work(const telegram::Press& press, const Reply& reply) {
    start([this, work = reply.work, press] {
        LiveMessage live(m_parts.telegram, press.chat_id, press.message_id);
        const auto show = [&live](const telegram::Text& text) { live.show(text); };
        try {
            work(*m_parts.operations, show);
        } catch (const Error& error) {
            show(could_not(error, press));
        } catch (const std::exception& bug) {
            m_parts.trouble("work", bug.what());
            show(could_not(bug_error(bug), press));
        }
    });
}

void Bot::start_later(const telegram::Press& press, const Reply& reply) {
    start([this, later = reply.later, press] {
        Outgoing outgoing;
        // Whoever pressed waits for an answer, whatever went wrong.
        const auto could_not_answer = [&](const Error& error) {
            const Language language = m_parts.config.language;
            m_parts.trouble("press", error.what());
            outgoing.answers.push_back(
                {press.id,
                 messages::say(language,
                               messages::Id::bot_try_again,
                               fmt::arg("reason", in(language, error.message()))),
                 true});
        };
        try {
            const auto ledger = m_parts.open_ledger();
            const Reply answer = later(*ledger, *m_parts.operations);
            note_unheard(answer, press.from.id);
            outgoing.answers.push_back({press.id, answer.toast, answer.alert});
            if (answer.edit && press.message_id != 0) {
                outgoing.edits.insert_or_assign({press.chat_id, press.message_id}, *answer.edit);
            }
        } catch (const Error& error) {
            could_not_answer(error);
        } catch (const std::exception& bug) {
            could_not_answer(bug_error(bug));
        }
        telegram::Api api(m_parts.telegram); // the other one is the teller's
        tell(api, outgoing);
    });
}

} // namespace loomrel::bot
