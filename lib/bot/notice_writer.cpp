#include "lib/bot/notice_writer.hpp"

#include "lib/bot/card.hpp"
#include "lib/bot/event_words.hpp"
#include "lib/bot/notice_lines.hpp"
#include "lib/telegram/text.hpp"

#include <nlohmann/json.hpp>

namespace loomrel::bot {

using messages::Id;
using nlohmann::json;
using release::Status;
using telegram::escape_html;
using telegram::escape_line;

void Writer::text(const std::string& html) {
    if (!html.empty()) {
        m_text += (m_text.empty() ? "" : "\n") + html;
    }
}

bool Writer::outrun_title() {
    const std::string& by = m_facts.known.outrun_by;
    if (by.empty()) {
        return false;
    }
    if (by.starts_with('#')) {
        line(Id::notice_same, fmt::arg("id", *m_facts.release->superseded_by));
    } else {
        line(Id::notice_outrun, fmt::arg("by", escape_line(by)));
    }
    return true;
}

void Writer::release_lines() {
    const release::Release& release = *m_facts.release;
    line(Id::notice_service, fmt::arg("service", escape_line(release.service_name)));
    line(Id::notice_version, fmt::arg("tag", escape_line(release.release_tag)));
    line(Id::notice_author, fmt::arg("author", escape_line(release.initiated_by, 100)));
    const std::string link = safe_link(release.github_action_link);
    if (!link.empty()) {
        line(Id::notice_link, fmt::arg("link", escape_html(link)));
    }
}

void Writer::rejection_lines(const release::Event& event, const json& detail) {
    const std::string reason = text_of(detail, "reason");
    if (reason == "tag_moved") {
        return; // nobody's word
    }
    line(Id::notice_rejected_by,
         fmt::arg("name", escape_line(event_actor(m_language, event.actor, detail), 180)));
    if (!reason.empty()) {
        line(Id::notice_reason, fmt::arg("reason", escape_html(telegram::cut_utf16(reason, 1500))));
    }
    const auto with = detail.find("rejected_with");
    if (with != detail.end() && with->is_number_integer()) {
        line(Id::notice_rejected_with,
             fmt::arg("tag", escape_line(text_of(detail, "rejected_with_tag"))),
             fmt::arg("id", with->get<std::int64_t>()));
    }
}

void Writer::decision_lines(const release::Event& event, const json& detail) {
    const auto to = release::parse_status(event.to);
    if (to == Status::manual_test_passed || to == Status::manual_testing) {
        text(approved_by(m_facts.config, *m_facts.release, m_facts.known.approvals));
    }
    if (to == Status::manual_testing && m_facts.config.telegram.approvers.empty()) {
        line(Id::notice_nobody_approves);
    }
    unchecked_line(detail);
    if (to == Status::manual_test_failed) {
        rejection_lines(event, detail);
    }
    if (to == Status::rollback || to == Status::rollback_done || to == Status::rollback_failed) {
        line(Id::notice_started_by,
             fmt::arg("name", escape_line(event_actor(m_language, event.actor, detail), 180)));
        if (!m_facts.release->rollback_to_tag.empty()) {
            line(Id::notice_went_back,
                 fmt::arg("tag", escape_line(m_facts.release->rollback_to_tag)));
        }
        if (detail.value("by_hand", json(false)) == json(true)) {
            line(Id::notice_by_hand, fmt::arg("host", escape_line(text_of(detail, "host"), 300)));
        }
    }
    if (to == Status::manual_testing) {
        const std::string shown = what_is_approved(m_facts.config, *m_facts.release, m_facts.known);
        text(shown.empty() ? "" : "\n" + shown);
    }
}

void Writer::unchecked_line(const json& detail) {
    if (detail.value("unverified", json(false)) == json(true)) {
        line(Id::notice_unverified);
    }
    if (text_of(detail, "health") == "none") {
        line(Id::notice_unchecked);
    }
    const std::string lost = text_of(detail, "lost");
    if (!lost.empty()) {
        line(Id::notice_lost, fmt::arg("versions", escape_line(lost, 300)));
    }
}

void Writer::footer(const store::Notice* notice) {
    std::string tags;
    if (m_facts.release != nullptr) {
        tags = "#r" + std::to_string(m_facts.release->id);
    }
    if (notice != nullptr) {
        tags += (tags.empty() ? "" : " ")
                + (notice->event_id ? "#e" + std::to_string(*notice->event_id)
                                    : "#n" + std::to_string(notice->id));
    }
    gap();
    const std::string key = notice == nullptr ? "" : text_of(object_of(notice->fact), "key");
    if (!key.empty()) {
        line(Id::notice_key, fmt::arg("key", escape_line(key, 100)));
    }
    text(tags);
}

telegram::Keyboard Writer::decisions() const {
    const release::Release& release = *m_facts.release;
    const std::string commit = short_commit(release.commit_sha.value_or(""));
    const auto ask = [&](Id id, Action action, const std::string& extra) {
        return button(m_language, id, {action, Origin::notice, release.id, extra});
    };
    if (release.state() != Status::manual_testing || release.is_outrun()) {
        return {};
    }
    telegram::Keyboard keyboard{{ask(Id::bot_button_reject, Action::ask_reject, commit)}};
    if (can_be_approved(release)) {
        keyboard[0].insert(keyboard[0].begin(),
                           ask(Id::bot_button_approve, Action::ask_approve, commit));
    }
    return keyboard;
}

telegram::Keyboard Writer::dispatch_again() const {
    if (m_facts.release->state() != Status::manual_test_passed || m_facts.release->is_outrun()) {
        return {};
    }
    return {{button(m_language,
                    Id::bot_button_dispatch,
                    {Action::dispatch, Origin::notice, m_facts.release->id, ""})}};
}

} // namespace loomrel::bot
