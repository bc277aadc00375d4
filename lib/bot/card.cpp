#include "lib/bot/card.hpp"

#include "lib/bot/settings.hpp"
#include "lib/messages/status_texts.hpp"
#include "lib/telegram/text.hpp"

#include <algorithm>

namespace loomrel::bot {

namespace {

using messages::Id;
using messages::say;
using release::Status;
using telegram::escape_line;

Id title_of(Origin origin) {
    switch (origin) {
    case Origin::active:
    case Origin::notice:
        return Id::bot_list_active;
    case Origin::successful:
        return Id::bot_list_successful;
    case Origin::failed:
        return Id::bot_list_failed;
    case Origin::outrun:
        return Id::bot_list_outrun;
    }
    return Id::bot_list_active;
}

class Lines {
public:
    explicit Lines(Language language)
        : m_language(language) {}

    template <typename... Arguments> void add(Id id, Arguments&&... arguments) {
        add_text(messages::format(m_language, id, fmt::make_format_args(arguments...)));
    }

    void add_text(const std::string& text) { m_text += (m_text.empty() ? "" : "\n") + text; }

    [[nodiscard]] const std::string& text() const { return m_text; }

private:
    Language m_language;
    std::string m_text;
};

std::string card_text(const Context& context, const Page& page) {
    const config::Config& config = context.config;
    const release::Release& release = *page.release;
    const auto date = [&](Time time) { return to_local_minute(time, config.timezone); };
    Lines lines(config.language);
    lines.add(Id::bot_card_service, fmt::arg("service", escape_line(release.service_name)));
    lines.add(Id::bot_card_tag, fmt::arg("tag", escape_line(release.release_tag)));
    std::string status = status_label(config.language, release.status);
    if (release.unverified) {
        status += " (" + say(config.language, Id::event_unverified) + ")";
    }
    lines.add(Id::bot_card_status, fmt::arg("status", escape_line(status)));
    lines.add(Id::bot_card_author, fmt::arg("author", escape_line(release.initiated_by, 100)));
    if (const auto outrun = outrun_line(config.language, release, page.known); !outrun.empty()) {
        lines.add_text(outrun);
    }
    // A row of the time before loomrel may have none.
    if (release.created_at) {
        lines.add(Id::bot_card_created, fmt::arg("time", date(*release.created_at)));
    }
    const bool deployed = page.origin == Origin::successful;
    if (release.completed_at && page.origin != Origin::active) {
        lines.add(deployed ? Id::bot_card_deployed : Id::bot_card_ended,
                  fmt::arg("time", date(*release.completed_at)));
    }
    // A version that failed and was not put back is said to serve by itself.
    if (!release.rollback_to_tag.empty() && release.rollback_to_tag != release.release_tag) {
        lines.add(Id::bot_card_went_back, fmt::arg("tag", escape_line(release.rollback_to_tag)));
    }
    const std::string link = safe_link(release.github_action_link);
    if (!link.empty()) {
        lines.add(Id::bot_card_link, fmt::arg("link", telegram::escape_html(link)));
    }
    const std::string run = safe_link(page.run_link);
    if (!run.empty()) {
        lines.add(Id::bot_card_run, fmt::arg("link", telegram::escape_html(run)));
    }
    if (page.origin == Origin::active && release.created_at) {
        const auto time =
            std::chrono::duration_cast<Milliseconds>(context.now - *release.created_at);
        lines.add(Id::bot_card_elapsed, fmt::arg("duration", duration(config.language, time)));
    }
    const std::string approved = approved_by(config, release, page.known.approvals);
    if (!approved.empty()) {
        lines.add_text(approved);
    }
    if (const auto shown = what_is_approved(config, release, page.known); !shown.empty()) {
        lines.add_text("\n" + shown);
    }
    return lines.text();
}

void add_decisions(const Context& context, const Page& page, telegram::Keyboard& keyboard) {
    const Language language = context.config.language;
    const release::Release& release = *page.release;
    const std::string commit = short_commit(release.commit_sha.value_or(""));
    const auto ask = [&](Id id, Action action, const std::string& extra) {
        return button(language, id, {action, page.origin, release.id, extra});
    };
    const auto state = release.state();
    if (release.is_outrun()) {
        return;
    }
    if (state == Status::manual_testing) {
        keyboard.push_back({ask(Id::bot_button_reject, Action::ask_reject, commit)});
        if (can_be_approved(release)) {
            keyboard.back().insert(keyboard.back().begin(),
                                   ask(Id::bot_button_approve, Action::ask_approve, commit));
        }
    } else if (state == Status::manual_test_passed) {
        keyboard.push_back({ask(Id::bot_button_reject, Action::ask_reject, commit)});
        if (page.may_dispatch) {
            keyboard.back().insert(keyboard.back().begin(),
                                   ask(Id::bot_button_dispatch, Action::dispatch, ""));
        }
    } else if (context.can_roll_back
               && (state == Status::deployed || state == Status::rollback_done
                   || state == Status::production_failed || state == Status::rollback_failed)) {
        keyboard.push_back({ask(Id::bot_button_rollback, Action::choose_rollback, "")});
    }
}

void add_pages(const Context& context, const Page& page, telegram::Keyboard& keyboard) {
    if (page.pages < 2) {
        return;
    }
    const std::string number =
        say(context.config.language,
            Id::bot_page,
            fmt::arg("page", page.number),
            fmt::arg("pages", std::to_string(page.pages) + (page.more ? "+" : "")));
    const auto go = [&](const char* sign, const char* extra) {
        return telegram::Button{sign,
                                to_data({Action::page, page.origin, page.release->id, extra})};
    };
    std::vector<telegram::Button> row;
    if (page.number > 1) {
        row.push_back(go("⬅️", "-"));
    }
    row.push_back({number, to_data({Action::nothing, page.origin, page.release->id, ""})});
    if (page.number < page.pages || page.more) {
        row.push_back(go("➡️", "+"));
    }
    keyboard.push_back(std::move(row));
}

} // namespace

std::string status_label(Language language, const std::string& status) {
    const auto known = release::parse_status(status);
    return known ? messages::label(language, *known) : status;
}

std::string duration(Language language, Milliseconds time) {
    const std::int64_t all = std::max<std::int64_t>(time.count(), 0) / 60000;
    if (all < 60) {
        return say(language, Id::bot_minutes, fmt::arg("minutes", all));
    }
    if (all < 24 * 60) {
        return say(
            language, Id::bot_hours, fmt::arg("hours", all / 60), fmt::arg("minutes", all % 60));
    }
    return say(language,
               Id::bot_days,
               fmt::arg("days", all / (24 * 60)),
               fmt::arg("hours", all / 60 % 24));
}

std::string approved_by(const config::Config& config,
                        const release::Release& release,
                        const std::vector<store::Approval>& approvals) {
    std::string names;
    int have = 0;
    for (const store::Approval& one : approvals) {
        if (one.verdict == store::Verdict::approved
            && is_of_council(config, release, one.approver_id)) {
            names += (names.empty() ? "" : ", ") + escape_line(one.approver_name, 60);
            ++have;
        }
    }
    return have == 0 ? ""
                     : say(config.language,
                           Id::notice_approved_by,
                           fmt::arg("names", names),
                           fmt::arg("have", have),
                           fmt::arg("needed", needed_approvals(config, release)));
}

telegram::Button button(Language language, Id id, const Callback& callback) {
    return {say(language, id), to_data(callback)};
}

std::vector<telegram::Button> to_outrun(Language language) {
    return {button(language, Id::bot_list_outrun, {Action::page, Origin::outrun, 0, ""})};
}

Callback back_to(Origin origin, std::int64_t release_id) {
    return {origin == Origin::notice ? Action::card : Action::page, origin, release_id, ""};
}

std::string safe_link(const std::string& link) {
    const bool web = link.starts_with("https://") || link.starts_with("http://");
    const bool plain = std::all_of(link.begin(), link.end(), [](char letter) {
        return letter > ' ' && letter < 0x7F && letter != '"' && letter != '<' && letter != '>';
    });
    return web && plain && link.size() <= 500 ? link : "";
}

telegram::Text menu(const Context& context, const std::string& name) {
    const Language language = context.config.language;
    const auto open = [&](Id id, Origin origin) {
        return std::vector{button(language, id, {Action::page, origin, 0, ""})};
    };
    return {say(language, Id::bot_menu, fmt::arg("name", escape_line(name, 100))),
            {open(Id::bot_list_active, Origin::active),
             open(Id::bot_list_successful, Origin::successful),
             open(Id::bot_list_failed, Origin::failed)}};
}

telegram::Text list_page(const Context& context, const Page& page) {
    const Language language = context.config.language;
    telegram::Text text;
    text.html = say(language, title_of(page.origin)) + "\n\n";
    std::int64_t id = 0;
    if (page.release == nullptr) {
        text.html += say(language, Id::bot_list_empty);
    } else {
        id = page.release->id;
        text.html += card_text(context, page);
        add_decisions(context, page, text.keyboard);
        add_pages(context, page, text.keyboard);
    }
    text.keyboard.push_back(
        {button(language, Id::bot_button_refresh, {Action::page, page.origin, id, ""})});
    if (id != 0) {
        text.keyboard.push_back(
            {button(language, Id::bot_button_history, {Action::history, page.origin, id, ""})});
    }
    // Behind 📈; where there is nothing whose history could be asked for, in its place.
    if (id == 0 && page.any_outrun && page.origin == Origin::active) {
        text.keyboard.push_back(to_outrun(language));
    }
    text.keyboard.push_back(
        {button(language, Id::bot_button_menu, {Action::menu, page.origin, 0, ""})});
    return text;
}

telegram::Text approve_question(const Context& context,
                                Origin origin,
                                const release::Release& release,
                                const Known& known,
                                const std::string& silent) {
    const Language language = context.config.language;
    const std::string commit = short_commit(release.commit_sha.value_or(""));
    std::string data = commit + k_question + std::to_string(known.question);
    data += silent.empty() ? "" : std::string(1, k_silence_shown);
    const std::string approved = approved_by(context.config, release, known.approvals);
    const std::string shown = what_is_approved(context.config, release, known);
    std::string html = say(language,
                           Id::bot_approve_question,
                           fmt::arg("service", escape_line(release.service_name)),
                           fmt::arg("tag", escape_line(release.release_tag)));
    html += (shown.empty() ? "" : "\n\n" + shown) + (approved.empty() ? "" : "\n\n" + approved);
    if (!silent.empty()) {
        html +=
            "\n\n"
            + say(language, Id::shown_stage_silent, fmt::arg("reason", escape_line(silent, 500)));
    }
    return {
        html,
        {{button(language, Id::bot_button_approve_yes, {Action::approve, origin, release.id, data}),
          button(language, Id::bot_button_back, back_to(origin, release.id))}}};
}

telegram::Text
reject_question(const Context& context, Origin origin, const release::Release& release) {
    const Language language = context.config.language;
    const std::string commit = short_commit(release.commit_sha.value_or(""));
    return {
        say(language,
            Id::bot_reject_question,
            fmt::arg("service", escape_line(release.service_name)),
            fmt::arg("tag", escape_line(release.release_tag)),
            fmt::arg("commit", commit)),
        {{button(language, Id::bot_button_reject_yes, {Action::reject, origin, release.id, commit}),
          button(language, Id::bot_button_back, back_to(origin, release.id))}}};
}

} // namespace loomrel::bot
