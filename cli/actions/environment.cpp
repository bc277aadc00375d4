#include "cli/actions/environment.hpp"

#include "lib/base/file.hpp"
#include "lib/base/text.hpp"

#include <nlohmann/json.hpp>

#include <system_error>

namespace loomrel::cli {

namespace {

// head_commit.author.username: the spec's commit author. Absent for events without a commit and for
// authors whom GitHub does not know.
std::string author_in_event(const std::string& path) {
    constexpr std::size_t k_largest_event = 32U << 20U; // GitHub's own limit is 25 MB
    std::optional<std::string> text;
    try {
        text = read_file(path, k_largest_event);
    } catch (const std::system_error&) {
        return {};
    }
    const auto event =
        nlohmann::json::parse(text.value_or(""), nullptr, /*allow_exceptions=*/false);
    const nlohmann::json* at = &event;
    for (const char* key : {"head_commit", "author", "username"}) {
        if (!at->is_object() || !at->contains(key)) {
            return {};
        }
        at = &(*at)[key];
    }
    return at->is_string() ? at->get<std::string>() : "";
}

} // namespace

GithubActions read_github_actions(const std::map<std::string, std::string>& environment) {
    const auto value = [&](const char* name) {
        const auto found = environment.find(name);
        return found == environment.end() ? std::string() : found->second;
    };
    GithubActions github;
    github.active = value("GITHUB_ACTIONS") == "true";
    if (!github.active) {
        return github;
    }
    github.repository = value("GITHUB_REPOSITORY");
    const std::size_t slash = github.repository.find('/');
    if (slash != std::string::npos) {
        github.service = github.repository.substr(slash + 1);
    }
    const std::string type = value("GITHUB_REF_TYPE");
    github.ref = value("GITHUB_REF");
    if (type == "tag") {
        github.tag = value("GITHUB_REF_NAME");
        github.commit = value("GITHUB_SHA");
    } else if (type == "branch") {
        github.branch = value("GITHUB_REF_NAME");
    }
    github.author = author_in_event(value("GITHUB_EVENT_PATH"));
    github.actor = value("GITHUB_ACTOR");
    github.resender = value("GITHUB_TRIGGERING_ACTOR");
    github.event = value("GITHUB_EVENT_NAME");
    if (github.author.empty()) {
        github.author = github.actor;
    }
    github.run_id = value("GITHUB_RUN_ID");
    const auto attempt = parse_integer(value("GITHUB_RUN_ATTEMPT"));
    if (attempt && *attempt > 0 && *attempt < 1000000) {
        github.run_attempt = static_cast<int>(*attempt);
    }
    const std::string server = value("GITHUB_SERVER_URL");
    if (!server.empty() && !github.repository.empty() && !github.run_id.empty()) {
        github.link = server + "/" + github.repository + "/actions/runs/" + github.run_id;
    }
    return github;
}

} // namespace loomrel::cli
