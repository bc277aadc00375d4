#pragma once

#include "lib/deploy/plan.hpp"

namespace loomrel::test {

// The plans whose scripts the golden files hold.
inline config::DeploySettings compose_settings() {
    config::DeploySettings settings;
    settings.service = "loom-content";
    settings.environment = "stage";
    settings.dir = "loom-content";
    settings.compose_services = {"loom-content"};
    settings.health_kind = config::HealthKind::url;
    settings.health_url = "http://localhost:8004/api/content/health";
    return settings;
}

inline config::DeploySettings command_settings() {
    config::DeploySettings settings = compose_settings();
    settings.engine = config::Engine::command;
    settings.build = "make -C \"$LOOMREL_TREE\"";
    settings.up = "./restart 'it'";
    settings.current = "cat /run/loom-content.commit";
    return settings;
}

inline deploy::Request tag_request(const std::string& run_id = "run-1") {
    deploy::Request request;
    request.run_id = run_id;
    request.tag = "v1.2.3";
    request.release_id = 42;
    request.by = "developer_name";
    return request;
}

inline deploy::Plan plan_of(const config::DeploySettings& settings,
                            deploy::Request request = tag_request(),
                            Language language = Language::ru) {
    return deploy::make_plan(std::move(request), settings, language, "0123456789abcdef");
}

} // namespace loomrel::test
