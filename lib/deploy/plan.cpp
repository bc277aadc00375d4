#include "lib/deploy/plan.hpp"

#include "lib/messages/messages.hpp"

#include <algorithm>
#include <utility>

namespace loomrel::deploy {

namespace {

using messages::Id;
using messages::phrase;

// The spec's places: LOG_ROOT/<service>/<tag>.log and so on (spec.ru.md, "Структура логов").
std::string log_path_of(const Request& request, const config::DeploySettings& settings) {
    const std::string& service = settings.service;
    if (request.kind == store::RunKind::rollback) {
        return "rollback/" + service + "/" + request.tag + "-rollback.log";
    }
    if (!request.branch.empty()) {
        std::string name = request.branch;
        std::replace(name.begin(), name.end(), '/', '-');
        return "dev/" + service + "/" + name + ".log";
    }
    if (settings.environment == "prod") {
        return "production/" + service + "/" + request.tag + "-prod.log";
    }
    return service + "/" + request.tag + ".log";
}

void require(const std::string& value, const std::string& key, const std::string& service) {
    if (value.empty()) {
        throw Error(ErrorKind::config,
                    "missing_key",
                    phrase(Id::deploy_missing_command,
                           fmt::arg("key", key),
                           fmt::arg("service", service)),
                    phrase(Id::deploy_missing_command_hint,
                           fmt::arg("key", key),
                           fmt::arg("service", service)));
    }
}

} // namespace

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
    plan.log_path = log_path_of(request, settings);
    plan.steps = {"lock", "repository", "checkout", "build", "up", "health", "verify", "keep"};
    plan.request = std::move(request);
    plan.settings = std::move(settings);
    plan.language = language;
    plan.nonce = std::move(nonce);
    return plan;
}

} // namespace loomrel::deploy
