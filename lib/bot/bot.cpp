#include "lib/bot/bot.hpp"

#include "lib/bot/settings.hpp"
#include "lib/telegram/text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <utility>

namespace loomrel::bot {

namespace {

using telegram::Problem;

constexpr std::size_t k_remembered = 2000;
constexpr std::size_t k_most_works = 4;
// An edit that Telegram puts off for longer is left to the next notice about the release.
constexpr Milliseconds k_longest_wait{4000};
// Live progress: Telegram allows about one message a second and chat.
constexpr Milliseconds k_between_edits{1100};

// What may be done twice is remembered after it was done: a crash between the two then loses no
// press. What may not is remembered first.
bool may_be_repeated(const telegram::Update& update) {
    if (update.press) {
        const auto callback = parse_callback(update.press->data);
        return !callback || callback->action != Action::roll_back;
    }
    return update.said && !update.said->reply_to_buttons.empty();
}

// Shows how a long work goes on in the message it was started from, from a thread of its own: what
// came while Telegram could not be told is told as soon as it can.
class LiveMessage {
public:
    LiveMessage(telegram::Options options, std::int64_t chat_id, std::int64_t message_id)
        : m_api(std::move(options)),
          m_chat_id(chat_id),
          m_message_id(message_id),
          m_thread([this] { run(); }) {}

    LiveMessage(const LiveMessage&) = delete;
    LiveMessage& operator=(const LiveMessage&) = delete;

    // The last state must get there.
    ~LiveMessage() {
        {
            const std::lock_guard guard(m_mutex);
            m_over = true;
        }
        m_news.notify_one();
        m_thread.join();
    }

    void show(const telegram::Text& text) {
        {
            const std::lock_guard guard(m_mutex);
            m_latest = text;
        }
        m_news.notify_one();
    }

private:
    void run() {
        std::unique_lock guard(m_mutex);
        int tries = 0;
        while (true) {
            m_news.wait(guard, [this] { return m_latest || m_over; });
            if (!m_latest || tries == k_last_tries) {
                return;
            }
            (void)m_news.wait_until(guard, m_not_before, [] { return false; });
            const telegram::Text text = *std::exchange(m_latest, std::nullopt);
            const bool last = m_over;
            guard.unlock();
            const bool shown = send(text);
            guard.lock();
            if (!shown && !m_latest) {
                m_latest = text;
            }
            tries += last ? 1 : 0;
        }
    }

    // False = to be tried again.
    bool send(const telegram::Text& text) {
        m_not_before = std::chrono::steady_clock::now() + k_between_edits;
        try {
            m_api.edit_message(m_chat_id, m_message_id, text);
        } catch (const Problem& problem) {
            if (problem.kind() == Problem::Kind::too_many) {
                m_not_before = std::chrono::steady_clock::now()
                               + std::min(problem.retry_after(), Milliseconds{30000});
            }
            return problem.kind() != Problem::Kind::too_many
                   && problem.kind() != Problem::Kind::away;
        }
        return true;
    }

    static constexpr int k_last_tries = 5;

