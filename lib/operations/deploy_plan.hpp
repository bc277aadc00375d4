#pragma once

#include "lib/deploy/again.hpp"
#include "lib/deploy/plan.hpp"
#include "lib/operations/context.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace loomrel::operations {

// What the deploys of all environments are put together from. Whoever deploys finds out what is
// wanted, and then goes: prepare - is there a run already? - its own leave (a status, an approval)
// - run_row into the ledger - RunDriver::run.
struct Deploying {
    deploy::Plan plan;
    std::vector<config::Host> hosts;
    // Production's settings as they stand here (design 13.4); of a dev deploy none.
    std::map<std::string, std::string> production;

    [[nodiscard]] const std::string& service() const { return plan.settings.service; }

    [[nodiscard]] const std::string& environment() const { return plan.settings.environment; }
};

// The plan for this request, which gets a run id if it has none and the name of who asks. Nothing
// is connected or asked yet. Error(config) where the settings lack what the engine needs.
[[nodiscard]] Deploying prepare(const Context& context,
                                Console& console,
                                deploy::Request request,
                                config::DeploySettings settings,
                                std::vector<config::Host> hosts);

// The row of the plan's run. Committed before anything is sent to a host.
[[nodiscard]] store::Run run_row(const Context& context, const Deploying& deploying);

// Whose the run is, and through what he came.
void sign(const Context& context, store::Run& run);

// The plan becomes that of a run which is there already: starting it again by its own id finds it
// at its hosts, or starts it, exactly once. Its starter may have died before they heard of it.
void continue_run(Deploying& deploying, const store::Run& run);

// The plan of a deploy that is under way, as its starter made it: hosts not yet started are started
// by it.
[[nodiscard]] deploy::Plan plan_of_begun(const Context& context, const store::Run& run);

// The runs of a release in an environment, newest first: what deploy::decide wants.
[[nodiscard]] std::vector<store::Run>
runs_of(store::Store& store, std::int64_t release_id, const std::string& environment);

// Error(usage) if the ledger has no release of that number.
[[nodiscard]] release::Release find_release(store::Store& store, std::int64_t id);

// Error(usage) if the release is another's service or tag.
void check_is_release_of(const release::Release& release,
                         const std::string& service,
                         const std::string& tag);

} // namespace loomrel::operations
