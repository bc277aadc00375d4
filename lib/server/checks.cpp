#include "lib/server/checks.hpp"

#include "lib/base/random.hpp"
#include "lib/base/text.hpp"
#include "lib/release/names.hpp"
#include "lib/server/request.hpp"
#include "lib/store/wire.hpp"

#include <algorithm>

namespace loomrel::server {

namespace {

using store::wire::FieldError;

constexpr std::size_t k_most_hosts = 256;
constexpr std::size_t k_most_steps = 16;
constexpr std::size_t k_most_settings = 64;
constexpr std::size_t k_longest_link = 2048;

void check_optional_commit(const std::string& commit) {
    if (!commit.empty()) {
        release::check_commit(commit);
    }
}

void check_optional_line(const char* field, const std::string& text, std::size_t longest = 200) {
    if (!text.empty()) {
        check_line(field, text, longest);
    }
}

// JSON that is kept as it is: whoever writes it out again, in whatever process, takes a call of
// its own stack for every level.
void check_depth(const char* field, const std::string& text) {
    if (is_nested_too_deeply(text)) {
        throw FieldError(field, "is nested too deeply");
    }
}

void check_environment(const std::string& environment) {
    if (environment != "dev" && environment != "stage" && environment != "prod") {
        throw FieldError("environment", "must be dev, stage or prod");
    }
}

} // namespace

void check_uuid(const char* field, const std::string& text) {
    if (!is_uuid(text)) {
        throw FieldError(field, "must be a UUID in lower case");
    }
}

void check_line(const char* field, const std::string& text, std::size_t longest) {
    if (text.empty()) {
        throw FieldError(field, "must not be empty");
    }
    if (text.size() > longest) {
        throw FieldError(field, "is too long");
    }
    if (sanitize_line(text) != text) {
        throw FieldError(field, "must be one line of plain text");
    }
}

void check_run_id(const char* field, const std::string& text) {
    const bool plain = std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')
               || c == '-' || c == '_' || c == '.';
    });
    if (!plain) {
        throw FieldError(field, "may hold letters, digits, '-', '_' and '.'");
    }
    check_line(field, text, 128);
}

void check_link(const char* field, const std::string& text) {
    if (text.empty()) {
        return;
    }
    check_line(field, text, k_longest_link);
    if ((!text.starts_with("https://") && !text.starts_with("http://"))
        || text.find_first_of(" \"<>") != std::string::npos) {
        throw FieldError(field, "must be an http(s) address");
    }
}

void check_source(const std::string& source) {
    if (source != "api" && source != "cli" && source != "journal") {
        throw FieldError("source", "must be api, cli or journal");
    }
}

void check(const store::NewRelease& release) {
    release::check_service_name(release.service);
    release::check_release_tag(release.tag);
    check_line("initiated_by", release.by);
    check_run_id("github_run_id", release.run_id);
    check_link("github_action_link", release.link);
    if (!release.ref.empty() && !release::is_safe_ref(release.ref)) {
        throw FieldError("github_ref", "is not a name of a branch or tag");
    }
    check_optional_commit(release.commit);
    check_source(release.source);
}

void check(const store::Run& run) {
    check_uuid("id", run.id);
    release::check_service_name(run.service);
    check_environment(run.environment);
    check_optional_line("ref", run.ref, 300);
    check_optional_commit(run.commit);
    check_optional_line("github_run_id", run.github_run_id);
    if (run.hosts.size() > k_most_hosts) {
        throw FieldError("hosts", "are too many");
    }
    for (const std::string& host : run.hosts) {
        check_line("hosts", host, 300);
    }
    if (run.settings.size() > k_most_settings) {
        throw FieldError("settings", "are too many");
    }
    for (const auto& [key, value] : run.settings) {
        check_line("settings", key, 100);
        check_line("settings", value, 100);
    }
    if (!run.source.empty() && run.source != "spool") {
        throw FieldError("source", "must be spool, or nothing");
    }
}

void check(const store::RunEnd& end) {
    check_uuid("run_id", end.run_id);
    if (end.hosts.size() > k_most_hosts) {
        throw FieldError("hosts", "are too many");
    }
    check_depth("result", end.result);
    for (const store::HostResult& host : end.hosts) {
        check_line("host", host.host, 300);
        check_optional_line("state", host.state);
        check_optional_line("outcome", host.outcome);
        check_optional_line("serves", host.serves, 300);
    }
}

void check(const store::Change& change) {
    check_uuid("id", change.id);
    if (change.steps.size() > k_most_steps) {
        throw FieldError("steps", "are too many");
    }
    for (const store::Change::Step& step : change.steps) {
        check_depth("detail", step.detail);
    }
    check_line("actor", change.actor);
    check_source(change.source);
    if (change.commit) {
        release::check_commit(*change.commit);
    }
    if (change.run_id) {
        check_run_id("run_id", *change.run_id);
    }
    if (change.link) {
        check_link("link", *change.link);
    }
    // An adopted container's name may be a commit; everything else goes by the rule for tags.
    if (change.rollback_to_tag && !change.rollback_to_tag->empty()
        && !release::is_commit(*change.rollback_to_tag)) {
        check_line("rollback_to_tag", *change.rollback_to_tag, 300);
    }
    if (change.open_run) {
        check(*change.open_run);
    }
    if (change.end_run) {
        check(*change.end_run);
    }
}

void check(const store::Claim& claim) {
    check_uuid("id", claim.id);
    check_line("actor", claim.actor);
    check_source(claim.source);
    check_depth("detail", claim.detail);
    if (claim.run) {
        check(*claim.run);
        if (claim.run->environment != "prod" || claim.run->kind != store::RunKind::deploy
            || claim.run->release_id != claim.release_id) {
            throw FieldError("run", "must be a deploy of this release to prod");
        }
    }
}

void check(const store::NewNote& note) {
    check_uuid("id", note.id);
    check_line("actor", note.actor);
    check_source(note.source);
    // By these the history shows a person's word and who began a deploy: the ledger's own to write.
    check_depth("detail", note.detail);
    const nlohmann::json detail = nlohmann::json::parse(note.detail, nullptr, false);
    if (!detail.is_object()) {
        throw FieldError("detail", "must be a JSON object");
    }
    for (const char* member : {"approval", "dispatch"}) {
        if (detail.contains(member)) {
            throw FieldError("detail", std::string("must not hold \"") + member + '"');
        }
    }
}

void check(const store::NewNotice& notice) {
    check_line("key", notice.key);
    const bool plain = std::all_of(notice.kind.begin(), notice.kind.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || c == '_';
    });
    if (!plain || notice.kind == "event" || notice.kind == "dispatch") {
        throw FieldError("kind", "is not one that callers may give");
    }
    check_line("kind", notice.kind, 40);
    check_depth("fact", notice.fact);
}

} // namespace loomrel::server
