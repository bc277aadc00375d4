#include "lib/bot/dialog.hpp"

#include "lib/base/json_text.hpp"
#include "lib/bot/dispatcher.hpp"
#include "lib/bot/notice_text.hpp"
#include "lib/bot/rollback_screens.hpp"
#include "lib/bot/settings.hpp"
#include "lib/release/exclusion.hpp"
#include "lib/telegram/text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace loomrel::bot {

namespace {

using messages::Id;
using messages::say;
using release::Status;

// Lists are counted up to here; beyond it says "1000+".
constexpr std::size_t k_most_pages = 1000;

std::optional<release::List> list_of(Origin origin) {
    switch (origin) {
    case Origin::active:
        return release::List::active;
    case Origin::successful:
        return release::List::successful;
    case Origin::failed:
        return release::List::failed;
    case Origin::outrun:
        return release::List::outrun;
    case Origin::notice:
        return std::nullopt;
    }
    return std::nullopt;
}

Origin origin_of(release::List list) {
    switch (list) {
    case release::List::active:
        return Origin::active;
    case release::List::successful:
        return Origin::successful;
    case release::List::failed:
        return Origin::failed;
    case release::List::outrun:
        return Origin::outrun;
    }
    return Origin::active;
}

bool is_decision(Action action) {
    return action == Action::ask_approve || action == Action::approve
           || action == Action::ask_reject || action == Action::reject
           || action == Action::dispatch;
}

bool is_rollback(Action action) {
    return action == Action::choose_rollback || action == Action::ask_rollback
           || action == Action::roll_back;
}

} // namespace

Reply toast(const std::string& text, bool alert) {
    Reply reply;
    reply.toast = text;
    reply.alert = alert;
    return reply;
}

Dialog::Dialog(store::ServerLedger& ledger,
               const config::Config& config,
               Operations* operations,
               WallClock clock,
               OwnName own_name)
    : m_ledger(ledger),
      m_config(config),
      m_operations(operations),
      m_clock(std::move(clock)),
      m_own_name(std::move(own_name)) {}

Context Dialog::context(const std::string& service) {
    std::string why;
    const bool can =
        m_operations != nullptr && !service.empty() && m_operations->can_roll_back(service, why);
    return {m_config, m_clock(), can};
}

Known Dialog::known(const release::Release& release) {
    Known known = known_of(m_ledger, release);
    known.looks = m_operations != nullptr;
    return known;
}

bool Dialog::any_outrun() {
    store::ReleaseQuery query;
    query.list = release::List::outrun;
    query.limit = 1;
    return !m_ledger.list_releases(query).empty();
}

Reply Dialog::open_page(const Callback& callback) {
    store::ReleaseQuery query;
    query.list = list_of(callback.origin);
    query.limit = static_cast<int>(k_most_pages) + 1;
    const std::vector<release::Release> all = m_ledger.list_releases(query);
    Reply reply;
    Page page;
    page.origin = callback.origin;
    page.more = all.size() > k_most_pages;
    page.pages = std::max<std::size_t>(std::min(all.size(), k_most_pages), 1);
    std::size_t at = 0;
    if (callback.release_id != 0) {
        // Newest first: what has left the list is replaced by the one that followed it.
        const auto here = std::find_if(
            all.begin(), all.end(), [&](const auto& one) { return one.id <= callback.release_id; });
        at = static_cast<std::size_t>(here - all.begin());
        const bool same = here != all.end() && here->id == callback.release_id;
        if (callback.extra == "+" && same) {
            ++at;
        } else if (callback.extra == "-" && at > 0) {
            --at;
        }
    }
    if (!all.empty()) {
        if (callback.extra == "+" && at >= page.pages) {
            reply.toast = say(m_config.language, Id::bot_list_end);
        }
        at = std::min(at, page.pages - 1);
        page.release = &all[at];
        page.number = at + 1;
        page.known = known(all[at]);
        if (all[at].state() == Status::manual_test_passed) {
            const auto dispatch = m_ledger.newest_dispatch(all[at].id);
            page.may_dispatch = may_dispatch_again(dispatch);
            page.run_link = dispatch ? dispatch->dispatch.run_link : "";
        }
    }
    page.any_outrun = all.empty() && any_outrun();
    reply.edit =
        list_page(context(page.release == nullptr ? "" : page.release->service_name), page);
    return reply;
}

telegram::Text Dialog::present(Origin origin, std::int64_t release_id) {
    const auto release = m_ledger.find_release(release_id);
    if (!release) {
        return {say(m_config.language, Id::bot_no_release), {}};
    }
    if (origin != Origin::notice) {
        // The list that has it now: an approved release has not gone, a rejected one has.
        const auto state = release->state();
        Origin now = origin;
        if (state) {
            now = origin_of(release::list_of(*state, release->is_outrun()));
        }
        return *open_page({Action::page, now, release_id, ""}).edit;
    }
    return render_present({m_config, &*release, known(*release)});
}

bool Dialog::counts(std::int64_t chat_id, std::int64_t person) const {
    return counts_in(m_config, chat_id, person)
           || counts_in(m_config, chat_id, person, m_ledger.moved_chats());
}

