#include "lib/base/text.hpp"
#include "lib/github/github.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>
#include <ctime>

namespace loomrel::github {

namespace {

using nlohmann::json;
using What = Dispatched::What;

// Clocks differ by so much at most.
constexpr std::chrono::seconds k_skew{60};

std::string text_in(const json& object, const char* name) {
    const auto found = object.find(name);
    return found != object.end() && found->is_string() ? found->get<std::string>() : "";
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
    http::Request request;
    request.url = m_options.api_url + "/repos/" + http::url_encode(workflow.owner) + "/"
                  + http::url_encode(workflow.repository) + "/actions/workflows/"
                  + http::url_encode(workflow.file) + "/" + what;
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

} // namespace loomrel::github
