#pragma once

#include "cli/context/services.hpp"
#include "lib/deploy/follow.hpp"
#include "lib/store/spool.hpp"

#include <filesystem>

namespace loomrel::cli {

// $XDG_STATE_HOME/loomrel, else ~/.local/state/loomrel: what this machine keeps between commands.
[[nodiscard]] std::filesystem::path state_folder(Services& services);

// Where results wait that the ledger could not be told.
[[nodiscard]] store::Spool make_spool(Services& services);

// False where the ledger's address could not be read, and somebody must go on all the same.
[[nodiscard]] bool is_ledger_named(Services& services);

// How long links may be silent or gone. LOOMREL_LINK_WAIT (seconds) shortens or lengthens how long
// a lost link is waited for.
[[nodiscard]] deploy::Patience patience(Services& services);

} // namespace loomrel::cli
