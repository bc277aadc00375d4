#include "lib/operations/run_subject.hpp"

#include <string_view>

namespace loomrel::operations {

std::string short_ref(const std::string& ref) {
    for (const std::string_view prefix : {"refs/tags/", "refs/heads/"}) {
        if (ref.rfind(prefix, 0) == 0) {
            return ref.substr(prefix.size());
        }
    }
    return ref;
}

deploy::Subject subject_of(const store::Run& run, const config::DeploySettings& settings) {
    return {run.service,
            run.environment,
            short_ref(run.ref),
            run.ref.rfind("refs/tags/", 0) == 0,
            run.id,
            settings.health_attempts,
            run.kind,
            run.release_id};
}

} // namespace loomrel::operations
