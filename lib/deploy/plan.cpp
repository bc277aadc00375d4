#include "lib/deploy/plan.hpp"

#include "lib/messages/messages.hpp"

#include <algorithm>
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

} // namespace

std::string
log_path(const config::DeploySettings& settings, store::RunKind kind, const std::string& ref) {
    const std::string& service = settings.service;
    if (kind == store::RunKind::rollback) {
        return "rollback/" + service + "/" + ref + "-rollback.log";
    }
    if (settings.environment == "dev") {
        std::string name = ref;
        std::replace(name.begin(), name.end(), '/', '-');
        return "dev/" + service + "/" + name + ".log";
    }
    if (settings.environment == "prod") {
        return "production/" + service + "/" + ref + "-prod.log";
    }
    return service + "/" + ref + ".log";
}

std::string Plan::ref() const {
    return request.tag.empty() ? "refs/remotes/origin/" + request.branch
                               : "refs/tags/" + request.tag;
}

Plan make_plan(Request request,
               config::DeploySettings settings,
               Language language,
               std::string nonce) {
    if (settings.engine == config::Engine::command) {
        require(settings.up, "up", settings.service);
        require(settings.current, "current", settings.service);
        if (settings.health_kind == config::HealthKind::unset) {
            require("", "health", settings.service);
        }
    }
    Plan plan;
    plan.log_path =
        log_path(settings, request.kind, request.tag.empty() ? request.branch : request.tag);
    plan.steps = {"lock", "repository", "checkout", "build", "up", "health", "verify", "keep"};
    plan.request = std::move(request);
    plan.settings = std::move(settings);
    plan.language = language;
    plan.nonce = std::move(nonce);
    return plan;
}

} // namespace loomrel::deploy
