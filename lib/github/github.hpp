#pragma once

#include "lib/base/clock.hpp"
#include "lib/base/secret.hpp"
#include "lib/http/http.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

// Starting a workflow by hand and finding it again
// (https://docs.github.com/rest/actions/workflows, version 2022-11-28).
namespace loomrel::github {

struct Workflow {
    std::string owner;
    std::string repository;
    std::string file; // "on-approve-manual-testing.yaml.yml"
    std::string ref = "main";
};

struct Dispatched {
    enum class What {
        started,
        not_started, // certainly: not reached, too busy. May be tried again
        refused,     // never will as things are: 4xx
        unknown,     // sent, no answer: look for the run before anything else
    } what = What::unknown;
    std::string link;   // to the run, where GitHub says it
    std::string reason; // of all but started, for people; without the token
    Milliseconds retry_after{0};
};

struct FoundRun {
    std::int64_t id = 0;
    std::string title;
    std::string link;
    Time created_at;
};

// Who began a run, by GitHub's own word
// (https://docs.github.com/rest/actions/workflow-runs#get-a-workflow-run).
struct RunOrigin {
    enum class What {
        told,
        absent,  // GitHub knows no such run
        unknown, // it did not say: not reached, too busy, no right to look
    } what = What::unknown;
    std::string actor;            // a login
    std::string triggering_actor; // who ran it again, or the same
    std::string event;            // push, workflow_dispatch, …
    std::string commit;           // that it is of: head_sha
    std::string reason;           // of unknown, for people; without the token
    Milliseconds retry_after{0};
};

struct Options {
    std::string api_url = "https://api.github.com";
    Secret token;
    Milliseconds timeout{15000}; // GitHub cuts its own off after 10 s
    http::WithoutTls without_tls = http::WithoutTls::near;
};

// One Client, one thread.
class Client {
public:
    explicit Client(Options options);

    // Sent once, whatever happens: a second POST is a second run.
    [[nodiscard]] Dispatched dispatch(const Workflow& workflow,
                                      const std::map<std::string, std::string>& inputs);

    // Newest first, started by hand, none older than `since` by much (GitHub counts in seconds, by
    // its own clock). nullopt: GitHub does not say.
    [[nodiscard]] std::optional<std::vector<FoundRun>> runs(const Workflow& workflow, Time since);

    [[nodiscard]] RunOrigin
    origin_of_run(const std::string& owner, const std::string& repository, std::int64_t run_id);

private:
    [[nodiscard]] http::Request
    request(const std::string& owner, const std::string& repository, const std::string& what) const;
    [[nodiscard]] http::Request request(const Workflow& workflow, const std::string& what) const;

    Options m_options;
    http::Client m_http;
};

} // namespace loomrel::github
