#include "cli/syntax/exit_code.hpp"

namespace loomrel::cli {

ExitCode exit_code_of(ErrorKind kind) {
    switch (kind) {
    case ErrorKind::run_failed:
        return ExitCode::run_failed;
    case ErrorKind::usage:
    case ErrorKind::config:
        return ExitCode::usage;
    case ErrorKind::refused:
        return ExitCode::refused;
    case ErrorKind::no_host:
        return ExitCode::no_host;
    case ErrorKind::ledger:
        return ExitCode::ledger;
    case ErrorKind::spooled:
        return ExitCode::spooled;
    case ErrorKind::unknown_outcome:
        return ExitCode::unknown_outcome;
    case ErrorKind::interrupted:
        return ExitCode::interrupted;
    case ErrorKind::internal:
        return ExitCode::internal;
    }
    return ExitCode::internal;
}

} // namespace loomrel::cli
