#include "lib/deploy/script.hpp"

#include "lib/base/shell_quote.hpp"
#include "lib/deploy/host_scripts.hpp"
#include "lib/deploy/script_text.hpp"
#include "lib/messages/messages.hpp"

#include <algorithm>

namespace loomrel::deploy {

namespace {

using messages::Id;

// `out` and the log for people are cut at this size (design 6).
constexpr std::int64_t k_out_cap = 64LL << 20;

std::string_view health_word(config::HealthKind kind) {
    switch (kind) {
    case config::HealthKind::url:
        return "url";
    case config::HealthKind::none:
        return "none";
    case config::HealthKind::docker:
        return "docker";
    case config::HealthKind::unset:
        return "unset";
    }
    return "none";
}

void set_place(Assignments& values, const RunPlace& place) {
    values.set("ID", place.run_id)
        .set("SERVICE", place.service)
        .set("ENVIRONMENT", place.environment)
        .set("STATE", place.state_dir);
}

void set_request(Assignments& values, const Plan& plan) {
    const Request& request = plan.request;
    values.set("NONCE", plan.nonce)
        .set("KIND", store::to_string(request.kind))
        .set("TAG", request.tag)
        .set("BRANCH_NAME", request.branch)
        .set("REF", plan.ref())
        .set("COMMIT", request.commit)
        .set("RELEASE_ID", request.release_id ? std::to_string(*request.release_id) : "")
        .set("HOLDER_TEXT", plan.shown_ref() + ", " + request.by)
        .set("OLDER", request.older ? "yes" : "");
}

void set_limits(Assignments& values, const Plan& plan) {
    const config::DeploySettings& settings = plan.settings;
    values.set("LIMIT", settings.time_limit.count() / 10)
        .set("LOCK_WAIT", settings.lock_wait.count() / 1000)
        .set("OUT_CAP", k_out_cap)
        .set("LOG_ROOT", settings.log_root)
        .set("LOG_PATH", plan.log_path)
        .set("T_LOG_CUT",
             messages::say(plan.language, Id::log_log_cut, fmt::arg("limit", "64 MiB")));
}

void set_health(Assignments& values, const config::DeploySettings& settings) {
    values.set("HEALTH", health_word(settings.health_kind))
        .set("HEALTH_URL", settings.health_url)
        .set("HEALTH_ATTEMPTS", settings.health_attempts)
        .set("HEALTH_WINDOW", settings.health_interval.count() / 10)
        .set("HEALTH_SECONDS", std::max<std::int64_t>(1, settings.health_interval.count() / 1000))
        .set("STABLE", settings.stable_for.count() / 10);
}

void set_engine(Assignments& values, const config::DeploySettings& settings) {
    values.set("ROOT", settings.root).set("TREE", settings.dir);
    if (settings.engine == config::Engine::command) {
        values.set("BUILD", settings.build).set("UP", settings.up).set("CURRENT", settings.current);
        return;
    }
    std::string services;
    for (const std::string& service : settings.compose_services) {
        services += (services.empty() ? "" : " ") + service;
    }
    values.set("SYSTEM", settings.system_dir)
        .set("COMPOSE_FILE", settings.compose_file)
        .set("COMPOSE_SERVICES", services);
}

// Relative paths start at the login's directory, and those under root at root.
constexpr std::string_view k_places = R"(case $ROOT in /*) ;; *) ROOT=$HOME/$ROOT ;; esac
case $TREE in /*) ;; *) TREE=$ROOT/$TREE ;; esac
case $SYSTEM in /*) ;; *) SYSTEM=$ROOT/$SYSTEM ;; esac
)";

// compose FILE and those env files that exist, each a word of its own whatever its name.
std::string compose_function(const config::DeploySettings& settings) {
    std::string checks;
    std::string words;
    int n = 0;
    for (const std::string& file : settings.env_files) {
        const std::string name = fmt::format("E{}", ++n);
        checks += fmt::format("[ ! -f {0} ] || {1}={0}\n", shell_quote(file), name);
        words += fmt::format(" ${{{0}:+--env-file \"${0}\"}}", name);
    }
    return fmt::format(
        "compose() {{\n{}run_compose -f \"$COMPOSE_FILE\"{} \"$@\"\n}}\n", checks, words);
}

std::string engine_functions(const config::DeploySettings& settings) {
    if (settings.engine == config::Engine::command) {
        return std::string(k_host_command);
    }
    return std::string(k_host_compose) + compose_function(settings);
}

std::string channel_values(const RunPlace& place, const ChannelMark& mark, std::string_view mode) {
    Assignments values;
    set_place(values, place);
    values.set("S", mark.nonce)
        .set("OFFSET", static_cast<std::int64_t>(mark.offset))
        .set("MODE", mode);
    return values.text();
}

RunPlace place_of(const Plan& plan) {
    return {plan.request.run_id,
            plan.settings.service,
            plan.settings.environment,
            plan.settings.state_dir};
}

} // namespace

std::string run_script(const Plan& plan) {
    Assignments values;
    set_place(values, place_of(plan));
    set_request(values, plan);
    set_limits(values, plan);
    set_health(values, plan.settings);
    set_engine(values, plan.settings);
    std::string steps;
    for (const std::string& step : plan.steps) {
        steps += (steps.empty() ? "" : " ") + step;
    }
    values.set("STEPS", steps);
    // The folder is where this file lies; git and what it calls must never ask a person.
    return values.text() + "R=${0%/*} D=${R%/runs/*}\n" + std::string(k_places)
           + "export LC_ALL=C.UTF-8 GIT_TERMINAL_PROMPT=0\n" + message_functions(plan)
           + std::string(k_host_run) + std::string(k_host_git) + std::string(k_host_health)
           + engine_functions(plan.settings)
           + "case $1 in\nrun) guard ;;\nconclude) conclude_dead ;;\nesac\nexit\n";
}

std::string start_script(const Plan& plan, const ChannelMark& mark) {
    const std::string end = "END-" + plan.nonce;
    Assignments values;
    values.set("NONCE", plan.nonce);
    return channel_values(place_of(plan), mark, "start") + values.text() + std::string(k_host_boot)
           + "lay_run() {\ncat <<'" + end + "'\n" + run_script(plan) + end
           + "\n}\nboot && follow; exit\n";
}

std::string attach_script(const RunPlace& place, const ChannelMark& mark, bool bury) {
    return channel_values(place, mark, bury ? "bury" : "attach") + std::string(k_host_boot)
           + "boot && follow; exit\n";
}

namespace {

// What the scripts that only look have in common: the service's names, places and engine.
std::string looking_script(const config::DeploySettings& settings,
                           const ChannelMark& mark,
                           const Assignments& more,
                           std::string_view functions,
                           std::string_view last) {
    Assignments values;
    set_engine(values, settings);
    set_health(values, settings);
    values.set("KIND", "look").set("TAG", "").set("COMMIT", "").set("RELEASE_ID", "");
    values.set("LOG_ROOT", settings.log_root);
    return channel_values(
               {"-", settings.service, settings.environment, settings.state_dir}, mark, "look")
           + values.text() + more.text() + std::string(k_places) + std::string(k_host_boot)
           + std::string(k_host_run) + std::string(k_host_git) + std::string(k_host_health)
           + engine_functions(settings) + std::string(functions) + std::string(last) + "; exit\n";
}

} // namespace

std::string look_script(const config::DeploySettings& settings, const ChannelMark& mark) {
    return looking_script(settings, mark, {}, k_host_look, "look");
}

std::string doctor_script(const config::DeploySettings& settings, const ChannelMark& mark) {
    return looking_script(settings, mark, {}, k_host_doctor, "doctor");
}

std::string logs_script(const config::DeploySettings& settings,
                        const std::string& ref,
                        bool follow,
                        const ChannelMark& mark) {
    const std::string name = ref.empty() ? "*" : ref;
    const std::string path = log_path(settings, store::RunKind::deploy, name);
    Assignments more;
    more.set("LOG_PATH", ref.empty() ? "" : path)
        .set("LOG_DIR", path.substr(0, path.rfind('/')))
        .set("FOLLOW", follow ? "yes" : "");
    return looking_script(settings, mark, more, k_host_logs, "logs");
}

} // namespace loomrel::deploy
