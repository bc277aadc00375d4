#include "cli/commands.hpp"

#include "cli/completion.hpp"
#include "cli/config_command.hpp"
#include "cli/db.hpp"
#include "cli/release.hpp"

namespace loomrel::cli {

Command make_commands() {
    Command program("loomrel", messages::Id::cli_about);
    register_release(program);
    register_db(program);
    register_config(program);
    register_completion(program);
    return program;
}

} // namespace loomrel::cli
