#include "lib/deploy/plan.hpp"

#include "lib/messages/messages.hpp"

#include <algorithm>
#include <initializer_list>
#include <utility>

namespace loomrel::deploy {

namespace {

using messages::Id;
using messages::phrase;

void require(const std::string& value, const std::string& key, const std::string& service) {
    if (value.empty()) {
        throw Error(
            ErrorKind::config,
            "missing_key",
            phrase(Id::deploy_missing_command, fmt::arg("key", key), fmt::arg("service", service)),
            phrase(Id::deploy_missing_command_hint,
                   fmt::arg("key", key),
                   fmt::arg("service", service)));
    }
}

std::vector<std::string> steps_of(const Request& request, const config::Hooks& hooks) {
    std::vector<std::string> steps{"lock"};
    const auto add = [&](std::initializer_list<const char*> names) {
        steps.insert(steps.end(), names.begin(), names.end());
    };
    const auto add_hook = [&](const char* name, const std::string& command) {
        if (!command.empty()) {
            add({name});
        }
    };
    if (request.kind == store::RunKind::deploy) {
        add({"repository", "checkout", "prune", "adopt", "build"});
        add_hook("before_up", hooks.before_up);
        add({"up", "health", "verify"});
        add_hook("after_up", hooks.after_up);
        add({"keep"});
        if (request.rehearse) {
            add({"rehearse"});
        }
        return steps;
    }
    add({"adopt", "choose"});
    add_hook("before_rollback", request.skip_hooks ? "" : hooks.before_rollback);
    if (request.rebuild) {
        add({"repository", "checkout", "build"});
    } else {
        add({"checkout"});
    }
    add({"up", "health", "verify", "keep"});
    return steps;
}

} // namespace

std::string
log_path(const config::DeploySettings& settings, store::RunKind kind, const std::string& ref) {
    const std::string& service = settings.service;
    std::string name = ref;
    std::replace(name.begin(), name.end(), '/', '-');
    if (kind == store::RunKind::rollback) {
        return "rollback/" + service + "/" + name + "-rollback.log";
    }
    if (settings.environment == "dev") {
        return "dev/" + service + "/" + name + ".log";
    }
    if (settings.environment == "prod") {
        return "production/" + service + "/" + name + "-prod.log";
    }
    return service + "/" + name + ".log";
}

std::string Plan::ref() const {
    return request.tag.empty() ? "refs/remotes/origin/" + request.branch
                               : "refs/tags/" + request.tag;
}

void check_engine(const config::DeploySettings& settings) {
    if (settings.engine == config::Engine::command) {
        require(settings.up, "up", settings.service);
        require(settings.current, "current", settings.service);
        if (settings.health_kind == config::HealthKind::unset) {
            require("", "health", settings.service);
        }
    }
}

Plan make_plan(Request request,
               config::DeploySettings settings,
               Language language,
               std::string nonce) {
    check_engine(settings);
    Plan plan;
    plan.log_path =
        log_path(settings, request.kind, request.tag.empty() ? request.branch : request.tag);
    plan.steps = steps_of(request, settings.hooks);
    plan.request = std::move(request);
    plan.settings = std::move(settings);
    plan.language = language;
    plan.nonce = std::move(nonce);
    return plan;
}

Plan plan_by_kept_program(Request request,
                          config::DeploySettings settings,
                          Language language,
                          std::string nonce) {
    Plan plan;
    plan.log_path = log_path(settings, request.kind, request.tag);
    // Whether there is a hook is known there.
    config::Hooks hooks;
    hooks.before_rollback = "?";
    plan.steps = steps_of(request, hooks);
    plan.request = std::move(request);
    plan.settings = std::move(settings);
    plan.language = language;
    plan.nonce = std::move(nonce);
    plan.by_kept_program = true;
    return plan;
}

Plan plan_as_begun(Plan plan, bool older, bool rehearse) {
    plan.request.older = plan.request.older || older;
    plan.request.rehearse = plan.request.rehearse || rehearse;
    plan.steps = steps_of(plan.request, plan.settings.hooks);
    return plan;
}

Plan plan_to_put_back(const Plan& plan) {
    Plan back = plan;
    back.request.kind = store::RunKind::restore;
    back.request.run_id += "-back";
    back.request.commit.clear();
    back.steps = steps_of(back.request, back.settings.hooks);
    return back;
}

} // namespace loomrel::deploy
