#include "lib/bot/notice_text.hpp"

#include "lib/bot/card.hpp"
#include "lib/bot/notice_lines.hpp"
#include "lib/bot/settings.hpp"
#include "lib/telegram/text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace loomrel::bot {

namespace {

using messages::Id;
using messages::say;
using nlohmann::json;
using release::Status;
using telegram::escape_line;

// A free text's share of a message; the rest is for what stands around it.
constexpr std::size_t k_longest_text = 3600;

// How a move is told.
struct Telling {
    Id title;
    const char* environment;
    bool calls;
};

Telling telling_of(Status status, const release::Event& event, const json& detail) {
    const std::string reason = text_of(detail, "reason");
    switch (status) {
    case Status::manual_testing:
        if (event.from == release::to_string(Status::manual_test_passed)) {
            return {Id::notice_expired, "stage", true};
        }
        return {Id::notice_ready_for_testing, "stage", true};
    case Status::staging_failed:
        return {reason == "tag_moved" ? Id::notice_tag_moved : Id::notice_staging_failed,
                "stage",
                true};
    case Status::manual_test_passed:
        return {Id::notice_approved, "stage", false};
    case Status::manual_test_failed:
        return {reason == "tag_moved" ? Id::notice_tag_moved : Id::notice_rejected, "stage", true};
    case Status::deployed:
        return {Id::notice_deployed, "prod", false};
    case Status::production_failed:
        return {Id::notice_production_failed, "prod", true};
    case Status::rollback:
        return {Id::notice_rollback, "prod", true};
    case Status::rollback_done:
        return {Id::notice_rollback_done, "prod", false};
    case Status::rollback_failed:
        return {Id::notice_rollback_failed, "prod", true};
    case Status::initiated:
    case Status::building:
    case Status::stage_deploy:
        return {Id::notice_ready_for_testing, "stage", false};
    case Status::deploying:
        return {Id::notice_deploying, "prod", false};
    }
    return {Id::notice_ready_for_testing, "stage", false};
}

class Writer {
public:
    explicit Writer(const NoticeFacts& facts)
        : m_facts(facts),
          m_language(facts.config.language) {}

    template <typename... Arguments> void line(Id id, Arguments&&... arguments) {
        text(messages::format(m_language, id, fmt::make_format_args(arguments...)));
    }

    void text(const std::string& html) {
        if (!html.empty()) {
            m_text += (m_text.empty() ? "" : "\n") + html;
        }
    }

    void gap() { m_text += "\n"; }

    // The spec's four lines under a notice's title.
    void release_lines() {
        const release::Release& release = *m_facts.release;
        line(Id::notice_service, fmt::arg("service", escape_line(release.service_name)));
        line(Id::notice_version, fmt::arg("tag", escape_line(release.release_tag)));
        line(Id::notice_author, fmt::arg("author", escape_line(release.initiated_by, 100)));
        const std::string link = safe_link(release.github_action_link);
        if (!link.empty()) {
            line(Id::notice_link, fmt::arg("link", telegram::escape_html(link)));
        }
    }

    void decision_lines(const release::Event& event, const json& detail) {
        const auto to = release::parse_status(event.to);
        if (to == Status::manual_test_passed || to == Status::manual_testing) {
            text(approved_by(m_facts.config, *m_facts.release, m_facts.approvals));
        }
        if (to == Status::manual_testing && m_facts.config.telegram.approvers.empty()) {
            line(Id::notice_nobody_approves);
        }
        unchecked_line(detail);
        const std::string reason = text_of(detail, "reason");
        if (to == Status::manual_test_failed && reason != "tag_moved") {
            line(Id::notice_rejected_by, fmt::arg("name", escape_line(event.actor, 100)));
            if (!reason.empty()) {
                line(Id::notice_reason,
                     fmt::arg("reason", telegram::escape_html(telegram::cut_utf16(reason, 1500))));
            }
        }
        if (to == Status::rollback || to == Status::rollback_done
            || to == Status::rollback_failed) {
            line(Id::notice_started_by, fmt::arg("name", escape_line(event.actor, 100)));
            if (!m_facts.release->rollback_to_tag.empty()) {
                line(Id::notice_went_back,
                     fmt::arg("tag", escape_line(m_facts.release->rollback_to_tag)));
            }
        }
    }

    void unchecked_line(const json& detail) {
        if (text_of(detail, "health") == "none") {
            line(Id::notice_unchecked);
        }
        const std::string lost = text_of(detail, "lost");
        if (!lost.empty()) {
            line(Id::notice_lost, fmt::arg("versions", escape_line(lost, 300)));
        }
    }

    // What may be decided about the release as it is now.
    [[nodiscard]] telegram::Keyboard decisions() const {
        const release::Release& release = *m_facts.release;
        const std::string commit = short_commit(release.commit_sha.value_or(""));
        const auto ask = [&](Id id, Action action, const std::string& extra) {
            return button(m_language, id, {action, Origin::notice, release.id, extra});
        };
        const auto state = release.state();
        if (state == Status::manual_testing) {
            return {{ask(Id::bot_button_approve, Action::ask_approve, commit),
                     ask(Id::bot_button_reject, Action::ask_reject, commit)}};
        }
        return {};
    }

    [[nodiscard]] telegram::Keyboard dispatch_again() const {
        if (m_facts.release->state() != Status::manual_test_passed) {
            return {};
        }
        return {{button(m_language,
                        Id::bot_button_dispatch,
                        {Action::dispatch, Origin::notice, m_facts.release->id, ""})}};
    }

    // Repeats of a message carry the same one: "#r17 #e42" finds all about a release.
    void footer(const store::Notice* notice) {
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
        text(tags);
    }

