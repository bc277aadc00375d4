#pragma once

#include "cli/context/services.hpp"
#include "lib/deploy/ledger_recorder.hpp"
#include "lib/deploy/report.hpp"

namespace loomrel::cli {

// The result in every form that was asked for: people's last lines or --json, and in GitHub Actions
// the step's outputs and its summary.
void show_result(Services& services,
                 const deploy::Report& report,
                 const deploy::LedgerRecorder::Conclusion& conclusion,
                 ExitCode code);

// A run that ended before, as the ledger has it: the same result, and the same exit code, again.
[[nodiscard]] ExitCode show_stored_result(Services& services, const store::Run& run);

} // namespace loomrel::cli
