#include "cli/commands/dev_deploy.hpp"

#include "cli/commands/developer.hpp"
#include "cli/context/report.hpp"
#include "cli/runs/dry_run.hpp"
#include "cli/runs/run_session.hpp"
#include "lib/base/random.hpp"
#include "lib/operations/dev_deploy.hpp"
#include "lib/operations/targets.hpp"
#include "lib/release/names.hpp"

#include <nlohmann/json.hpp>

namespace loomrel::cli {

namespace {

using messages::Id;
using messages::phrase;

constexpr const char* k_dev = "dev";

// What is asked for, checked, with everything that Actions fills in.
struct DevRequest {
    std::string service;
    std::string branch;
    std::string commit; // "" = whatever the branch names
    std::string author;
};

std::string branch_of(Services& services, const DevDeployOptions& options) {
    const std::string branch = options.branch.value_or(services.github().branch);
    if (branch.empty()) {
        throw Error(ErrorKind::usage,
                    "branch_missing",
                    phrase(Id::dev_branch_missing),
                    phrase(Id::dev_branch_missing_hint));
    }
    release::check_branch(branch);
    return branch;
}

DevRequest ask(Services& services, const DevDeployOptions& options) {
    DevRequest asked;
    asked.service = services.service(options.service);
    asked.branch = branch_of(services, options);
    asked.author = author_of(services, options.author);
    asked.commit = options.commit.value_or("");
    if (options.commit) {
        release::check_commit(asked.commit);
    }
    return asked;
}

// The same step of the same attempt of a GitHub run finds its run again on the host, ledger or not;
// a person's runs are new each time.
std::string
run_id_for(const GithubActions& github, const DevRequest& asked, const std::string& host) {
    if (github.run_id.empty() || github.run_attempt == 0) {
        return random_uuid();
    }
    return uuid_of_name("dev-deploy\n" + github.repository + '\n' + github.run_id + '\n'
                        + std::to_string(github.run_attempt) + '\n' + asked.service + '\n'
                        + asked.branch + '\n' + host);
}

// A bot that pushes has no machine, and that is nobody's fault.
ExitCode skip(Services& services, const DevRequest& asked, bool dry_run) {
    const std::string text = services.say(Id::dev_bot_skipped, fmt::arg("author", asked.author));
    if (!dry_run) {
        set_outputs(services,
                    {{"release_id", ""}, {"status", "skipped"}, {"commit", ""}, {"log", ""}});
    }
    if (services.json()) {
        // A deploy's shape, for whoever reads all of them alike.
        services.out_json({{"release_id", nullptr},
                           {"service", asked.service},
                           {"tag", ""},
                           {"environment", k_dev},
                           {"status", ""},
                           {"commit", ""},
                           {"ok", true},
                           {"exit", 0},
                           {"run_id", ""},
                           {"log", ""},
                           {"duration_ms", 0},
                           {"hosts", nlohmann::ordered_json::array()},
                           {"failure", nullptr},
                           {"branch", asked.branch},
                           {"author", asked.author},
                           {"skipped", text}});
        services.note(text);
    } else {
        services.out(text + "\n");
    }
    return ExitCode::ok;
}

operations::Deploying
prepare_for(Services& services, const DevRequest& asked, const config::Host& host) {
    deploy::Request request;
    request.run_id = run_id_for(
        services.github(), asked, operations::endpoint_of(services.context(), host).shown());
    request.branch = asked.branch;
    request.commit = asked.commit;
    return operations::prepare(services.context(),
                               services,
                               std::move(request),
                               services.config().deploy(asked.service, k_dev, host.domain),
                               {host});
}

} // namespace

ExitCode run_dev_deploy(Services& services, const DevDeployOptions& options) {
    services.exit_code_is_the_result();
    const DevRequest asked = ask(services, options);
    const auto host = services.config().developer(asked.author);
    if (!host) {
        if (is_bot(asked.author)) {
            return skip(services, asked, options.dry_run);
        }
        throw no_host_of(services, asked.author);
    }
    operations::Deploying deploying = prepare_for(services, asked, *host);
    services.note(
        services.say(Id::dev_whose_host,
                     fmt::arg("author", host->name),
                     fmt::arg("host", operations::endpoint_of(services.context(), *host).shown()),
                     fmt::arg("service", asked.service),
                     fmt::arg("branch", asked.branch)));
    if (options.dry_run) {
        return show_dry_run(services, deploying.plan, deploying.hosts);
    }
    RunSession session(services, deploying.plan.settings, deploying.hosts);
    session.begin_connecting();
    // Beside the log-in: the ledger.
    const store::Run run = operations::run_row(services.context(), deploying);
    const auto begun = operations::begin_dev_run(services.context(), services, run);
    if (begun.ledger) {
        session.set_ledger(*begun.ledger);
    }
    if (const auto done = join_or_report(services, session, deploying, begun.decision)) {
        return *done;
    }
    return session.run(deploying.plan, run);
}

void register_dev_deploy(Command& parent) {
    auto options = std::make_shared<DevDeployOptions>();
    parent.command("dev-deploy", Id::cli_dev_deploy_about)
        .option("--service", "S", Id::cli_help_service, &options->service)
        .option("--branch", "B", Id::cli_help_branch, &options->branch)
        .option("--author", "A", Id::cli_help_author, &options->author)
        .option("--commit", "SHA", Id::cli_help_branch_commit, &options->commit)
        .flag("--dry-run", Id::cli_help_dry_run, options->dry_run)
        .runs([options](Services& services) { return run_dev_deploy(services, *options); });
}

} // namespace loomrel::cli
