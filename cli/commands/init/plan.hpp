#pragma once

#include "lib/base/language.hpp"

#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace loomrel::cli {

// What `init` would do to a repository. Paths are relative to its root.
struct InitPlan {
    struct File {
        std::filesystem::path path;
        std::string text;
        bool replaces = false; // there is another of that name
    };

    // A workflow that may deploy as well: it starts on what ours start on.
    struct Neighbour {
        std::filesystem::path path;
        std::string trigger; // "push"
    };

    std::vector<File> writes;
    std::vector<std::filesystem::path>
        removals;                            // the old ways: .github/scripts/on-* and their callers
    std::vector<Neighbour> neighbours;       // stay whatever is said: they may be somebody's tests
    std::vector<std::filesystem::path> kept; // there already

    [[nodiscard]] bool is_done() const { return writes.empty() && removals.empty(); }

    // Somebody must say --replace.
    [[nodiscard]] bool is_in_the_way() const;
    // What would be gone but for git.
    [[nodiscard]] std::vector<std::filesystem::path> endangered() const;
};

// Looks at the files under `root`; changes nothing. A loomrel.toml that is there is never touched.
[[nodiscard]] InitPlan
plan_init(const std::filesystem::path& root, const std::string& service, Language language);

// The first folder on the way to one of `paths` that is a link out of `root`, or to nowhere.
[[nodiscard]] std::optional<std::filesystem::path>
link_on_the_way(const std::filesystem::path& root, const std::vector<std::filesystem::path>& paths);

// The events that a workflow's text names under "on". Reads the forms that people write, not all
// of YAML.
[[nodiscard]] std::set<std::string> triggers_of(std::string_view workflow);

// The repository's name, of a remote's URL: "loom-content" of
// git@github.com:LoomAI-IT/loom-content.git
[[nodiscard]] std::string repository_name(std::string_view url);

} // namespace loomrel::cli