    telegram::Api m_api;
    std::int64_t m_chat_id;
    std::int64_t m_message_id;
    std::mutex m_mutex;
    std::condition_variable m_news;
    std::optional<telegram::Text> m_latest; // not shown yet
    bool m_over = false;
    Deadline m_not_before{};
    std::thread m_thread;
};

} // namespace

Bot::Bot(BotParts parts)
    : m_parts(std::move(parts)),
      m_api(m_parts.telegram),
      m_dialog(m_parts.ledger, m_parts.config, m_parts.operations, m_parts.clock) {}

Bot::~Bot() {
    for (Work& work : m_works) {
        work.thread.join();
    }
}

bool Bot::seen(std::int64_t update_id) const {
    return std::find(m_seen.begin(), m_seen.end(), update_id) != m_seen.end();
}

void Bot::handle_update(const std::string& json) {
    if (const auto update = telegram::read_update(json)) {
        handle({*update});
    }
}

void Bot::handle(const std::vector<telegram::Update>& updates) {
    Edits edits;
    for (const telegram::Update& update : updates) {
        if (seen(update.id)) {
            continue;
        }
        const auto began = std::chrono::steady_clock::now();
        bool ok = false;
        const auto tell = [&] {
            if (m_parts.handled) {
                m_parts.handled(ok,
                                std::chrono::duration_cast<Milliseconds>(
                                    std::chrono::steady_clock::now() - began));
            }
        };
        try {
            handle_one(update, edits);
            ok = true;
        } catch (const Error& error) {
            if (error.kind() == ErrorKind::ledger) {
                tell();
                show(edits);
                throw;
            }
            // One that cannot be handled must not hold up those behind it for ever.
            m_parts.trouble("update " + std::to_string(update.id), error.message().en);
        }
        tell();
        m_seen.push_back(update.id);
        if (m_seen.size() > k_remembered) {
            m_seen.pop_front();
        }
    }
    show(edits);
}

void Bot::handle_one(const telegram::Update& update, Edits& edits) {
    const bool repeatable = may_be_repeated(update);
    if (!repeatable && !m_parts.ledger.take_update(update.id)) {
        return;
    }
    if (update.press) {
        on_press(*update.press, edits);
    } else if (update.said) {
        on_said(*update.said, edits);
    } else if (update.membership && !update.membership->in) {
        m_parts.trouble("chat " + std::to_string(update.membership->chat_id),
                        "the bot was thrown out");
    }
    if (repeatable) {
        (void)m_parts.ledger.take_update(update.id);
    }
}

// Telegram's troubles change nothing about what was decided.
void Bot::call(const std::string& what, const std::function<void()>& action) {
    try {
        action();
    } catch (const Problem& problem) {
        m_parts.trouble(what, problem.what());
    }
}

void Bot::on_press(const telegram::Press& press, Edits& edits) {
    m_api.set_deadline(deadline_in(Milliseconds{8000}));
    Reply reply = m_dialog.pressed(press);
    const bool busy = reply.work && m_works.size() >= k_most_works
                      && std::none_of(m_works.begin(), m_works.end(), [](const Work& work) {
                             return work.ended->load();
                         });
    if (busy) {
        reply = {};
        reply.toast = messages::say(
            m_parts.config.language, messages::Id::bot_try_again, fmt::arg("reason", "…"));
    }
    call("answerCallbackQuery", [&] { m_api.answer_press(press.id, reply.toast, reply.alert); });
    if (reply.edit && press.message_id != 0) {
        edits.insert_or_assign({press.chat_id, press.message_id}, *reply.edit);
    }
    if (reply.work && press.message_id != 0) {
        start_work(press, reply);
    }
}

void Bot::on_said(const telegram::Said& said, Edits& edits) {
    m_api.set_deadline(deadline_in(Milliseconds{8000}));
    const auto reply = m_dialog.said(said);
    if (!reply) {
        return;
    }
    if (reply->send) {
        call("sendMessage", [&] {
            m_api.send_message({said.chat_id, said.thread_id}, *reply->send);
        });
    }
    if (reply->edit && reply->edit_message != 0) {
        edits.insert_or_assign({said.chat_id, reply->edit_message}, *reply->edit);
    }
}

void Bot::show(Edits& edits) {
    for (const auto& [place, text] : edits) {
        m_api.set_deadline(deadline_in(Milliseconds{8000}));
        const auto edit = [&] { m_api.edit_message(place.first, place.second, text); };
        try {
            edit();
        } catch (const Problem& problem) {
            if (problem.kind() == Problem::Kind::too_many
                && problem.retry_after() <= k_longest_wait) {
                std::this_thread::sleep_for(problem.retry_after());
                m_api.set_deadline(deadline_in(Milliseconds{8000}));
                call("editMessageText", edit);
            } else {
                m_parts.trouble("editMessageText", problem.what());
            }
        }
    }
    edits.clear();
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

void Bot::start_work(const telegram::Press& press, const Reply& reply) {
    std::erase_if(m_works, [](Work& work) {
        if (work.ended->load()) {
            work.thread.join();
            return true;
        }
        return false;
    });
    auto ended = std::make_shared<std::atomic<bool>>(false);
    std::thread thread([this, ended, work = reply.work, press] {
        {
            LiveMessage live(m_parts.telegram, press.chat_id, press.message_id);
            const auto show = [&live](const telegram::Text& text) { live.show(text); };
            try {
                work(*m_parts.operations, show);
            } catch (const Error& error) {
                show(could_not(error, press));
            } catch (const std::exception& error) {
                m_parts.trouble("work", error.what());
            }
        }
        ended->store(true);
    });
    m_works.push_back({std::move(thread), std::move(ended)});
}

} // namespace loomrel::bot
