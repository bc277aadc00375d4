#include "cli/commands/commands.hpp"

#include "cli/commands/attach.hpp"
#include "cli/commands/cancel.hpp"
#include "cli/commands/completion.hpp"
#include "cli/commands/config.hpp"
#include "cli/commands/db.hpp"
#include "cli/commands/dev_deploy.hpp"
#include "cli/commands/doctor/doctor.hpp"
#include "cli/commands/init/init.hpp"
#include "cli/commands/key.hpp"
#include "cli/commands/logs.hpp"
#include "cli/commands/notify.hpp"
#include "cli/commands/prod_deploy.hpp"
#include "cli/commands/reconcile.hpp"
#include "cli/commands/release/release.hpp"
#include "cli/commands/rollback.hpp"
#include "cli/commands/runs.hpp"
#include "cli/commands/serve.hpp"
#include "cli/commands/stage_deploy.hpp"
#include "cli/commands/status.hpp"
#include "cli/commands/trust.hpp"

namespace loomrel::cli {

CommandTree::CommandTree()
    : Command("loomrel", messages::Id::cli_about) {
    register_dev_deploy(*this);
    register_stage_deploy(*this);
    register_prod_deploy(*this);
    register_rollback(*this);
    register_release(*this);
    register_status(*this);
    register_runs(*this);
    register_logs(*this);
    register_attach(*this);
    register_cancel(*this);
    register_reconcile(*this);
    register_serve(*this);
    register_notify(*this);
    register_doctor(*this);
    register_trust(*this);
    register_init(*this);
    register_key(*this);
    register_db(*this);
    register_config(*this);
    register_completion(*this);
}

} // namespace loomrel::cli
