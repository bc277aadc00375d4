#include "cli/commands/release/decision.hpp"
#include "cli/commands/release/release.hpp"
#include "lib/base/shell_quote.hpp"
#include "lib/base/text.hpp"

#include <stdexcept>

namespace loomrel::cli {

namespace {

using messages::Id;
using messages::phrase;
using release::Status;
using store::Decided;

std::string back_on_stage_command(const DecisionCase& decided) {
    return "loomrel rollback --env stage --service " + typed_word(decided.row.service_name)
           + " --to " + typed_word(decided.row.release_tag);
}

std::string again_on_stage_command(const DecisionCase& decided) {
    return "loomrel stage-deploy --again --service " + typed_word(decided.row.service_name)
           + " --tag " + typed_word(decided.row.release_tag);
}

[[noreturn]] void refuse_stage(const DecisionCase& decided, const Decided& answer) {
    const auto fail = [](Phrase message, Phrase hint) {
        throw Error(ErrorKind::refused, "not_on_stage", std::move(message), std::move(hint));
    };
    const auto service = fmt::arg("service", decided.service);
    const auto tag = fmt::arg("tag", decided.tag);
    const std::string serves = sanitize_line(answer.stage_serves);
    if (!answer.stage_run.empty()) {
        const std::string run = sanitize_line(answer.stage_run);
        fail(phrase(Id::approval_stage_busy, service, tag, fmt::arg("run", run)),
             phrase(Id::approval_stage_busy_hint, fmt::arg("run", run)));
    }
    if (answer.conflict == "tag" && serves.empty()) {
        fail(phrase(Id::approval_stage_commit_unknown,
                    service,
                    tag,
                    fmt::arg("id", decided.row.id),
                    fmt::arg("commit", decided.commit().substr(0, 12))),
             phrase(Id::approval_stage_serves_hint,
                    tag,
                    fmt::arg("command", again_on_stage_command(decided))));
    }
    if (answer.conflict == "tag") {
        fail(phrase(Id::approval_stage_moved,
                    service,
                    tag,
                    fmt::arg("id", decided.row.id),
                    fmt::arg("serves", serves.substr(0, 12)),
                    fmt::arg("commit", decided.commit().substr(0, 12))),
             phrase(Id::approval_stage_moved_hint, service));
    }
    fail(phrase(Id::approval_stage_serves, service, tag, fmt::arg("serves", serves)),
         phrase(Id::approval_stage_serves_hint,
                tag,
                fmt::arg("command", back_on_stage_command(decided))));
    throw std::logic_error("not reached");
}

} // namespace

void refuse_seen_other(const DecisionCase& decided, const std::string& serves) {
    const auto text = [&](Language language) {
        const std::string shown = serves.empty()
                                      ? messages::say(language, Id::approval_stage_nothing)
                                      : sanitize_line(serves);
        return messages::say(language,
                             Id::approval_stage_seen_other,
                             fmt::arg("service", decided.service),
                             fmt::arg("tag", decided.tag),
                             fmt::arg("serves", shown),
                             fmt::arg("commit", decided.commit().substr(0, 12)));
    };
    throw Error(ErrorKind::refused,
                "not_on_stage",
                {text(Language::ru), text(Language::en)},
                phrase(Id::approval_stage_serves_hint,
                       fmt::arg("tag", decided.tag),
                       fmt::arg("command", again_on_stage_command(decided))));
}

void refuse_decided(const DecisionCase& decided, const Decided& answer) {
    if (answer.conflict == "stage" || answer.conflict == "tag") {
        refuse_stage(decided, answer);
    }
    const auto id = fmt::arg("id", decided.row.id);
    const auto service = fmt::arg("service", decided.service);
    const auto tag = fmt::arg("tag", decided.tag);
    if (answer.conflict == "outrun") {
        throw Error(ErrorKind::refused,
                    "outrun",
                    phrase(Id::approval_outrun,
                           id,
                           service,
                           tag,
                           fmt::arg("by", sanitize_line(answer.outrun_by))),
                    phrase(Id::approval_outrun_hint,
                           tag,
                           fmt::arg("command", again_on_stage_command(decided))));
    }
    if (answer.conflict == "question") {
        throw Error(ErrorKind::refused,
                    "asked_anew",
                    phrase(Id::approval_asked_anew, id, service, tag),
                    phrase(Id::approval_asked_anew_hint, id));
    }
    if (answer.conflict == "no_commit") {
        throw Error(ErrorKind::refused,
                    "no_commit",
                    phrase(Id::prod_no_commit, id, tag),
                    phrase(Id::prod_no_commit_hint, service, tag));
    }
    if (answer.conflict == "approver" || answer.conflict == "own" || answer.conflict == "council"
        || answer.conflict == "sender") {
        const Id why = answer.conflict == "own"       ? Id::event_why_own
                       : answer.conflict == "sender"  ? Id::event_why_sender
                       : answer.conflict == "council" ? Id::event_why_council
                                                      : Id::event_why_not_listed;
        const auto text = [&](Language language) {
            return messages::say(language,
                                 Id::approval_rules_changed,
                                 id,
                                 tag,
                                 fmt::arg("why", messages::say(language, why)));
        };
        throw Error(ErrorKind::refused,
                    "not_an_approver",
                    {text(Language::ru), text(Language::en)},
                    phrase(Id::approval_refused_hint, id));
    }
    if (answer.conflict == "commit") {
        throw Error(ErrorKind::refused,
                    "commit_changed",
                    phrase(Id::approval_commit_changed, id, service, tag),
                    phrase(Id::approval_commit_changed_hint, id));
    }
    const auto now = release::parse_status(answer.status);
    const bool early = now == Status::initiated || now == Status::building
                       || now == Status::stage_deploy || now == Status::staging_failed;
    const auto text = [&](Language language) {
        return messages::say(language,
                             early ? Id::approval_too_early : Id::approval_too_late,
                             id,
                             service,
                             tag,
                             fmt::arg("status", status_label(language, answer.status)));
    };
    throw Error(ErrorKind::refused,
                "status_does_not_allow",
                {text(Language::ru), text(Language::en)},
                phrase(Id::approval_refused_hint, id));
}

} // namespace loomrel::cli