std::string Dialog::why_not(const telegram::User& who,
                            std::int64_t chat_id,
                            Action action,
                            const release::Release& release) const {
    const Language language = m_config.language;
    if (!counts(chat_id, who.id)) {
        return say(language, Id::bot_wrong_chat, fmt::arg("chat", chat_id));
    }
    if (is_decision(action) && !is_approver(m_config, who.id)) {
        return say(language, Id::bot_not_approver, fmt::arg("id", who.id));
    }
    if (is_rollback(action) && !is_admin(m_config, who.id)) {
        return say(language, Id::bot_not_admin, fmt::arg("id", who.id));
    }
    if (action == Action::approve || action == Action::ask_approve) {
        try {
            const release::ApprovalRules rules = m_config.approval_rules();
            const release::Origin origin = release.origin();
            check_not_own(rules, approver_of(rules, who.id), origin);
            check_sender(rules, origin);
            (void)council_of(rules, origin);
        } catch (const Error& error) {
            return in(language, error.message()) + ". " + in(language, error.hint());
        }
    }
    return "";
}

Reply Dialog::no(const telegram::User& who,
                 const std::string& text,
                 const std::string& why,
                 std::int64_t release_id,
                 const std::string& note_id,
                 const std::string& conflict) {
    Reply reply = toast(text, true);
    bool heard = false;
    if (release_id > 0) {
        store::NewNote note;
        note.id = note_id;
        note.release_id = release_id;
        note.actor = "telegram:" + std::to_string(who.id);
        note.source = "bot";
        nlohmann::json detail{{"refused", why}, {"telegram_id", who.id}, {"name", who.name}};
        if (!conflict.empty()) {
            detail["conflict"] = conflict;
        }
        note.detail = json_text(detail);
        heard = m_ledger.note_event(note);
    }
    if (!heard) {
        reply.unheard = why;
    }
    return reply;
}

Reply Dialog::moved_on(const telegram::Press& press,
                       const Callback& callback,
                       const release::Release& release) {
    Reply reply = no(press.from,
                     say(m_config.language,
                         Id::bot_moved_on,
                         fmt::arg("status", status_label(m_config.language, release.status))),
                     "moved_on",
                     release.id,
                     "bot:" + press.id);
    reply.edit = present(callback.origin, release.id);
    return reply;
}

Reply Dialog::pressed(const telegram::Press& press) {
    const Language language = m_config.language;
    const auto callback = parse_callback(press.data);
    // Strangers learn nothing, not even whether there is such a release.
    const bool known_place = counts(press.chat_id, press.from.id);
    const bool may_look =
        known_place && (press.chat_id != press.from.id || is_known(m_config, press.from.id));
    if (!may_look) {
        return no(press.from,
                  is_known(m_config, press.from.id)
                      ? say(language, Id::bot_wrong_chat, fmt::arg("chat", press.chat_id))
                      : say(language,
                            Id::bot_stranger,
                            fmt::arg("name", press.from.name),
                            fmt::arg("id", press.from.id)),
                  "stranger",
                  callback ? callback->release_id : 0,
                  "bot:" + press.id);
    }
    if (!callback) {
        return no(press.from, say(language, Id::bot_unknown_button), "unreadable", 0, "");
    }
    if (callback->action == Action::menu) {
        Reply reply;
        reply.edit = menu(context(), name_of(m_config, press.from.id, press.from.name));
        return reply;
    }
    if (callback->action == Action::nothing) {
        return {};
    }
    if (callback->action == Action::page && callback->origin != Origin::notice) {
        return open_page(*callback);
    }
    const auto release = m_ledger.find_release(callback->release_id);
    if (!release) {
        return no(press.from, say(language, Id::bot_no_release), "no_release", 0, "");
    }
    const std::string why = why_not(press.from, press.chat_id, callback->action, *release);
    if (!why.empty()) {
        return no(press.from,
                  why,
                  std::string(1, static_cast<char>(callback->action)),
                  release->id,
                  "bot:" + press.id);
    }
    return on_release(press, *callback, *release);
}

Reply Dialog::on_release(const telegram::Press& press,
                         const Callback& callback,
                         const release::Release& release) {
    Reply reply;
    switch (callback.action) {
    case Action::history:
        reply.edit = history_page(
            context(), callback.origin, release, m_ledger.events(release.id), any_outrun());
        return reply;
    case Action::ask_approve:
    case Action::ask_reject:
        return ask_decision(press, callback, release);
    case Action::approve:
        return approve(press, callback, release);
    case Action::reject:
        return decide(press.from, "bot:" + press.id, callback, release, "");
    case Action::choose_rollback:
    case Action::ask_rollback:
        return ask_rollback(press, callback, release);
    case Action::roll_back:
        return roll_back(press, callback, release);
    case Action::dispatch:
        return dispatch(press, callback);
    case Action::card:
    case Action::page:
        reply.edit = present(callback.origin, release.id);
        return reply;
    case Action::menu:
    case Action::nothing:
        return reply;
    }
    return reply;
}

} // namespace loomrel::bot
