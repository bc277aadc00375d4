#include "cli/runs/deploy_plan.hpp"

#include "cli/hosts/targets.hpp"
#include "cli/runs/run_result.hpp"
#include "lib/base/random.hpp"
#include "lib/deploy/shown_settings.hpp"

#include <utility>

namespace loomrel::cli {

using messages::Id;
using messages::phrase;

Deploying prepare(Services& services,
                  deploy::Request request,
                  config::DeploySettings settings,
                  std::vector<config::Host> hosts) {
    if (request.run_id.empty()) {
        request.run_id = random_uuid();
    }
    request.by = services.actor();
    const GithubActions& github = services.github();
    request.link = github.link;
    if (settings.environment == "prod") {
        note_unlisted_hosts(services, settings.service);
    }
    std::map<std::string, std::string> production;
    if (settings.environment != "dev") {
        production = deploy::shown_settings(services.config().deploy(settings.service, "prod"));
    }
    return {deploy::make_plan(
                std::move(request), std::move(settings), services.language(), random_hex(8)),
            std::move(hosts),
            {github.run_id, github.run_attempt},
            std::move(production)};
}

store::Run run_row(const Deploying& deploying, std::vector<std::string> hosts) {
    const deploy::Request& request = deploying.plan.request;
    store::Run run;
    run.id = request.run_id;
    run.service = deploying.service();
    run.environment = deploying.environment();
    run.kind = request.kind;
    run.release_id = request.release_id;
    run.ref = request.tag.empty() ? "refs/heads/" + request.branch : "refs/tags/" + request.tag;
    run.commit = request.commit;
    run.github_run_id = deploying.asker.github_run_id;
    run.github_run_attempt = deploying.asker.attempt;
    run.hosts = std::move(hosts);
    run.settings = deploying.production;
    return run;
}

std::optional<ExitCode> join_or_report(Services& services,
                                       RunSession& session,
                                       Deploying& deploying,
                                       const deploy::Decision& decision) {
    switch (decision.what) {
    case deploy::Decision::What::report:
        return show_stored_result(services, *decision.run);
    case deploy::Decision::What::attach:
        // Its starter may have died before the host heard of it: starting it again by the same id
        // finds it there, or starts it, exactly once.
        deploying.plan.request.run_id = decision.run->id;
        deploying.plan.request.release_id = decision.run->release_id;
        deploying.plan.request.commit = decision.run->commit;
        return session.join(deploying.plan, *decision.run);
    case deploy::Decision::What::start:
        break;
    }
    return std::nullopt;
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

} // namespace loomrel::cli
