#pragma once

#include "cli/context/services.hpp"
#include "lib/store/store.hpp"

#include <string>

// The one way to production: the ledger proves that a release may be deployed (design 13.2).
namespace loomrel::cli {

// In whose name, and through what.
struct Claimant {
    std::string actor;
    std::string source;
};

// What the ledger's refusal of a claim means to whoever asked: Error(refused). It stands in the
// release's history already; of one that was only `foreseen` nothing stands there.
[[noreturn]] void refuse_claim(Services& services,
                               const release::Release& release,
                               const store::Claimed& claimed,
                               bool foreseen = false);

// The claim. Gives the run that is open then: this one, or the one of whoever was first.
// Error(refused) says what the ledger's proof lacks (design 13.2).
[[nodiscard]] store::Run claim_production(Services& services,
                                          store::Store& store,
                                          const release::Release& release,
                                          store::Run run,
                                          const Claimant& claimant,
                                          bool older);

// For a plan, which claims nothing: refuses what the claim would refuse.
void foresee_claim(Services& services,
                   store::Store& store,
                   const release::Release& release,
                   store::Run run,
                   const Claimant& claimant,
                   bool older);

} // namespace loomrel::cli
