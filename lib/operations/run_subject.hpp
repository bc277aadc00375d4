#pragma once

#include "lib/config/config.hpp"
#include "lib/deploy/failure.hpp"
#include "lib/store/store.hpp"

#include <string>

namespace loomrel::operations {

// "refs/tags/v1.2.3" is v1.2.3, "refs/heads/feature/x" is feature/x.
[[nodiscard]] std::string short_ref(const std::string& ref);

// What a report is about: the run of this row.
[[nodiscard]] deploy::Subject subject_of(const store::Run& run,
                                         const config::DeploySettings& settings);

} // namespace loomrel::operations
