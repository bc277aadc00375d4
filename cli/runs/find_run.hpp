#pragma once

#include "cli/context/services.hpp"
#include "lib/store/store.hpp"

#include <string>

namespace loomrel::cli {

// By its id or the beginning of that. Error(usage) if the ledger has no such run, or several.
[[nodiscard]] store::Run find_run(Services& services, const std::string& id);

// The plan of a command that would start nothing: the run is there.
[[nodiscard]] ExitCode show_would_attach(Services& services, const store::Run& run);

} // namespace loomrel::cli
