#include "cli/commands.hpp"

#include "cli/attach.hpp"
#include "cli/completion.hpp"
#include "cli/config_command.hpp"
#include "cli/db.hpp"
#include "cli/dev_deploy.hpp"
#include "cli/doctor.hpp"
#include "cli/init.hpp"
#include "cli/logs.hpp"
#include "cli/notify.hpp"
#include "cli/prod_deploy.hpp"
#include "cli/reconcile.hpp"
#include "cli/release.hpp"
#include "cli/rollback.hpp"
#include "cli/serve.hpp"
#include "cli/stage_deploy.hpp"
#include "cli/status.hpp"
#include "cli/trust.hpp"

namespace loomrel::cli {

Command make_commands() {
    Command program("loomrel", messages::Id::cli_about);
    register_dev_deploy(program);
    register_stage_deploy(program);
    register_prod_deploy(program);
    register_rollback(program);
    register_release(program);
    register_status(program);
    register_logs(program);
    register_attach(program);
    register_cancel(program);
    register_reconcile(program);
    register_serve(program);
    register_notify(program);
    register_doctor(program);
    register_trust(program);
    register_init(program);
    register_db(program);
    register_config(program);
    register_completion(program);
    return program;
}

} // namespace loomrel::cli
