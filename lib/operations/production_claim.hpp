#pragma once

#include "lib/operations/deploy_plan.hpp"

#include <string>

// The one way to production: the ledger proves that a release may be deployed (design 13.2).
namespace loomrel::operations {

inline constexpr const char* k_production = "prod"; // the environment

// What the ledger's refusal of a claim means to whoever asked: Error(refused). It stands in the
// release's history already; of one that was only `foreseen` nothing stands there.
[[noreturn]] void refuse_claim(const Context& context,
                               const release::Release& release,
                               const store::Claimed& claimed,
                               bool foreseen = false);

// The claim, in the caller's name. Gives the run that is open then: this one, or the one of whoever
// was first. Error(refused) says what the ledger's proof lacks (design 13.2).
[[nodiscard]] store::Run claim_production(const Context& context,
                                          store::Store& store,
                                          const release::Release& release,
                                          store::Run run,
                                          bool older);

// For a plan, which claims nothing: refuses what the claim would refuse.
void foresee_claim(const Context& context,
                   store::Store& ledger,
                   const release::Release& release,
                   const Deploying& deploying);

} // namespace loomrel::operations
