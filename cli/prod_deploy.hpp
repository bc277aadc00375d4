#pragma once

#include "cli/command.hpp"
#include "lib/store/store.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace loomrel::cli {

class Services;

struct ProdDeployOptions {
    std::optional<std::string> service;
    std::optional<std::string> tag;
    std::optional<std::int64_t> release_id;
    bool older = false;
    bool dry_run = false;
};

// In whose name, and through what.
struct Claimant {
    std::string actor;
    std::string source;
};

// What the ledger's refusal of a claim means to whoever asked: Error(refused). It stands in the
// release's history already.
[[noreturn]] void
refuse_claim(Services& services, const release::Release& release, const store::Claimed& claimed);

// The claim. Gives the run that is open then: this one, or the one of whoever was first.
// Error(refused) says what the ledger's proof lacks (design 13.2).
[[nodiscard]] store::Run claim_production(Services& services,
                                          store::Store& store,
                                          const release::Release& release,
                                          store::Run run,
                                          const Claimant& claimant,
                                          bool older);

// Deploys an approved release. The ledger proves that it may be deployed: the move to "deploying",
// made in one transaction with the run's row before any host is asked, is what makes one production
// deploy out of an approval, whoever asks how often.
ExitCode run_prod_deploy(Services& services, const ProdDeployOptions& options);

void register_prod_deploy(Command& parent);

} // namespace loomrel::cli
