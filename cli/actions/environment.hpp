#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>

namespace loomrel::cli {

// What GitHub Actions says about the run that started us (design 3, "Defaults in GitHub Actions").
// Everything is empty outside Actions. The values come from outside: check or sanitize them.
struct GithubActions {
    bool active = false;    // GITHUB_ACTIONS=true
    std::string service;    // the repository's name
    std::string repository; // owner/name
    std::string tag;        // only of a run for a tag
    std::string branch;     // only of a run for a branch
    std::string commit;     // only of a run for a tag
    std::string ref;        // refs/tags/v1.2.3
    std::string author;     // of the head commit, else who started the run
    std::string actor;      // who started the run
    std::string resender;   // who ran it again; of the first attempt the same
    std::string event;      // push, workflow_dispatch, …
    std::string run_id;
    int run_attempt = 0; // 0 = not known
    std::string link;    // the run's page
};

// Reads the event file when there is one; one that cannot be read or is no JSON is as good as none.
[[nodiscard]] GithubActions
read_github_actions(const std::map<std::string, std::string>& environment);

} // namespace loomrel::cli
