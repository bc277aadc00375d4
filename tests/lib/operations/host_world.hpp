#pragma once

#include "lib/operations/deploy_plan.hpp"
#include "lib/operations/run_driver.hpp"
#include "tests/support/local_host.hpp"
#include "tests/support/operations_world.hpp"

#include <string>

namespace loomrel::test {

// Stage and production are this machine.
struct HostWorld : OperationsWorld {
    LocalHost host;
    bool is_away = false;
    int logins = 0;

    HostWorld() {
        load_config(host.toml(),
                    "PROD_HOST=host.test\nPROD_PASSWORD=password\n"
                    "STAGE_HOST=host.test\nSTAGE_PASSWORD=password\n");
        const auto unreachable = context.connect;
        context.connect = [this, unreachable](const ssh::Endpoint& endpoint, Milliseconds wait) {
            ++logins;
            return is_away ? unreachable(endpoint, wait) : host.connect();
        };
    }

    // A release of this tag, which is a version of the service at the host's origin.
    release::Release& release_of(const std::string& tag, const std::string& status) {
        release::Release& row = release_in(status, tag);
        row.commit_sha = host.version(tag);
        return row;
    }

    [[nodiscard]] operations::Deploying plan_for(const release::Release& release,
                                                 const std::string& environment) {
        deploy::Request request;
        request.tag = release.release_tag;
        request.commit = *release.commit_sha;
        request.release_id = release.id;
        return operations::prepare(context,
                                   console,
                                   request,
                                   config.deploy("api", environment),
                                   config.hosts(environment, "api"));
    }

    // A run that goes to its end at the host while nobody tells the ledger. Gives its row.
    store::Run run_untold(const release::Release& release, const std::string& environment) {
        const auto deploying = plan_for(release, environment);
        store::Run run = operations::run_row(context, deploying);
        ledger.runs.push_back(run);
        operations::RunDriver driver(context,
                                     console,
                                     deploying.plan.settings,
                                     deploying.hosts,
                                     {},
                                     operations::note_waiting(console));
        driver.run(deploying.plan, run);
        return run;
    }
};

} // namespace loomrel::test
