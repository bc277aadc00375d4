#include "cli/commands/release/release.hpp"
#include "cli/context/report.hpp"
#include "lib/base/random.hpp"
#include "lib/base/text.hpp"
#include "lib/operations/ledger.hpp"
#include "lib/release/names.hpp"

namespace loomrel::cli {

namespace {

using messages::Id;

store::NewRelease gather(Services& services, const ReleaseCreateOptions& options) {
    const GithubActions& github = services.github();
    store::NewRelease release;
    release.service = services.service(options.service);
    release.tag = services.tag(options.tag);
    // What Actions says of ref and commit holds for the tag that it runs for, for no other.
    const bool same_tag = github.tag == release.tag;
    release.by = options.by.value_or(services.actor());
    release.run_id =
        options.run_id.value_or(github.run_id.empty() ? "local-" + random_uuid() : github.run_id);
    release.link = options.link.value_or(github.link);
    release.ref = options.ref.value_or(
        same_tag && !github.ref.empty() ? github.ref : "refs/tags/" + release.tag);
    release.commit = options.commit.value_or(same_tag ? github.commit : "");
    release.source = "cli";
    operations::set_sender(release, services.sender());
    check_value(release::is_line(release.by), "bad_by", "--by", Id::cli_release_by_rule);
    check_run_id(release.run_id);
    check_link(release.link);
    check_value(release::is_safe_ref(release.ref), "bad_ref", "--ref", Id::cli_release_ref_rule);
    if (!release.commit.empty()) {
        release::check_commit(release.commit);
    }
    return release;
}

// The release that this call would find instead of making one.
std::optional<release::Release> find_there(store::Store& store, const store::NewRelease& wanted) {
    store::ReleaseQuery query;
    query.service = wanted.service;
    query.tag = wanted.tag;
    query.limit = 1000;
    for (release::Release& each : store.list_releases(query)) {
        if (each.github_run_id == wanted.run_id) {
            return std::move(each);
        }
    }
    return std::nullopt;
}

ExitCode show_there(Services& services, const release::Release& there) {
    if (services.json()) {
        services.out_json({{"dry_run", true},
                           {"created", false},
                           {"release_id", there.id},
                           {"status", there.status}});
    } else {
        services.out(
            services.say(Id::cli_release_there,
                         fmt::arg("id", there.id),
                         fmt::arg("service", sanitize_line(there.service_name)),
                         fmt::arg("tag", sanitize_line(there.release_tag)),
                         fmt::arg("status", status_label(services.language(), there.status)))
            + "\n");
    }
    return ExitCode::ok;
}

// A run id that was made just now is nowhere yet: no ledger is asked for it.
ExitCode show_plan(Services& services, const store::NewRelease& release, bool fresh_run) {
    if (!fresh_run) {
        if (const auto there = find_there(services.store(Services::Purpose::releases), release)) {
            return show_there(services, *there);
        }
    }
    const std::string ledger = store::shown_url(services.config().store.url);
    if (services.json()) {
        services.out_json({{"dry_run", true},
                           {"created", true},
                           {"store", ledger},
                           {"release",
                            {{"service_name", release.service},
                             {"release_tag", release.tag},
                             {"initiated_by", release.by},
                             {"github_run_id", release.run_id},
                             {"github_action_link", release.link},
                             {"github_ref", release.ref},
                             {"commit_sha", release.commit}}}});
        return ExitCode::ok;
    }
    services.out(services.say(Id::cli_release_create_plan,
                              fmt::arg("service", release.service),
                              fmt::arg("tag", release.tag),
                              fmt::arg("by", release.by),
                              fmt::arg("run_id", release.run_id),
                              fmt::arg("ref", release.ref),
                              fmt::arg("commit", release.commit.empty() ? "-" : release.commit),
                              fmt::arg("store", ledger))
                 + "\n");
    return ExitCode::ok;
}

} // namespace

ExitCode run_release_create(Services& services, const ReleaseCreateOptions& options) {
    const store::NewRelease release = gather(services, options);
    if (options.dry_run) {
        return show_plan(services, release, !options.run_id && services.github().run_id.empty());
    }
    const store::Created created =
        services.store(Services::Purpose::releases).create_release(release);
    if (services.json()) {
        services.out_json({{"release_id", created.id}, {"status", created.status}});
    } else {
        services.out(std::to_string(created.id) + "\n");
    }
    set_outputs(services, {{"release_id", std::to_string(created.id)}, {"status", created.status}});
    services.note(
        services.say(created.created ? Id::cli_release_created : Id::cli_release_there,
                     fmt::arg("id", created.id),
                     fmt::arg("service", release.service),
                     fmt::arg("tag", release.tag),
                     fmt::arg("status", status_label(services.language(), created.status))));
    return ExitCode::ok;
}

} // namespace loomrel::cli
