#include "lib/base/text.hpp"
#include "lib/github/github.hpp"
#include "lib/release/names.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <ctime>

namespace loomrel::github {

namespace {

using nlohmann::json;
using What = Dispatched::What;

// Clocks differ by so much at most.
constexpr std::chrono::seconds k_skew{60};
constexpr std::size_t k_longest_login = 100;
constexpr std::size_t k_longest_event = 40;

std::string text_in(const json& object, const char* name) {
    const auto found = object.find(name);
    return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

// "" where it is no login: of letters, digits and hyphens, with "[bot]" behind a program's.
std::string login_in(const json& run, const char* name) {
    const auto found = run.find(name);
    const std::string login =
        found != run.end() && found->is_object() ? text_in(*found, "login") : "";
    const bool fits = login.size() <= k_longest_login
                      && std::all_of(login.begin(), login.end(), [](unsigned char letter) {
                             return std::isalnum(letter) != 0 || letter == '-' || letter == '_'
                                    || letter == '[' || letter == ']';
                         });
    return fits ? login : "";
}

std::string reason_of(const http::Response& response) {
    const json answer = json::parse(response.body, nullptr, false);
    std::string text = answer.is_object() ? sanitize_line(text_in(answer, "message")) : "";
    if (const auto wanted = response.header("x-accepted-github-permissions")) {
        text += " (" + sanitize_line(*wanted) + ")";
    }
    text = cut_bytes(text, 300);
    return "HTTP " + std::to_string(response.status) + (text.empty() ? "" : ": " + text);
}

// In GitHub's order: its own word, then when the quota comes back, then a minute.
Milliseconds wait_of(const http::Response& response) {
    std::int64_t seconds = parse_integer(response.header("retry-after").value_or("")).value_or(0);
    const auto reset = parse_integer(response.header("x-ratelimit-reset").value_or(""));
    if (seconds <= 0 && response.header("x-ratelimit-remaining") == "0" && reset) {
        seconds = *reset - static_cast<std::int64_t>(std::time(nullptr)) + 1;
    }
    return std::chrono::seconds(seconds <= 0 ? 60 : std::min<std::int64_t>(seconds, 3600));
}

bool is_too_many(const http::Response& response) {
    return response.status == 429
           || (response.status == 403
               && (response.header("retry-after")
                   || response.header("x-ratelimit-remaining") == "0"));
}

std::optional<Time> parse_time(const std::string& text) {
    std::tm parts{};
    char end = '\0';
    if (std::sscanf(text.c_str(),
                    "%4d-%2d-%2dT%2d:%2d:%2d%c",
                    &parts.tm_year,
                    &parts.tm_mon,
                    &parts.tm_mday,
                    &parts.tm_hour,
                    &parts.tm_min,
                    &parts.tm_sec,
                    &end)
            != 7
        || end != 'Z') {
        return std::nullopt;
    }
    parts.tm_year -= 1900;
    parts.tm_mon -= 1;
    return Time(std::chrono::seconds(::timegm(&parts)));
}

} // namespace

Client::Client(Options options)
    : m_options(std::move(options)) {
    while (m_options.api_url.ends_with('/')) {
        m_options.api_url.pop_back();
    }
}

http::Request Client::request(const Workflow& workflow, const std::string& what) const {
    return request(workflow.owner,
                   workflow.repository,
                   "workflows/" + http::url_encode(workflow.file) + "/" + what);
}

http::Request Client::request(const std::string& owner,
                              const std::string& repository,
                              const std::string& what) const {
    http::Request request;
    request.url = m_options.api_url + "/repos/" + http::url_encode(owner) + "/"
                  + http::url_encode(repository) + "/actions/" + what;
    request.headers = {{"Accept", Secret("application/vnd.github+json")},
                       {"Authorization", Secret("Bearer " + m_options.token.reveal())},
                       {"X-GitHub-Api-Version", Secret("2022-11-28")}};
    request.without_tls = m_options.without_tls;
    request.timeout = m_options.timeout;
    request.redirects = 3; // renamed repositories
    return request;
}

Dispatched Client::dispatch(const Workflow& workflow,
                            const std::map<std::string, std::string>& inputs) {
    http::Request post = request(workflow, "dispatches");
    post.method = "POST";
    post.only_once = true;
    post.headers.push_back({"Content-Type", Secret("application/json")});
    post.body = json{{"ref", workflow.ref}, {"inputs", inputs}, {"return_run_details", true}}.dump(
        -1, ' ', false, json::error_handler_t::replace);
    Dispatched result;
    try {
        const http::Response response = m_http.send(post);
        if (response.good()) {
            const json answer = json::parse(response.body, nullptr, false);
            result.what = What::started;
            result.link = answer.is_object() ? text_in(answer, "html_url") : "";
            return result;
        }
        result.reason = reason_of(response);
        if (is_too_many(response)) {
            result.what = What::not_started;
            result.retry_after = wait_of(response);
        } else if (response.status < 500) {
            result.what = What::refused;
        }
    } catch (const http::Failure& failure) {
        result.what = failure.maybe_done() ? What::unknown : What::not_started;
        result.reason = failure.reason().en;
    }
    return result;
}

std::optional<std::vector<FoundRun>> Client::runs(const Workflow& workflow, Time since) {
    const std::string from = to_rfc3339(since - k_skew).substr(0, 19) + "Z";
    http::Request get = request(workflow,
                                "runs?event=workflow_dispatch&per_page=50&created="
                                    + http::url_encode(">=" + from));
    json answer;
    try {
        const http::Response response = m_http.send(get);
        answer = response.good() ? json::parse(response.body, nullptr, false) : json();
    } catch (const http::Failure&) {
        return std::nullopt;
    }
    if (!answer.is_object() || !answer.contains("workflow_runs")
        || !answer["workflow_runs"].is_array()) {
        return std::nullopt;
    }
    std::vector<FoundRun> found;
    for (const json& run : answer["workflow_runs"]) {
        const auto created =
            run.is_object() ? parse_time(text_in(run, "created_at")) : std::nullopt;
        if (created && *created >= since - k_skew) {
            found.push_back({run.value("id", std::int64_t{0}),
                             text_in(run, "display_title"),
                             text_in(run, "html_url"),
                             *created});
        }
    }
    return found;
}

RunOrigin Client::origin_of_run(const std::string& owner,
                                const std::string& repository,
                                std::int64_t run_id) {
    RunOrigin origin;
    try {
        const http::Response response =
            m_http.send(request(owner, repository, "runs/" + std::to_string(run_id)));
        const json run = json::parse(response.body, nullptr, false);
        if (response.good() && run.is_object()) {
            // Another run's answer is none.
            const bool is_it = run.value("id", json()) == json(run_id);
            origin.actor = login_in(run, "actor");
            origin.triggering_actor = login_in(run, "triggering_actor");
            origin.event = cut_bytes(sanitize_line(text_in(run, "event")), k_longest_event);
            const std::string commit = text_in(run, "head_sha");
            origin.commit = release::is_commit(commit) ? commit : "";
            if (is_it && !origin.actor.empty()) {
                origin.what = RunOrigin::What::told;
                return origin;
            }
            origin.reason = "an answer that is none";
            return origin;
        }
        origin.what = response.status == 404 ? RunOrigin::What::absent : RunOrigin::What::unknown;
        origin.reason = reason_of(response);
        origin.retry_after = is_too_many(response) ? wait_of(response) : Milliseconds{0};
    } catch (const http::Failure& failure) {
        origin.reason = failure.reason().en;
    }
    return origin;
}

} // namespace loomrel::github
