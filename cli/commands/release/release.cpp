#include "cli/commands/release/release.hpp"

#include "lib/base/text.hpp"
#include "lib/messages/status_texts.hpp"
#include "lib/release/names.hpp"

#include <memory>

namespace loomrel::cli {

namespace {

using messages::Id;
using messages::phrase;

std::vector<std::string> machine_statuses() {
    std::vector<std::string> names;
    for (const release::Status each : release::all_statuses()) {
        names.emplace_back(to_string(each));
    }
    return names;
}

void register_create(Command& family) {
    auto options = std::make_shared<ReleaseCreateOptions>();
    family.command("create", Id::cli_release_create_about)
        .option("--service", "S", Id::cli_help_service, &options->service)
        .option("--tag", "T", Id::cli_help_tag, &options->tag)
        .option("--by", "WHO", Id::cli_release_help_by, &options->by)
        .option("--run-id", "ID", Id::cli_release_help_run_id, &options->run_id)
        .option("--link", "URL", Id::cli_release_help_link, &options->link)
        .option("--ref", "REF", Id::cli_release_help_ref, &options->ref)
        .option("--commit", "SHA", Id::cli_release_help_commit, &options->commit)
        .flag("--dry-run", Id::cli_help_dry_run, options->dry_run)
        .runs([options](Services& services) { return run_release_create(services, *options); });
}

void register_patch(Command& family) {
    auto options = std::make_shared<ReleasePatchOptions>();
    family.command("patch", Id::cli_release_patch_about)
        .argument("ID", Id::cli_release_help_id, &options->id)
        .option("--status", "STATUS", Id::cli_release_help_status, &options->status)
        .choices(machine_statuses())
        .option("--run-id", "ID", Id::cli_release_help_new_run_id, &options->run_id)
        .option("--link", "URL", Id::cli_release_help_new_link, &options->link)
        .option("--rollback-to", "TAG", Id::cli_release_help_rollback_to, &options->rollback_to)
        .flag("--dry-run", Id::cli_help_dry_run, options->dry_run)
        .runs([options](Services& services) { return run_release_patch(services, *options); });
}

void register_list(Command& family) {
    auto options = std::make_shared<ReleaseListOptions>();
    family.command("list", Id::cli_release_list_about)
        .flag("--active", Id::cli_release_help_active, options->active)
        .flag("--successful", Id::cli_release_help_successful, options->successful)
        .flag("--failed", Id::cli_release_help_failed, options->failed)
        .flag("--outrun", Id::cli_release_help_outrun, options->outrun)
        .option("--service", "S", Id::cli_release_help_of_service, &options->service)
        .option("--limit", "N", Id::cli_release_help_limit, &options->limit)
        .runs([options](Services& services) { return run_release_list(services, *options); });
}

void register_by_id(Command& family,
                    const char* name,
                    Id about,
                    ExitCode (*run)(Services&, const ReleaseIdOptions&)) {
    auto options = std::make_shared<ReleaseIdOptions>();
    family.command(name, about)
        .argument("ID", Id::cli_release_help_id, &options->id)
        .runs([options, run](Services& services) { return run(services, *options); });
}

void register_decisions(Command& family) {
    auto yes = std::make_shared<ReleaseDecideOptions>();
    family.command("approve", Id::approval_approve_about)
        .argument("ID", Id::cli_release_help_id, &yes->id)
        .option("--as", "WHO", Id::approval_help_as, &yes->as)
        .flag("--yes", Id::approval_help_yes, yes->yes)
        .flag("--dry-run", Id::cli_help_dry_run, yes->dry_run)
        .runs([yes](Services& services) { return run_release_approve(services, *yes); });
    auto no = std::make_shared<ReleaseDecideOptions>();
    family.command("reject", Id::approval_reject_about)
        .argument("ID", Id::cli_release_help_id, &no->id)
        .option("--as", "WHO", Id::approval_help_as, &no->as)
        .option("--reason", "TEXT", Id::approval_help_reason, &no->reason)
        .flag("--dry-run", Id::cli_help_dry_run, no->dry_run)
        .runs([no](Services& services) { return run_release_reject(services, *no); });
}

} // namespace

void register_release(Command& parent) {
    Command& family = parent.command("release", Id::cli_release_about);
    register_create(family);
    register_patch(family);
    register_list(family);
    register_by_id(family, "show", Id::cli_release_show_about, run_release_show);
    register_by_id(family, "events", Id::cli_release_events_about, run_release_events);
    register_decisions(family);
    register_release_dispatch(family);
}

std::string status_label(Language language, const std::string& status) {
    const auto known = release::parse_status(status);
    return known ? messages::label(language, *known) : sanitize_line(status);
}

release::Release find_release(Services& services, std::optional<std::int64_t> id) {
    auto found = services.store(Services::Purpose::releases).find_release(id.value_or(0));
    if (!found) {
        throw Error(ErrorKind::usage,
                    "unknown_release",
                    phrase(Id::cli_release_unknown, fmt::arg("id", id.value_or(0))),
                    phrase(Id::cli_release_unknown_hint));
    }
    return *found;
}

void check_value(bool fits, const char* code, const char* option, messages::Id rule) {
    if (!fits) {
        throw Error(ErrorKind::usage,
                    code,
                    phrase(Id::cli_bad_value, fmt::arg("option", option)),
                    phrase(rule));
    }
}

void check_run_id(const std::string& run_id) {
    check_value(
        release::is_github_run(run_id), "bad_run_id", "--run-id", Id::cli_release_run_id_rule);
}

void check_link(const std::string& link) {
    check_value(
        link.empty() || release::is_link(link), "bad_link", "--link", Id::cli_release_link_rule);
}

} // namespace loomrel::cli
