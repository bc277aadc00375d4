#pragma once

#include "cli/syntax/command.hpp"

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

// Deploys an approved release. The ledger proves that it may be deployed: the move to "deploying",
// made in one transaction with the run's row before any host is asked, is what makes one production
// deploy out of an approval, whoever asks how often.
ExitCode run_prod_deploy(Services& services, const ProdDeployOptions& options);

void register_prod_deploy(Command& parent);

} // namespace loomrel::cli
