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

// May this release be deployed to production as it stands? Error(refused) says why not.
void check_production(Services& services,
                      store::Store& store,
                      const release::Release& release,
                      bool older);

// The claim; Error(refused) if somebody else was first, or if the approval has expired, which is
// asked for anew then.
void claim_production(Services& services,
                      store::Store& store,
                      const release::Release& release,
                      const store::Run& run,
                      const Claimant& claimant);

// Deploys an approved release. Its leave is in the ledger: the move to "deploying", made in one
// transaction with the run's row before any host is asked, is what makes one production deploy out
// of an approval, whoever asks how often.
ExitCode run_prod_deploy(Services& services, const ProdDeployOptions& options);

void register_prod_deploy(Command& parent);

} // namespace loomrel::cli
