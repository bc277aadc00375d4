#include "cli/dry_run.hpp"

#include "cli/targets.hpp"
#include "lib/base/text.hpp"
#include "lib/deploy/keeper.hpp"
#include "lib/deploy/script.hpp"
#include "lib/messages/step_texts.hpp"

#include <nlohmann/json.hpp>

namespace loomrel::cli {

namespace {

using messages::Id;
using nlohmann::json;

// The moves that a good run makes, in order.
std::vector<std::string> moves_of(const deploy::Plan& plan) {
    std::vector<std::string> moves;
    for (const std::string& step : plan.steps) {
        if (const auto move = deploy::move_of(plan.settings.environment, step)) {
            moves.emplace_back(release::to_string(*move));
        }
    }
    if (const auto end = deploy::end_of(plan.settings.environment, store::RunOutcome::good)) {
        moves.emplace_back(release::to_string(*end));
    }
    return moves;
}

} // namespace

ExitCode
show_dry_run(Services& services, const deploy::Plan& plan, const std::vector<config::Host>& hosts) {
    std::vector<std::string> names;
    for (const config::Host& host : hosts) {
        names.push_back(endpoint_of(services, host).shown());
    }
    const std::string script = deploy::run_script(plan);
    if (services.json()) {
        json object{{"dry_run", true},
                    {"service", plan.settings.service},
                    {"environment", plan.settings.environment},
                    {"tag", plan.request.tag},
                    {"hosts", names},
                    {"steps", plan.steps},
                    {"moves", moves_of(plan)},
                    {"log", plan.settings.log_root + "/" + plan.log_path},
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
    if (const auto moves = moves_of(plan); !moves.empty()) {
        text += services.say(Id::deploy_plan_moves, fmt::arg("moves", join(moves, " → "))) + "\n";
    }
    text += services.say(Id::deploy_plan_log,
                         fmt::arg("log", plan.settings.log_root + "/" + plan.log_path))
            + "\n";
    text += services.say(Id::deploy_plan_script) + "\n" + script;
    services.out(services.redactor().redact(text));
    return ExitCode::ok;
}

} // namespace loomrel::cli
