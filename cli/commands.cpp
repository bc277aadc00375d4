#include "cli/commands.hpp"

namespace loomrel::cli {

Command make_commands() {
    Command program("loomrel", messages::Id::cli_about);
    return program;
}

} // namespace loomrel::cli
