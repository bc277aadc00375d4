#include "lib/deploy/failure.hpp"

#include "lib/base/shell_quote.hpp"
#include "lib/base/text.hpp"
#include "lib/messages/messages.hpp"
#include "lib/messages/steps.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstring>

namespace loomrel::deploy {

namespace {

using messages::Id;
using messages::say;

constexpr std::size_t k_longest_line = 300;
constexpr std::size_t k_most_lines = 10;

// What cures each reason, as a command with the subject's names in it.
struct Reason {
    std::string_view code;
    Id sentence;
    const char* next;
};

constexpr std::array k_reasons{
    Reason{"ref_not_found", Id::why_ref_not_found, "git push origin {ref}"},
    Reason{"fetch_failed", Id::why_fetch_failed, "loomrel doctor --env {env}"},
    Reason{"tag_moved", Id::why_tag_moved, "git ls-remote origin refs/tags/{ref}^{{}}"},
    Reason{"superseded",
           Id::why_superseded,
           "loomrel {env}-deploy --service {service} --tag {ref} --older"},
    Reason{"lock_held", Id::why_lock_held, "loomrel status --env {env} --service {service}"},
    Reason{"no_repository", Id::why_no_repository, "loomrel doctor --env {env}"},
    Reason{"submodule_failed", Id::why_submodule_failed, "loomrel logs --run {run}"},
    Reason{"lfs_failed", Id::why_lfs_failed, "loomrel logs --run {run}"},
    Reason{"foreign_tree", Id::why_foreign_tree, "loomrel doctor --env {env}"},
    Reason{"open_tree", Id::why_open_tree, "loomrel doctor --env {env}"},
    Reason{"foreign_file", Id::why_foreign_file, "loomrel doctor --env {env}"},
    Reason{"lock_exchanged", Id::why_lock_exchanged, "loomrel doctor --env {env}"},
    Reason{"lock_unknown", Id::why_lock_unknown, "loomrel doctor --env {env}"},
    Reason{"folder_gone", Id::why_folder_gone, "loomrel status --env {env} --service {service}"},
    Reason{"lock_lost", Id::why_lock_lost, "loomrel doctor --env {env}"},
    Reason{"no_docker", Id::why_no_docker, "loomrel doctor --env {env}"},
    Reason{"no_compose_file", Id::why_no_compose_file, "loomrel doctor --env {env}"},
    Reason{"no_health", Id::why_no_health, "health = \"…\" → [services.{service}], loomrel.toml"},
    Reason{"checkout_failed", Id::why_checkout_failed, "loomrel logs --run {run}"},
    Reason{"save_failed", Id::why_save_failed, "loomrel doctor --env {env}"},
    Reason{"build_failed", Id::why_build_failed, "loomrel logs --run {run}"},
    Reason{"up_failed", Id::why_up_failed, "loomrel logs --run {run}"},
    Reason{"health_failed", Id::why_health_failed, "loomrel logs --run {run}"},
    Reason{"unhealthy", Id::why_unhealthy, "loomrel logs --run {run}"},
    Reason{"verify_failed", Id::why_verify_failed, "loomrel logs --run {run}"},
    Reason{"keep_failed", Id::why_keep_failed, "loomrel doctor --env {env}"},
    Reason{"hook_failed", Id::why_hook_failed, "loomrel logs --run {run}"},
    Reason{"capsule_gone",
           Id::why_capsule_gone,
           "loomrel rollback --env {env} --service {service} --to {ref}"},
    Reason{"no_target", Id::why_no_target, "loomrel status --env {env} --service {service}"},
    Reason{"second_step",
           Id::why_second_step,
           "loomrel rollback --env {env} --service {service} --to TAG"},
    Reason{"serves_another",
           Id::why_serves_another,
           "loomrel rollback --env {env} --service {service}"},
    Reason{"rehearsal_failed", Id::why_rehearsal_failed, "loomrel logs --run {run}"},
    Reason{"time_limit", Id::why_time_limit, "loomrel logs --run {run}"},
    Reason{"cancelled", Id::why_cancelled, "loomrel {env}-deploy --service {service} --tag {ref}"},
    Reason{"died", Id::why_died, "loomrel status --env {env} --service {service}"},
    Reason{"unreadable", Id::why_unreadable, "loomrel status --env {env} --service {service}"},
    Reason{"link_lost", Id::why_link_lost, "loomrel attach {run}"},
    Reason{"taken_back", Id::why_taken_back, "loomrel logs --run {run}"},
    Reason{"never_started", Id::why_never_started, "loomrel doctor --env {env}"},
};

const Reason& reason_of(std::string_view code) {
    static constexpr Reason k_other{"", Id::why_failed, "loomrel logs --run {run}"};
    const auto found = std::find_if(k_reasons.begin(), k_reasons.end(), [&](const Reason& reason) {
        return reason.code == code;
    });
    return found == k_reasons.end() ? k_other : *found;
}

// A production deploy is typed with its release's number; where that is not known, the list has it.
const char* prod_again(const Subject& subject, bool older) {
    if (!subject.release_id) {
        return "loomrel release list --service {service}";
    }
    return older ? "loomrel prod-deploy --service {service} --tag {ref} --release-id {id} --older"
                 : "loomrel prod-deploy --service {service} --tag {ref} --release-id {id}";
}

// Where something else is meant than a release's tag on its way to stage.
const char* next_of(const Reason& reason, const Subject& subject) {
    const bool prod =
        subject.environment == "prod" && subject.kind == store::RunKind::deploy && subject.is_tag;
    if (prod && (reason.code == "cancelled" || reason.code == "superseded")) {
        return prod_again(subject, reason.code == "superseded");
    }
    if (!subject.is_tag && reason.code == "tag_moved") {
        return "git ls-remote origin refs/heads/{ref}";
    }
    if (!subject.is_tag && reason.code == "cancelled") {
        return "loomrel dev-deploy --service {service} --branch {ref}";
    }
    if (subject.kind == store::RunKind::rollback && reason.code == "cancelled") {
        return "loomrel rollback --env {env} --service {service}";
    }
    return reason.next;
}

Id sentence_of(const Reason& reason, const Subject& subject) {
    if (!subject.is_tag && reason.code == "ref_not_found") {
        return Id::why_branch_not_found;
    }
    if (!subject.is_tag && reason.code == "tag_moved") {
        return Id::why_branch_moved;
    }
    return reason.sentence;
}

std::string code_of(const Followed& followed) {
    switch (followed.how) {
    case HowFollowed::not_started:
        return followed.error ? followed.error->code() : "never_started";
    case HowFollowed::absent:
        return "never_started";
    case HowFollowed::unknown:
    case HowFollowed::going_on:
        return "link_lost";
    case HowFollowed::ended:
        break;
    }
    if (!followed.end) {
        return followed.error ? followed.error->code() : "unreadable";
    }
    return followed.end->reason == "-" ? followed.end->outcome : followed.end->reason;
}

// A shell says 128 + n for a command that signal n killed.
std::string in_words(int code, Language language) {
    if (code > 128 && code < 128 + NSIG) {
        const char* name = sigabbrev_np(code - 128);
        return say(language, Id::why_signal, fmt::arg("signal", name == nullptr ? "?" : name));
    }
    return say(language, Id::why_exit_code, fmt::arg("code", code));
}

bool looks_like_cause(const std::string& line) {
    static constexpr std::array<std::string_view, 14> k_words{"error",
                                                              "fatal",
                                                              "failed",
                                                              "failure",
                                                              "denied",
                                                              "not found",
                                                              "no such",
                                                              "cannot",
                                                              "can't",
                                                              "could not",
                                                              "refused",
                                                              "exception",
                                                              "already ",
                                                              "undefined"};
    const std::string lower = to_lower(line);
    return std::any_of(k_words.begin(), k_words.end(), [&](std::string_view word) {
        return lower.find(word) != std::string::npos;
    });
}

std::vector<std::string> clean_lines(const std::string& text) {
    std::vector<std::string> lines;
    for (const std::string_view line : split(text, '\n')) {
        // A carriage return redraws a progress line: its last state counts.
        const std::string_view whole = trim(line);
        const std::size_t redrawn = whole.rfind('\r');
        std::string clean =
            sanitize_line(redrawn == std::string_view::npos ? whole : whole.substr(redrawn + 1));
        if (!trim(clean).empty()) {
            lines.emplace_back(cut_bytes(clean, k_longest_line));
        }
    }
    return lines;
}

void keep_last(std::vector<std::string>& lines, std::size_t most) {
    if (lines.size() > most) {
        lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(most));
    }
}

// A rollback's failure begins with the spec's sentence; the reason follows without its own sign.
std::string with_kind(std::string sentence, store::RunKind kind, Language language) {
    if (kind != store::RunKind::rollback) {
        return sentence;
    }
    for (const std::string_view sign : {"❌ ", "⛔ ", "🛑 ", "⏱️ ", "❓ ", "⏳ "}) {
        if (sentence.starts_with(sign)) {
            sentence.erase(0, sign.size());
        }
    }
    return say(language, Id::log_rollback_failed) + ": " + sentence;
}

std::string serves_sentence(const Followed& followed, Language language) {
    const bool untouched =
        followed.how == HowFollowed::not_started
        || (followed.end && !followed.end->switched && followed.end->outcome != "good");
    const std::string serves = followed.end ? followed.end->serves : "";
    const std::string restored = followed.end ? followed.end->restored : "";
    const std::string now =
        serves.empty() ? say(language, Id::why_nothing_serves) : sanitize_line(serves);
    if (restored == "failed") {
        const bool tried = followed.end->outcome != "died";
        return say(language,
                   tried ? Id::why_restore_failed : Id::why_not_restored,
                   fmt::arg("serves", now));
    }
    if (restored == "none") {
        return say(language, Id::why_serves, fmt::arg("serves", now));
    }
    if (!serves.empty()) {
        // After a rehearsal it is the new version that was brought back.
        const bool previous = restored == "yes" && followed.end->step != "rehearse";
        const Id sentence = previous ? Id::why_restored : Id::why_serves;
        return say(language, sentence, fmt::arg("serves", now));
    }
    return say(language, untouched ? Id::why_untouched : Id::why_serves_unknown);
}

} // namespace

