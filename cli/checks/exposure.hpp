#pragma once

#include "cli/context/services.hpp"

#include <vector>

// Where the configuration leaves secrets open, for `doctor` and `config check` (design 13.5).
namespace loomrel::cli {

struct Exposure {
    bool bad = false; // else a warning
    Phrase text;
    Phrase mend;
};

// Nothing is connected to, and no name is looked up.
[[nodiscard]] std::vector<Exposure> find_exposures(Services& services);

} // namespace loomrel::cli
