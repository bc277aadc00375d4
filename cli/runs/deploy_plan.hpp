#pragma once

#include "cli/runs/run_session.hpp"
#include "lib/deploy/again.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace loomrel::cli {

// What the deploys of all environments are put together from. A command reads its flags, finds out
// what is wanted, and then goes: prepare - dry run? - session - ledger - join_or_report - its own
// leave (a status, an approval) - run_row into the ledger - RunSession::run.
struct Deploying {
    deploy::Plan plan;
    std::vector<config::Host> hosts;
    deploy::Asker asker;
    // Production's settings as they stand here (design 13.4); of a dev deploy none.
    std::map<std::string, std::string> production;

    [[nodiscard]] const std::string& service() const { return plan.settings.service; }

    [[nodiscard]] const std::string& environment() const { return plan.settings.environment; }
};

// The plan for this request, which gets a run id if it has none and the name of who asks. Nothing
// is connected or asked yet. Error(config) where the settings lack what the engine needs.
[[nodiscard]] Deploying prepare(Services& services,
                                deploy::Request request,
                                config::DeploySettings settings,
                                std::vector<config::Host> hosts);

// The row of the plan's run. Committed before anything is sent to a host.
[[nodiscard]] store::Run run_row(const Deploying& deploying, std::vector<std::string> hosts);

// "Started twice" (design 3): reports the run that is the answer already, or joins the one that
// goes on; nullopt = a run is to be started.
[[nodiscard]] std::optional<ExitCode> join_or_report(Services& services,
                                                     RunSession& session,
                                                     Deploying& deploying,
                                                     const deploy::Decision& decision);

// The runs of a release in an environment, newest first: what deploy::decide wants.
[[nodiscard]] std::vector<store::Run>
runs_of(store::Store& store, std::int64_t release_id, const std::string& environment);

// Error(usage) if the ledger has no release of that number.
[[nodiscard]] release::Release find_release(store::Store& store, std::int64_t id);

// Error(usage) if the release is another's service or tag.
void check_is_release_of(const release::Release& release,
                         const std::string& service,
                         const std::string& tag);

} // namespace loomrel::cli
