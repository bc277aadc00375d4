#include "lib/operations/deploy_plan.hpp"

#include "lib/base/random.hpp"
#include "lib/deploy/shown_settings.hpp"
#include "lib/operations/run_subject.hpp"
#include "lib/operations/targets.hpp"

#include <utility>

namespace loomrel::operations {

using messages::Id;
using messages::phrase;

Deploying prepare(const Context& context,
                  Console& console,
                  deploy::Request request,
                  config::DeploySettings settings,
                  std::vector<config::Host> hosts) {
    if (request.run_id.empty()) {
        request.run_id = random_uuid();
    }
    request.by = context.caller.actor;
    request.link = context.caller.link;
    if (settings.environment == "prod") {
        note_unlisted_hosts(context, console, settings.service);
    }
    std::map<std::string, std::string> production;
    if (settings.environment != "dev") {
        production = deploy::shown_settings(context.config.deploy(settings.service, "prod"));
    }
    return {
        deploy::make_plan(std::move(request), std::move(settings), context.language, random_hex(8)),
        std::move(hosts),
        std::move(production)};
}

void sign(const Context& context, store::Run& run) {
    run.began_by = context.caller.actor;
    run.began_via = context.caller.asker.github_run_id.empty() ? context.caller.source : "github";
}

store::Run run_row(const Context& context, const Deploying& deploying) {
    const deploy::Request& request = deploying.plan.request;
    store::Run run;
    run.id = request.run_id;
    run.service = deploying.service();
    run.environment = deploying.environment();
    run.kind = request.kind;
    run.release_id = request.release_id;
    run.ref = request.tag.empty() ? "refs/heads/" + request.branch : "refs/tags/" + request.tag;
    run.commit = request.commit;
    run.github_run_id = context.caller.asker.github_run_id;
    run.github_run_attempt = context.caller.asker.attempt;
    sign(context, run);
    run.hosts = names_of(context, deploying.hosts);
    run.settings = deploying.production;
    return run;
}

void continue_run(Deploying& deploying, const store::Run& run) {
    deploying.plan.request.run_id = run.id;
    deploying.plan.request.release_id = run.release_id;
    deploying.plan.request.commit = run.commit;
}

deploy::Plan plan_of_begun(const Context& context, const store::Run& run) {
    deploy::Request request;
    request.run_id = run.id;
    request.kind = run.kind;
    const bool is_tag = run.ref.starts_with("refs/tags/");
    (is_tag ? request.tag : request.branch) = short_ref(run.ref);
    request.commit = run.commit;
    request.release_id = run.release_id;
    request.by = context.caller.actor;
    request.link = context.caller.link;
    return deploy::make_plan(std::move(request),
                             context.config.deploy(run.service, run.environment),
                             context.language,
                             random_hex(8));
}

std::vector<store::Run>
runs_of(store::Store& store, std::int64_t release_id, const std::string& environment) {
    store::RunQuery query;
    query.release_id = release_id;
    query.environment = environment;
    return store.list_runs(query);
}

release::Release find_release(store::Store& store, std::int64_t id) {
    auto found = store.find_release(id);
    if (!found) {
        throw Error(ErrorKind::usage,
                    "release_not_found",
                    phrase(Id::cli_release_unknown, fmt::arg("id", id)),
                    phrase(Id::cli_release_unknown_hint));
    }
    return *found;
}

void check_is_release_of(const release::Release& release,
                         const std::string& service,
                         const std::string& tag) {
    if (release.service_name != service || release.release_tag != tag) {
        throw Error(ErrorKind::usage,
                    "release_is_another",
                    phrase(Id::deploy_other_release,
                           fmt::arg("id", release.id),
                           fmt::arg("service", release.service_name),
                           fmt::arg("tag", release.release_tag)),
                    phrase(Id::deploy_other_release_hint, fmt::arg("service", service)));
    }
}

} // namespace loomrel::operations
