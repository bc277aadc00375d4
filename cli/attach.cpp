#include "cli/attach.hpp"

#include "cli/local_state.hpp"
#include "cli/run_session.hpp"
#include "cli/targets.hpp"
#include "lib/base/text.hpp"

namespace loomrel::cli {

using messages::Id;
using messages::phrase;

store::Run find_run(Services& services, const std::string& id) {
    auto found = services.store().find_run(id);
    if (!found) {
        throw Error(ErrorKind::usage,
                    "run_not_found",
                    phrase(Id::deploy_no_such_run, fmt::arg("run", sanitize_line(id))),
                    phrase(Id::deploy_no_such_run_hint));
    }
    return *found;
}

ExitCode run_attach(Services& services, const AttachOptions& options) {
    services.exit_code_is_the_result();
    const store::Run run = find_run(services, options.run);
    RunSession session(
        services, services.config().deploy(run.service, run.environment), hosts_of(services, run));
    session.set_store(services.store());
    make_spool(services).deliver(services.store());
    return session.attach(run);
}

void register_attach(Command& parent) {
    auto options = std::make_shared<AttachOptions>();
    parent.command("attach", Id::cli_attach_about)
        .argument("RUN", Id::cli_help_run, &options->run)
        .required()
        .runs([options](Services& services) { return run_attach(services, *options); });
}

} // namespace loomrel::cli