    [[nodiscard]] const std::string& html() const { return m_text; }

private:
    const NoticeFacts& m_facts;
    Language m_language;
    std::string m_text;
};

std::string document_name(const NoticeFacts& facts) {
    std::string name = facts.release == nullptr
                           ? "loomrel"
                           : facts.release->service_name + "-" + facts.release->release_tag;
    for (char& letter : name) {
        const bool plain = (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z')
                           || (letter >= '0' && letter <= '9') || letter == '.' || letter == '-';
        letter = plain ? letter : '_';
    }
    return name.substr(0, 100) + ".log";
}

std::optional<NoticeText>
render_move(const release::Event& event, const store::Notice* notice, const NoticeFacts& facts) {
    const auto to = release::parse_status(event.to);
    if (!to || facts.release == nullptr) {
        return std::nullopt;
    }
    const json detail = object_of(event.detail);
    const Telling telling = telling_of(*to, event, detail);
    Writer writer(facts);
    writer.line(telling.title);
    writer.release_lines();
    writer.decision_lines(event, detail);
    const Why why = why_of(detail, facts.config.language);
    if (!why.html.empty()) {
        writer.gap();
        writer.text(why.html);
    }
    writer.footer(notice);
    return NoticeText{{writer.html(), writer.decisions()},
                      why.document,
                      document_name(facts),
                      telling.environment,
                      telling.calls};
}

NoticeText render_text(const store::Notice& notice, const NoticeFacts& facts, const json& fact) {
    const Why body = fit(text_of(fact, "text"), k_longest_text);
    Writer writer(facts);
    writer.text(body.html);
    if (!body.document.empty()) {
        writer.line(Id::notice_document);
    }
    writer.footer(&notice);
    return {{writer.html(), {}}, body.document, "message.txt", text_of(fact, "environment"), true};
}

NoticeText render_dev(const store::Notice& notice, const NoticeFacts& facts, const json& fact) {
    const bool good = fact.value("ok", json(false)) == json(true);
    Writer writer(facts);
    writer.line(good ? Id::notice_dev_good : Id::notice_dev_failed);
    writer.line(Id::notice_service, fmt::arg("service", escape_line(text_of(fact, "service"))));
    writer.line(Id::notice_branch, fmt::arg("branch", escape_line(text_of(fact, "branch"), 300)));
    const std::string commit = text_of(fact, "commit");
    if (!commit.empty()) {
        writer.line(Id::notice_commit, fmt::arg("commit", escape_line(short_commit(commit))));
    }
    writer.line(Id::notice_author, fmt::arg("author", escape_line(text_of(fact, "author"), 100)));
    const std::string link = safe_link(text_of(fact, "link"));
    if (!link.empty()) {
        writer.line(Id::notice_link, fmt::arg("link", telegram::escape_html(link)));
    }
    writer.unchecked_line(fact);
    const Why why = why_of(fact, facts.config.language);
    if (!why.html.empty()) {
        writer.gap();
        writer.text(why.html);
    }
    writer.footer(&notice);
    return {{writer.html(), {}}, why.document, "dev.log", "dev", true};
}

NoticeText
render_dispatch(const store::Notice& notice, const NoticeFacts& facts, const json& fact) {
    const bool unknown = notice.kind == "dispatch_unknown";
    Writer writer(facts);
    writer.line(unknown ? Id::notice_dispatch_unknown
                        : (notice.kind == "direct_failed" ? Id::notice_direct_failed
                                                          : Id::notice_dispatch_refused));
    writer.release_lines();
    writer.line(Id::notice_reason, fmt::arg("reason", escape_line(text_of(fact, "reason"), 1000)));
    if (unknown) {
        writer.gap();
        writer.line(Id::notice_dispatch_ask, fmt::arg("release", facts.release->id));
    }
    writer.footer(&notice);
    return {{writer.html(), writer.dispatch_again()}, "", "", "prod", true};
}

} // namespace

std::optional<NoticeText> render(const store::Notice& notice, const NoticeFacts& facts) {
    if (notice.event) {
        return notice.kind == "event" ? render_move(*notice.event, &notice, facts) : std::nullopt;
    }
    const json fact = object_of(notice.fact);
    if (notice.kind == "text") {
        return render_text(notice, facts, fact);
    }
    if (notice.kind == "dev") {
        return render_dev(notice, facts, fact);
    }
    if (facts.release != nullptr
        && (notice.kind == "dispatch_refused" || notice.kind == "dispatch_unknown"
            || notice.kind == "direct_failed")) {
        return render_dispatch(notice, facts, fact);
    }
    return std::nullopt;
}

std::string environment_of(const store::Notice& notice) {
    if (notice.event) {
        const auto to = release::parse_status(notice.event->to);
        return to ? telling_of(*to, *notice.event, json::object()).environment : "";
    }
    if (notice.kind == "text") {
        return text_of(object_of(notice.fact), "environment");
    }
    return notice.kind == "dev" ? "dev" : "prod";
}

std::optional<release::Event> last_move(const std::vector<release::Event>& events) {
    const auto last = std::find_if(
        events.rbegin(), events.rend(), [](const auto& event) { return event.from != event.to; });
    return last == events.rend() ? std::nullopt : std::optional(*last);
}

telegram::Text render_present(const std::optional<release::Event>& last, const NoticeFacts& facts) {
    release::Event event = last.value_or(release::Event{});
    event.to = facts.release->status;
    if (auto rendered = render_move(event, nullptr, facts)) {
        return std::move(rendered->text);
    }
    // A status of an older system.
    Writer writer(facts);
    writer.line(Id::notice_status, fmt::arg("status", escape_line(facts.release->status)));
    writer.release_lines();
    return {writer.html(), {}};
}

} // namespace loomrel::bot