std::vector<std::string>
error_lines(const std::string& head, const std::string& tail, std::size_t most) {
    std::vector<std::string> found;
    // The head holds the tail's text too when there was little of it.
    const bool little = tail.size() <= head.size();
    for (const std::string& text : {head, little ? std::string() : tail}) {
        for (std::string& line : clean_lines(text)) {
            const bool known = std::find(found.begin(), found.end(), line) != found.end();
            if (looks_like_cause(line) && !known && found.size() < most) {
                found.push_back(std::move(line));
            }
        }
    }
    if (found.empty()) {
        found = clean_lines(tail);
        keep_last(found, most / 2);
    }
    return found;
}

std::optional<Failure>
explain(const Followed& followed, const Subject& subject, Language language) {
    if (followed.how == HowFollowed::ended && followed.end && followed.end->good()) {
        return std::nullopt;
    }
    Failure failure;
    failure.host = followed.host;
    failure.code = code_of(followed);
    const Reason& reason = reason_of(failure.code);
    failure.message = say(language,
                          sentence_of(reason, subject),
                          fmt::arg("tag", subject.ref),
                          fmt::arg("attempts", subject.health_attempts));
    if (const std::string& by = followed.transcript.cancelled_by;
        reason.code == "cancelled" && !by.empty()) {
        failure.message = say(language, Id::why_cancelled_by, fmt::arg("by", by));
    }
    failure.next = fmt::format(fmt::runtime(next_of(reason, subject)),
                               fmt::arg("ref", shell_quote(subject.ref)),
                               fmt::arg("env", subject.environment),
                               fmt::arg("service", shell_quote(subject.service)),
                               fmt::arg("run", shell_quote(subject.run_id)),
                               fmt::arg("id", subject.release_id.value_or(0)));
    // What the tag names now is another release, to be tested anew.
    if (reason.code == "tag_moved" && subject.is_tag && !followed.transcript.commit.empty()) {
        failure.next = fmt::format("loomrel stage-deploy --service {} --tag {} --commit {}",
                                   shell_quote(subject.service),
                                   shell_quote(subject.ref),
                                   typed_word(followed.transcript.commit));
    }
    if (followed.error && !followed.end) {
        failure.message = in(language, followed.error->message());
        // Of an unknown outcome only attaching again will tell, if there is something to attach to.
        const bool may_attach =
            followed.how == HowFollowed::unknown && followed.error->code() != "run_gone";
        if (!followed.error->hint().empty() && !may_attach) {
            failure.next = in(language, followed.error->hint());
        }
    }
    if (followed.end) {
        failure.step = followed.end->step;
        failure.command = sanitize_line(followed.transcript.failed_command);
        failure.how =
            failure.command.empty() ? "" : in_words(followed.transcript.failed_code, language);
        // What is missing in the configuration is said by the message; a build that went well has
        // nothing to add to it.
        if (followed.end->rc != 2 && reason.code != "no_health") {
            failure.lines =
                error_lines(followed.transcript.head(), followed.transcript.tail(), k_most_lines);
        }
        failure.container = clean_lines(followed.transcript.container());
        keep_last(failure.container, k_most_lines);
    }
    // What certainly did not begin is its own reason, whatever was to be done.
    if (followed.how != HowFollowed::not_started) {
        failure.message = with_kind(std::move(failure.message), subject.kind, language);
    }
    failure.serves = serves_sentence(followed, language);
    return failure;
}

std::string to_text(const Failure& failure, Language language) {
    const bool named = failure.message.find(failure.host) != std::string::npos;
    std::string text = (named ? "" : failure.host + ": ") + failure.message + "\n";
    if (!failure.step.empty()) {
        text += "  "
                + say(language,
                      Id::why_step,
                      fmt::arg("step", messages::step_label(language, failure.step)));
        if (!failure.command.empty()) {
            text += ": " + failure.command + " (" + failure.how + ")";
        }
        text += "\n";
    }
    for (const std::string& line : failure.lines) {
        text += "    " + line + "\n";
    }
    if (!failure.container.empty()) {
        text += "  " + say(language, Id::why_container_lines) + "\n";
        for (const std::string& line : failure.container) {
            text += "    " + line + "\n";
        }
    }
    text += "  " + failure.serves + "\n";
    if (!failure.next.empty()) {
        text += "  " + say(language, Id::why_next, fmt::arg("command", failure.next)) + "\n";
    }
    return text;
}

} // namespace loomrel::deploy
