#include "lib/base/text.hpp"
#include "lib/bot/dialog.hpp"
#include "lib/bot/settings.hpp"
#include "lib/telegram/text.hpp"

#include <algorithm>

// What is said rather than pressed.
namespace loomrel::bot {

namespace {

using messages::Id;
using messages::say;
using telegram::escape_line;

// Well below what Telegram takes (k_longest_message).
constexpr std::size_t k_longest_status = 3900;

// "/start@release_bot now" -> "/start", "release_bot"
struct Command {
    std::string name; // "" = it is none
    std::string bot;  // "" = whoever hears it
};

Command command_of(std::string_view text) {
    text = trim(text);
    if (!text.starts_with('/')) {
        return {};
    }
    // "/api/health" is a path, and "/users@me" too: a bot's name ends in "bot".
    const std::string_view word = text.substr(0, text.find_first_of(" \t\r\n"));
    const std::size_t sign = std::min(word.find('@'), word.size());
    const std::string_view name = word.substr(1, sign - 1);
    const std::string_view bot = word.substr(std::min(sign + 1, word.size()));
    const bool plain = !name.empty() && name.find_first_of("/.:?=&-") == std::string_view::npos;
    if (!plain || (sign < word.size() && !to_lower(bot).ends_with("bot"))) {
        return {};
    }
    return {std::string(word.substr(0, sign)), std::string(bot)};
}

// The question that a message with these buttons asks, if it wants a reason.
std::optional<Callback> question_in(const std::vector<std::string>& buttons) {
    for (const std::string& data : buttons) {
        const auto callback = parse_callback(data);
        if (callback && callback->action == Action::reject) {
            return callback;
        }
    }
    return std::nullopt;
}

// Lines of one message, as far as there is room: then "…", once.
class StatusLines {
public:
    explicit StatusLines(std::string html)
        : m_html(std::move(html)) {}

    void add(const std::string& line, std::size_t most) {
        if (m_full) {
            return;
        }
        const std::string longer = m_html + "\n" + line;
        m_full = telegram::utf16_length(telegram::plain_of(longer)) > most;
        m_html = m_full ? m_html + "\n…" : longer;
    }

    // What is said after it has room again.
    void begin(const std::string& title) {
        m_full = false;
        m_html += "\n\n" + title;
    }

