#pragma once

#include "lib/operations/production_claim.hpp"

#include <string>

// A deploy to production: which release it is, whether a run is the answer already, and its leave.
namespace loomrel::operations {

struct ProductionDeploy {
    release::Release release;
    Deploying deploying;
    // The run that is the answer, if one is (find_production_run).
    deploy::Decision decision;
};

// The deploy of the request's release, which must be of this service and tag: its plan, of the
// commit that was tested and approved, whatever the tag names now. A good run is the answer only
// while production serves what it brought: else Error(refused).
[[nodiscard]] ProductionDeploy find_production_deploy(const Context& context,
                                                      Console& console,
                                                      store::Store& ledger,
                                                      const std::string& service,
                                                      deploy::Request request);

// Claims the release for the run of this plan. What to do then: start the plan, `run` being its
// row; or attach to the run of whoever was first.
[[nodiscard]] deploy::Decision begin_production_run(const Context& context,
                                                    store::Store& ledger,
                                                    const release::Release& release,
                                                    const Deploying& deploying);

// The run in production that is the answer already, if one is: a run that has ended is, as long as
// the release is where it left it, and so not after a rollback.
[[nodiscard]] deploy::Decision
find_production_run(const Context& context, store::Store& ledger, const release::Release& release);

// To undo what came in after it is for a person to decide: Error(refused) where none is here.
void check_may_be_older(const Console& console,
                        const std::string& service,
                        const deploy::Request& request);

} // namespace loomrel::operations
