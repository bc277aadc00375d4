#include "cli/actions/environment.hpp"
#include "lib/base/file.hpp"
#include "lib/base/random.hpp"
#include "tests/support/catch.hpp"

using namespace loomrel;
using cli::read_github_actions;

namespace {

struct EventFile {
    std::filesystem::path path =
        std::filesystem::temp_directory_path() / ("loomrel-event-" + random_hex(8));

    explicit EventFile(std::string_view text) { write_file_atomically(path, text, 0600); }

    ~EventFile() { std::filesystem::remove(path); }
};

std::map<std::string, std::string> environment(const std::string& type) {
    return {{"GITHUB_ACTIONS", "true"},
            {"GITHUB_ACTOR", "pusher"},
            {"GITHUB_REPOSITORY", "LoomAI-IT/loom-content"},
            {"GITHUB_REF", type == "tag" ? "refs/tags/v1.2.3" : "refs/heads/feature/x"},
            {"GITHUB_REF_NAME", type == "tag" ? "v1.2.3" : "feature/x"},
            {"GITHUB_REF_TYPE", type},
            {"GITHUB_SHA", "0123456789abcdef0123456789abcdef01234567"},
            {"GITHUB_RUN_ID", "987654"},
            {"GITHUB_RUN_ATTEMPT", "2"},
            {"GITHUB_SERVER_URL", "https://github.com"}};
}

std::string author_of(std::string_view event) {
    const EventFile file(event);
    auto variables = environment("tag");
    variables["GITHUB_EVENT_PATH"] = file.path;
    return read_github_actions(variables).author;
}

} // namespace

TEST_CASE("a run for a tag gives tag, commit and ref, and no branch") {
    const auto github = read_github_actions(environment("tag"));
    CHECK(github.active);
    CHECK(github.service == "loom-content");
    CHECK(github.tag == "v1.2.3");
    CHECK(github.commit == "0123456789abcdef0123456789abcdef01234567");
    CHECK(github.ref == "refs/tags/v1.2.3");
    CHECK(github.branch.empty());
    CHECK(github.run_id == "987654");
    CHECK(github.run_attempt == 2);
    CHECK(github.link == "https://github.com/LoomAI-IT/loom-content/actions/runs/987654");
}

TEST_CASE("a run for a branch gives the branch, and neither tag nor commit") {
    const auto github = read_github_actions(environment("branch"));
    CHECK(github.branch == "feature/x");
    CHECK(github.tag.empty());
    CHECK(github.commit.empty());
}

TEST_CASE("outside Actions nothing is believed, whatever the variables are") {
    auto variables = environment("tag");
    variables.erase("GITHUB_ACTIONS");
    const auto github = read_github_actions(variables);
    CHECK_FALSE(github.active);
    CHECK(github.service.empty());
    CHECK(github.tag.empty());
    CHECK(github.author.empty());
    CHECK(github.run_id.empty());
}

TEST_CASE("the author is the head commit's, else who started the run") {
    CHECK(author_of(R"({"head_commit":{"author":{"username":"gommgo","name":"G"}}})") == "gommgo");
    for (const char* event : {"",
                              "not json",
                              "[]",
                              "null",
                              "{}",
                              R"({"head_commit":null})",
                              R"({"head_commit":{"author":{"name":"G"}}})",
                              R"({"head_commit":{"author":{"username":7}}})",
                              R"({"head_commit":{"author":{"username":""}}})",
                              R"({"head_commit":)"}) {
        CAPTURE(event);
        CHECK(author_of(event) == "pusher");
    }
    auto variables = environment("tag");
    variables["GITHUB_EVENT_PATH"] = "/nowhere/event.json";
    CHECK(read_github_actions(variables).author == "pusher");
}

TEST_CASE("an attempt that is no number is not known") {
    for (const char* bad : {"", "x", "-1", "0", "99999999999"}) {
        auto variables = environment("tag");
        variables["GITHUB_RUN_ATTEMPT"] = bad;
        CHECK(read_github_actions(variables).run_attempt == 0);
    }
}

TEST_CASE("a link is made only of what is there") {
    auto variables = environment("tag");
    variables.erase("GITHUB_RUN_ID");
    CHECK(read_github_actions(variables).link.empty());
}
