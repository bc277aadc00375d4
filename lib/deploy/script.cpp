#include "lib/deploy/script.hpp"

#include "lib/base/shell_quote.hpp"
#include "lib/base/text.hpp"
#include "lib/deploy/host_record.hpp"
#include "lib/deploy/host_scripts.hpp"
#include "lib/deploy/script_text.hpp"
#include "lib/messages/messages.hpp"
#include "lib/release/names.hpp"

#include <algorithm>

namespace loomrel::deploy {

namespace {

using messages::Id;

// `out` and the log for people are cut at this size (design 6).
constexpr std::int64_t k_out_cap = 64LL << 20;
// Bringing back what served before has a time limit of its own: the run's may be what has passed.
constexpr Milliseconds k_restore_limit{10 * 60 * 1000};

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
    const config::DeploySettings& settings = plan.settings;
    // Who goes back is in a hurry, and asks whether what holds the lock may be stopped.
    const bool waits = request.kind == store::RunKind::deploy;
    values.set("CLIENT_PROTOCOL", k_protocol)
        .set("ID", request.run_id)
        .set("NONCE", plan.nonce)
        .set("KIND", store::to_string(request.kind))
        .set("TAG", request.tag)
        .set("BRANCH_NAME", request.branch)
        .set("REF", plan.ref())
        .set("COMMIT", request.commit)
        .set("RELEASE_ID", request.release_id ? std::to_string(*request.release_id) : "")
        .set("FROM", request.from)
        .set("TO", request.to)
        .set("BY", "") // the ledger knows
        .set("HOLDER_TEXT",
             plan.shown_ref() + ", " + request.by
                 + (request.link.empty() ? "" : ", " + sanitize_line(request.link)))
        .set("OLDER", request.older ? "yes" : "")
        .set("UNAPPROVED",
             request.unapproved ? messages::say(
                 plan.language, Id::log_unapproved, fmt::arg("by", sanitize_line(request.by)))
                                : "")
        .set("LOCK_WAIT", waits ? settings.lock_wait.count() / 1000 : 0)
        .set("LOG_PATH", plan.log_path)
        .set("STEPS", join(plan.steps, " "));
}

void set_limits(Assignments& values, const config::DeploySettings& settings, Language language) {
    values.set("LIMIT", settings.time_limit.count() / 10)
        .set("RESTORE_LIMIT", k_restore_limit.count() / 10)
        .set("OUT_CAP", k_out_cap)
        .set("LOG_ROOT", settings.log_root)
        .set("RESTORE", settings.restore_on_failure ? "yes" : "")
        .set("KEEP_CAPSULES", settings.keep_capsules)
        .set("KEEP", settings.keep)
        .set("T_LOG_CUT", messages::say(language, Id::log_log_cut, fmt::arg("limit", "64 MiB")));
}

void set_hooks(Assignments& values, const config::DeploySettings& settings) {
    values.set("BEFORE_UP", settings.hooks.before_up)
        .set("AFTER_UP", settings.hooks.after_up)
        .set("BEFORE_ROLLBACK", settings.hooks.before_rollback)
        .set("ON_FAILURE", settings.hooks.on_failure)
        .set("HOOK_SECONDS", settings.time_limit.count() / 1000);
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
    std::vector<std::string> slugs;
    for (const std::string& service : settings.compose_services) {
        slugs.push_back(release::image_slug(service));
    }
    values.set("SYSTEM", settings.system_dir)
        .set("COMPOSE_FILE", settings.compose_file)
        .set("COMPOSE_SERVICES", join(settings.compose_services, " "))
        .set("SLUGS", join(slugs, " "));
}

// What the window on a run and the run itself both need.
std::string base_functions() {
    return std::string(k_host_lock) + std::string(k_host_lay);
}

// Relative paths start at the login's directory, and those under root at root.
constexpr std::string_view k_places = R"(case $ROOT in /*) ;; *) ROOT=$HOME/$ROOT ;; esac
case $TREE in /*) ;; *) TREE=$ROOT/$TREE ;; esac
case $SYSTEM in /*) ;; *) SYSTEM=$ROOT/$SYSTEM ;; esac
)";

// compose FILE and those env files that exist, each a word of its own whatever its name. KEPT_FILE
// is the file of a kept version, whose paths are relative to where it stood.
std::string compose_function(const config::DeploySettings& settings) {
    std::string checks;
    std::string words;
    std::string names;
    int n = 0;
    for (const std::string& file : settings.env_files) {
        const std::string name = fmt::format("E{}", ++n);
        checks +=
            fmt::format("in_system {0} || ENV_FILE=\n{1}=$ENV_FILE\n", shell_quote(file), name);
        words += fmt::format(" ${{{0}:+--env-file \"${0}\"}}", name);
        names += " " + shell_quote(file);
    }
    // Else compose takes the ".env" of a folder that others may write to.
    checks += "E0=\n[ -z \"$STRANGE\" ] || [ -z \"$KEPT_FILE\" ] || E0=/dev/null\n";
    words = " ${E0:+--env-file \"$E0\"}" + words;
    return fmt::format("env_files() {{\n{}\n}}\n", names.empty() ? ":" : "printf '%s\\n'" + names)
           + fmt::format("compose() {{\n{}run_compose -f \"${{KEPT_FILE:-$COMPOSE_FILE}}\" "
                         "${{KEPT_FILE:+--project-directory \"$SYSTEM\"}}{} \"$@\"\n}}\n",
                         checks,
                         words);
}

std::string engine_functions(const config::DeploySettings& settings) {
    if (settings.engine == config::Engine::command) {
        return std::string(k_host_command);
    }
    return std::string(k_host_compose) + std::string(k_host_compose_verify)
           + std::string(k_host_compose_kept) + std::string(k_host_compose_hold)
           + compose_function(settings);
}

std::string channel_values(const RunPlace& place, const ChannelMark& mark, std::string_view mode) {
    Assignments values;
    set_place(values, place);
    values.set("CLIENT_PROTOCOL", k_protocol)
        .set("S", mark.nonce)
        .set("OFFSET", static_cast<std::int64_t>(mark.offset))
        .set("MODE", mode)
        .set("HOST", mark.host);
    return values.text();
}

RunPlace place_of(const Plan& plan) {
    return {plan.request.run_id,
            plan.settings.service,
            plan.settings.environment,
            plan.settings.state_dir};
}

// What a program of the host is made of: settings, texts, functions. It knows no run and no
// version; a run's request stands before it.
std::string program_parts(const config::DeploySettings& settings, Language language) {
    Assignments values;
    values.set("SERVICE", settings.service).set("ENVIRONMENT", settings.environment);
    set_limits(values, settings, language);
    set_hooks(values, settings);
    set_health(values, settings);
    set_engine(values, settings);
    std::string text = values.text();
    text += k_places;
    // git and what it calls must never ask a person.
    text += "export LC_ALL=C.UTF-8 GIT_TERMINAL_PROMPT=0\n";
    text += message_functions(settings, language);
    for (const std::string_view part : {k_host_run,
                                        k_host_view,
                                        k_host_tree,
                                        k_host_git,
                                        k_host_versions,
                                        k_host_health,
                                        k_host_hooks,
                                        k_host_capsule,
                                        k_host_prune,
                                        k_host_record,
                                        k_host_back,
                                        k_host_look}) {
        text += part;
    }
    return text + engine_functions(settings);
}

// Which protocol a program speaks. Whoever finds it on a host reads its second line (host/boot.sh).
std::string protocol_line() {
    Assignments values;
    return values.set("PROTOCOL", k_protocol).text();
}

// The kept program is this one too: called with nothing but a tag it goes back by hand.
constexpr std::string_view k_program_main = R"sh(case $1 in
run | conclude) R=${0%/*} D=${R%/runs/*} ;;
*) D=$(cd "$(dirname "$0")" && pwd) R='' ID='' TAG='' BRANCH_NAME='' COMMIT='' RELEASE_ID='' TO='' ;;
esac
case $1 in
run) guard ;;
conclude) conclude_dead ;;
look) S=$2 TO=$3 CLIENT_PROTOCOL=$4 && look ;;
*) by_hand "$@" ;;
esac
exit
)sh";

std::string request_text(const Plan& plan) {
    Assignments values;
    set_request(values, plan);
    return values.text() + "#program\n";
}

std::string start_text(const RunPlace& place,
                       const ChannelMark& mark,
                       const Plan& plan,
                       const std::string& lay_run,
                       std::string_view check = "") {
    Assignments values;
    values.set("NONCE", plan.nonce);
    return channel_values(place, mark, "start") + values.text() + base_functions()
           + std::string(k_host_boot) + lay_run + std::string(check) + "boot && follow; exit\n";
}

// What is not there, or another user's, starts nothing.
constexpr std::string_view k_kept_program_there =
    R"sh(state_of_host && { [ -f "$D/restore" ] && [ -O "$D/restore" ] && [ -O "$D" ] || refuse no_program "$D/restore"; } && )sh";

// Printed as it stands, whatever is in it.
std::string here_document(const Plan& plan, const std::string& text) {
    const std::string end = "END-" + plan.nonce;
    return "cat <<'" + end + "'\n" + text + end + "\n";
}

} // namespace

std::string run_script(const Plan& plan) {
    if (plan.by_kept_program) {
        return request_text(plan) + "# and the program that the last deploy left there: STATE/"
               + plan.settings.environment + "/" + plan.settings.service + "/restore\n";
    }
    return request_text(plan) + "#!/bin/sh\n" + protocol_line() + base_functions()
           + program_parts(plan.settings, plan.language) + std::string(k_program_main);
}

std::string start_script(const Plan& plan, const ChannelMark& mark) {
    return start_text(place_of(plan),
                      mark,
                      plan,
                      "lay_run() {\n" + here_document(plan, run_script(plan)) + "}\n");
}

std::string start_kept_script(const Plan& plan, const ChannelMark& mark) {
    return start_text(place_of(plan),
                      mark,
                      plan,
                      "lay_run() {\n" + here_document(plan, request_text(plan))
                          + "cat \"$D/restore\"\n}\n",
                      k_kept_program_there);
}

std::string attach_script(const RunPlace& place, const ChannelMark& mark, bool cancel_if_absent) {
    return channel_values(place, mark, cancel_if_absent ? "cancel_if_absent" : "attach")
           + base_functions() + std::string(k_host_boot) + "boot && follow; exit\n";
}

namespace {

// What the scripts that only look have in common: the service's names, places and engine.
std::string looking_script(const config::DeploySettings& settings,
                           const ChannelMark& mark,
                           const Assignments& more,
                           std::string_view functions,
                           std::string_view last) {
    return channel_values(
               {"-", settings.service, settings.environment, settings.state_dir}, mark, "look")
           + protocol_line() + "KIND=look TAG='' BRANCH_NAME='' COMMIT='' RELEASE_ID='' TO=''\n"
           + more.text() + base_functions() + std::string(k_host_boot)
           + program_parts(settings, Language::en) + std::string(functions) + "state_of_host && "
           + std::string(last) + "; exit\n";
}

} // namespace

std::string look_script(const config::DeploySettings& settings,
                        const std::string& to,
                        const ChannelMark& mark) {
    Assignments more;
    more.set("TO", to);
    return looking_script(settings, mark, more, "", "look");
}

std::string
look_kept_script(const RunPlace& place, const std::string& to, const ChannelMark& mark) {
    Assignments more;
    more.set("TO", to);
    return channel_values(place, mark, "look") + more.text() + base_functions()
           + std::string(k_host_boot) + std::string(k_host_kept)
           + "state_of_host && look_kept; exit\n";
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
