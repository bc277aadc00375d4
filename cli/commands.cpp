#include "cli/commands.hpp"

#include "cli/attach.hpp"
#include "cli/cancel.hpp"
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

CommandTree::CommandTree()
    : Command("loomrel", messages::Id::cli_about) {
    register_dev_deploy(*this);
    register_stage_deploy(*this);
    register_prod_deploy(*this);
    register_rollback(*this);
    register_release(*this);
    register_status(*this);
    register_logs(*this);
    register_attach(*this);
    register_cancel(*this);
    register_reconcile(*this);
    register_serve(*this);
    register_notify(*this);
    register_doctor(*this);
    register_trust(*this);
    register_init(*this);
    register_db(*this);
    register_config(*this);
    register_completion(*this);
}

} // namespace loomrel::cli
