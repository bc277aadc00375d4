#pragma once

#include "lib/release/release.hpp"
#include "lib/store/store.hpp"

#include <optional>
#include <string>
#include <vector>

namespace loomrel::deploy {

// Who asks for a run: GitHub's run and attempt, or a person (attempt 0).
struct Asker {
    std::string github_run_id;
    int attempt = 0;
};

struct Decision {
    enum class What {
        start,  // a new run
        attach, // `run` is still open
        report, // `run` has ended, and is the answer
    } what = What::start;
    std::optional<store::Run> run;
};

// Started twice (design 3): open = attach; ended good = report; ended bad for the same GitHub run
// and attempt = report; else a new run. `runs`: of this release and environment, newest first.
[[nodiscard]] Decision decide(const std::vector<store::Run>& runs, const Asker& asker);

} // namespace loomrel::deploy
