#include "cli/runs/dry_run.hpp"

#include "lib/base/text.hpp"
#include "lib/deploy/ledger_recorder.hpp"
#include "lib/deploy/script.hpp"
#include "lib/messages/status_texts.hpp"
#include "lib/messages/steps.hpp"
#include "lib/operations/targets.hpp"

#include <nlohmann/json.hpp>

namespace loomrel::cli {

namespace {

using messages::Id;
using nlohmann::json;
using release::Status;

// The moves that a good run makes, in order.
std::vector<Status> moves_of(const deploy::Plan& plan) {
    const std::string& environment = plan.settings.environment;
    // A rollback moves the release that production served; what is on stage has its own way on.
    if (plan.request.kind == store::RunKind::rollback) {
        return environment == "prod" ? std::vector{Status::rollback, Status::rollback_done}
                                     : std::vector<Status>{};
    }
    std::vector<Status> moves;
    if (environment == "prod") {
        moves.push_back(Status::deploying); // with the run's row, before any host is touched
    }
    for (const std::string& step : plan.steps) {
        if (const auto move = deploy::move_of(environment, step)) {
            moves.push_back(release::status_of(*move));
        }
    }
    if (const auto end = deploy::end_of(environment, store::RunOutcome::good)) {
        moves.push_back(release::status_of(*end));
    }
    return moves;
}

std::vector<std::string> names_of(const std::vector<Status>& moves) {
    std::vector<std::string> names;
    for (const Status move : moves) {
        names.emplace_back(release::to_string(move));
    }
    return names;
}

// What people would be told on the way, if all goes well. A developer hears of his host's run,
// which has no status.
std::vector<std::string> notices_of(const deploy::Plan& plan) {
    if (plan.settings.environment == "dev") {
        return {"dev"};
    }
    auto told = moves_of(plan);
    std::erase_if(told, [](Status move) { return !release::is_told(move); });
    return names_of(told);
}

std::string notices_line(Services& services, const deploy::Plan& plan) {
    std::vector<std::string> labels;
    for (const std::string& notice : notices_of(plan)) {
        const auto status = release::parse_status(notice);
        labels.push_back(status ? messages::label(services.language(), *status)
                                : services.say(Id::notice_dev_good));
    }
    return labels.empty()
               ? services.say(Id::deploy_plan_no_notices)
               : services.say(Id::deploy_plan_notices, fmt::arg("notices", join(labels, ", ")));
}

// Where the log will be; of a host that knows its own settings, under its own root.
std::string log_of(const deploy::Plan& plan) {
    return plan.by_kept_program ? plan.log_path : plan.settings.log_root + "/" + plan.log_path;
}

} // namespace

ExitCode
show_dry_run(Services& services, const deploy::Plan& plan, const std::vector<config::Host>& hosts) {
    const auto names = operations::names_of(services.context(), hosts);
    const std::string script = deploy::run_script(plan);
    if (services.json()) {
        json object{{"dry_run", true},
                    {"service", plan.settings.service},
                    {"environment", plan.settings.environment},
                    {"tag", plan.request.tag},
                    {"hosts", names},
                    {"steps", plan.steps},
                    {"moves", names_of(moves_of(plan))},
                    {"notices", notices_of(plan)},
                    {"log", log_of(plan)},
                    {"script", script}};
        if (plan.request.tag.empty()) {
            object["branch"] = plan.request.branch;
        }
        services.out_json(object);
        return ExitCode::ok;
    }
    const Language language = services.language();
    std::string text = services.say(Id::deploy_title,
                                    fmt::arg("service", plan.settings.service),
                                    fmt::arg("ref", plan.shown_ref()),
                                    fmt::arg("environment", plan.settings.environment))
                       + "\n";
    text += services.say(Id::deploy_plan_hosts, fmt::arg("hosts", join(names, ", "))) + "\n";
    text += services.say(Id::deploy_plan_steps) + "\n";
    for (const std::string& step : plan.steps) {
        text += fmt::format("  {:<12} {}\n", step, messages::step_label(language, step));
    }
    if (const auto moves = names_of(moves_of(plan)); !moves.empty()) {
        text += services.say(Id::deploy_plan_moves, fmt::arg("moves", join(moves, " → "))) + "\n";
    }
    text += notices_line(services, plan) + "\n";
    text += services.say(Id::deploy_plan_log, fmt::arg("log", log_of(plan))) + "\n";
    text += services.say(Id::deploy_plan_script) + "\n" + script;
    services.out(services.redactor().redact(text));
    return ExitCode::ok;
}

} // namespace loomrel::cli