    [[nodiscard]] const std::string& html() const { return m_html; }

private:
    std::string m_html;
    bool m_full = false;
};

} // namespace

std::optional<Reply> Dialog::said(const telegram::Said& said) {
    const Language language = m_config.language;
    const auto [command, bot] = command_of(said.text);
    // Another bot's buttons are no questions of ours, whatever is in them.
    const auto question =
        said.reply_to_bot == own_id(m_config) ? question_in(said.reply_to_buttons) : std::nullopt;
    const bool wanted = command == "/start" || command == "/status" || command == "/help";
    if (!bot.empty() && (wanted || question || command == "/id")) {
        const std::string own = m_own_name();
        if (!own.empty() && to_lower(own) != to_lower(bot)) {
            return std::nullopt; // another's
        }
    }
    Reply reply;
    reply.once = true;
    if (command == "/id") {
        reply.send = {
            say(language, Id::bot_id, fmt::arg("id", said.from.id), fmt::arg("chat", said.chat_id)),
            {}};
        return reply;
    }
    if (!wanted && !question) {
        return std::nullopt; // people talk
    }
    const bool own_chat = said.chat_id == said.from.id;
    if (!counts(said.chat_id, said.from.id) || (own_chat && !is_known(m_config, said.from.id))) {
        const std::string text = say(language,
                                     Id::bot_stranger,
                                     fmt::arg("name", said.from.name),
                                     fmt::arg("id", said.from.id));
        reply.unheard =
            no(said.from,
               "",
               "stranger",
               question ? question->release_id : 0,
               "bot:said:" + std::to_string(said.chat_id) + ":" + std::to_string(said.message_id))
                .unheard;
        reply.send = {telegram::escape_html(text), {}};
        return reply;
    }
    if (command == "/help") {
        reply.send = {say(language, Id::bot_help), {}};
        return reply;
    }
    if (command == "/status") {
        reply.send = status();
        return reply;
    }
    if (command == "/start") {
        reply.send = menu(context(), name_of(m_config, said.from.id, said.from.name));
        return reply;
    }
    // The reason of a rejection, as a reply to the question.
    if (!command.empty()) {
        reply.send = {say(language, Id::bot_command_no_reason), {}};
        return reply;
    }
    if (trim(said.text).empty()) {
        reply.send = {say(language, Id::bot_reason_wanted), {}};
        return reply;
    }
    const auto release = m_ledger.find_release(question->release_id);
    if (!release) {
        return std::nullopt;
    }
    const std::string id =
        "bot:said:" + std::to_string(said.chat_id) + ":" + std::to_string(said.message_id);
    const std::string why = why_not(said.from, said.chat_id, Action::reject, *release);
    Reply decided = why.empty() ? decide(said.from, id, *question, *release, said.text)
                                : no(said.from, why, "R", release->id, id);
    // Nobody pressed anything: what would be shown to a press is sent.
    decided.send = {telegram::escape_html(decided.toast), {}};
    decided.toast.clear();
    decided.edit_message = said.reply_to_message;
    return decided;
}

namespace {

// What production's hosts served when its last run told; "" = none has since `newest`, the
// service's newest that came there, did.
std::string last_served(store::Store& ledger, const release::Release& newest) {
    store::RunQuery query;
    query.service = newest.service_name;
    query.environment = "prod";
    for (const store::Run& run : ledger.list_runs(query)) {
        if (run.release_id != newest.id && run.started_at < newest.created_at) {
            break;
        }
        std::vector<std::string> names;
        for (const store::HostResult& host : ledger.run_hosts(run.id)) {
            const bool known = std::find(names.begin(), names.end(), host.serves) != names.end();
            if (!host.serves.empty() && !known) {
                names.push_back(host.serves);
            }
        }
        if (run.ended_at && !names.empty()) {
            return join(names, ", ");
        }
    }
    return "";
}

} // namespace

telegram::Text Dialog::status() {
    const Language language = m_config.language;
    store::ReleaseQuery query;
    query.list = release::List::active;
    query.limit = 20;
    const auto active = m_ledger.list_releases(query);
    StatusLines lines(say(language, Id::bot_status));
    lines.begin(say(language, active.empty() ? Id::bot_status_none : Id::bot_status_active));
    for (const release::Release& release : active) {
        lines.add(say(language,
                      Id::bot_status_release,
                      fmt::arg("status", escape_line(status_label(language, release.status))),
                      fmt::arg("service", escape_line(release.service_name, 100)),
                      fmt::arg("tag", escape_line(release.release_tag, 60))),
                  k_longest_status / 2);
    }
    // What the ledger says of production: what its last run left there; else the newest that came
    // there and was not taken back.
    query.list = release::List::successful;
    query.limit = 100;
    std::vector<std::string> told;
    for (const release::Release& release : m_ledger.list_releases(query)) {
        if (std::find(told.begin(), told.end(), release.service_name) != told.end()
            || told.size() == 20) {
            continue;
        }
        if (told.empty()) {
            lines.begin(say(language, Id::bot_status_serving));
        }
        told.push_back(release.service_name);
        std::string serves = last_served(m_ledger, release);
        if (serves.empty()) {
            const bool back = release.status == "rollback_done";
            serves = back ? release.rollback_to_tag : release.release_tag;
        }
        lines.add(say(language,
                      Id::bot_status_serves,
                      fmt::arg("service", escape_line(release.service_name, 100)),
                      fmt::arg("serves", escape_line(serves, 60))),
                  k_longest_status);
    }
    return {lines.html(), {}};
}

} // namespace loomrel::bot
