#include "cli/runs/find_run.hpp"

#include "lib/base/text.hpp"
#include "lib/operations/named_run.hpp"

#include <nlohmann/json.hpp>

namespace loomrel::cli {

using messages::Id;
using messages::phrase;

store::Run find_run(Services& services, const std::string& id) {
    auto found = operations::find_named_run(services.store(Services::Purpose::releases), id);
    if (!found) {
        throw Error(ErrorKind::usage,
                    "run_not_found",
                    phrase(Id::deploy_no_such_run, fmt::arg("run", sanitize_line(id))),
                    phrase(Id::deploy_no_such_run_hint));
    }
    return *found;
}

ExitCode show_would_attach(Services& services, const store::Run& run) {
    const std::string state = run.ended_at ? "ended" : "open";
    if (services.json()) {
        services.out_json({{"dry_run", true},
                           {"run_id", run.id},
                           {"service", run.service},
                           {"environment", run.environment},
                           {"hosts", run.hosts},
                           {"state", state}});
        return ExitCode::ok;
    }
    services.out(services.say(run.ended_at ? Id::attach_would_replay : Id::attach_would_follow,
                              fmt::arg("run", run.id),
                              fmt::arg("service", run.service),
                              fmt::arg("environment", run.environment),
                              fmt::arg("hosts", join(run.hosts, ", ")))
                 + "\n");
    return ExitCode::ok;
}

} // namespace loomrel::cli
