#pragma once

#include "lib/base/error.hpp"

namespace loomrel::cli {

// How the program ends: the table of design 3 and of loomrel(1). Scripts rely on it.
enum class ExitCode {
    ok = 0,              // done, and verified
    run_failed = 1,      // the run failed on a host
    usage = 2,           // usage or configuration error; nothing was started
    refused = 3,         // not approved, expired, superseded, not allowed by the status, no --yes
    no_host = 4,         // no host could be started on
    ledger = 5,          // ledger not reachable before anything was started
    spooled = 6,         // the run ended, the ledger could not be told yet
    unknown_outcome = 7, // link lost; the run may still be going
    internal = 70,       // a bug in loomrel (EX_SOFTWARE of sysexits.h)
    output_lost = 74,    // done, but the result could not be written out (EX_IOERR)
    interrupted = 130,
};

[[nodiscard]] ExitCode exit_code_of(ErrorKind kind);

} // namespace loomrel::cli
