#include "lib/bot/notice_text.hpp"

#include "lib/bot/alarms.hpp"
#include "lib/bot/card.hpp"
#include "lib/bot/notice_lines.hpp"
#include "lib/bot/notice_writer.hpp"
#include "lib/bot/settings.hpp"
#include "lib/telegram/text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

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

// Why people are asked once more; nullopt: they are asked for the first time.
std::optional<Id> asked_anew(const release::Event& event, const std::string& reason) {
    if (reason == "settings_differ") {
        return Id::notice_settings_differ;
    }
    if (reason == "rules_changed") {
        return Id::notice_ask_by_new_rules;
    }
    const bool expired = event.from == release::to_string(Status::manual_test_passed)
                         || event.from == release::to_string(Status::production_failed);
    return expired ? std::optional(Id::notice_expired) : std::nullopt;
}

Telling telling_of(Status status, const release::Event& event, const json& detail) {
    const std::string reason = text_of(detail, "reason");
    switch (status) {
    case Status::manual_testing:
        return {asked_anew(event, reason).value_or(Id::notice_ready_for_testing), "stage", true};
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
    const bool outrun = writer.outrun_title();
    if (!outrun) {
        writer.line(telling.title);
    }
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
                      telling.calls && !outrun};
}

// Nothing moved, and the message about the release is to be another: it was outrun, or is no more.
std::optional<NoticeText> render_note(const release::Event& event, const NoticeFacts& facts) {
    const auto status = release::parse_status(event.to);
    if (!status || facts.release == nullptr) {
        return std::nullopt;
    }
    NoticeText note{render_present(facts), "", "", telling_of(*status, event, {}).environment};
    note.calls = false;
    note.only_edits = true;
    return note;
}

// Of no release: whose word counts, what nobody approved.
NoticeText render_alarm(const store::Notice& notice, const NoticeFacts& facts, const json& fact) {
    Writer writer(facts);
    if (notice.kind == "unapproved") {
        unapproved_alarm(writer, facts.config, fact);
    } else if (notice.kind == "unproven") {
        unproven_alarm(writer, facts.config, fact);
    } else if (notice.kind == "by_hand") {
        by_hand_lines(writer, facts.config, fact);
    } else if (notice.kind == "rolled_back") {
        rolled_back_lines(writer, facts.config, fact);
    } else if (notice.kind == "cancelled") {
        cancelled_lines(writer, facts.config, fact);
    } else {
        rules_alarm(writer, facts.config, fact);
    }
    writer.footer(&notice);
    return {
        {writer.html(), {}}, "", "", environment_of(notice), true, false, /*stands_beside=*/true};
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

NoticeText
render_refused_claim(const store::Notice& notice, const NoticeFacts& facts, const json& fact) {
    Writer writer(facts);
    writer.line(Id::claim_refused_title);
    writer.release_lines();
    claim_refused_lines(writer, facts.config, fact);
    writer.gap();
    writer.line(Id::claim_refused_next, fmt::arg("release", facts.release->id));
    writer.footer(&notice);
    return {{writer.html(), {}}, "", "", "prod", true, false, /*stands_beside=*/true};
}

} // namespace

std::optional<NoticeText> render(const store::Notice& notice, const NoticeFacts& facts) {
    if (notice.event) {
        if (notice.kind != "event") {
            return std::nullopt;
        }
        return notice.event->from == notice.event->to ? render_note(*notice.event, facts)
                                                      : render_move(*notice.event, &notice, facts);
    }
    const json fact = object_of(notice.fact);
    if (notice.kind == "text") {
        return render_text(notice, facts, fact);
    }
    if (notice.kind == "dev") {
        return render_dev(notice, facts, fact);
    }
    constexpr std::array<std::string_view, 6> k_alarms{
        "rules_changed", "unapproved", "unproven", "by_hand", "rolled_back", "cancelled"};
    if (std::find(k_alarms.begin(), k_alarms.end(), notice.kind) != k_alarms.end()) {
        return render_alarm(notice, facts, fact);
    }
    if (facts.release != nullptr && notice.kind == "claim_refused") {
        return render_refused_claim(notice, facts, fact);
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
    constexpr std::array<std::string_view, 5> k_say_where{
        "text", "unapproved", "by_hand", "rolled_back", "cancelled"};
    if (std::find(k_say_where.begin(), k_say_where.end(), notice.kind) != k_say_where.end()) {
        return text_of(object_of(notice.fact), "environment");
    }
    return notice.kind == "dev" ? "dev" : "prod";
}

telegram::Text render_present(const NoticeFacts& facts) {
    release::Event event = facts.known.last.value_or(release::Event{});
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
