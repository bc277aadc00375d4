#include "lib/store/api/client.hpp"

#include "lib/base/json_text.hpp"
#include "lib/base/text.hpp"
#include "lib/messages/messages.hpp"

#include <algorithm>
#include <random>
#include <thread>

namespace loomrel::store {

using messages::Id;
using messages::phrase;
using nlohmann::ordered_json;

namespace {

// A server that does not answer is given up for another connection after a third of the time.
constexpr Milliseconds k_longest_try{5000};
constexpr Milliseconds k_shortest_try{500};
constexpr Milliseconds k_longest_rest{5000};
constexpr std::size_t k_longest_reason = 300;

Milliseconds pause_before_try(unsigned attempt) {
    thread_local std::minstd_rand dice{std::random_device{}()};
    const int whole = std::min(50 << std::min(attempt, 5U), 1000);
    return Milliseconds(std::uniform_int_distribution<int>(whole / 2, whole)(dice));
}

bool may_pass(int status) {
    return status == 429 || status >= 500;
}

Milliseconds rest_of(const http::Response& response, unsigned attempt) {
    const auto seconds = parse_integer(response.header("retry-after").value_or(""));
    const Milliseconds own = pause_before_try(attempt);
    if (!seconds || *seconds < 0 || *seconds > 3600) {
        return own;
    }
    return std::clamp(Milliseconds(*seconds * 1000), own, k_longest_rest);
}

Answer of_body(const http::Response& response) {
    Answer answer;
    answer.status = response.status;
    answer.body = ordered_json::parse(response.body, nullptr, false);
    return answer;
}

Phrase in_both(const std::string& text) {
    const std::string line = sanitize_line(cut_bytes(text, k_longest_reason));
    return {line, line};
}

} // namespace

std::string Answer::of_error(const char* name) const {
    const auto error = body.is_object() ? body.find("error") : body.end();
    if (!body.is_object() || error == body.end() || !error->is_object()) {
        return "";
    }
    const auto value = error->find(name);
    return value != error->end() && value->is_string() ? value->get<std::string>() : "";
}

ApiClient::ApiClient(const Options& options)
    : m_base(options.url),
      m_shown(shown_url(options.url)),
      m_key(options.password),
      m_without_tls(http::cleartext_to(options.url, options.cleartext)),
      m_deadline(options.deadline),
      m_first_contact(options.first_contact) {
    while (m_base.ends_with('/')) {
        m_base.pop_back();
    }
    if (!http::origin_of(m_base) || m_base.find_first_of("?#") != std::string::npos) {
        throw Error(ErrorKind::config,
                    "store_url",
                    phrase(Id::store_bad_url, fmt::arg("url", m_shown)),
                    phrase(Id::store_url_hint));
    }
    if (m_key.empty()) {
        throw Error(ErrorKind::config,
                    "store_key_missing",
                    phrase(Id::store_no_key, fmt::arg("url", m_shown)),
                    phrase(Id::store_no_key_hint));
    }
}

http::Request ApiClient::request_of(const Question& question, Deadline deadline) const {
    http::Request request;
    request.method = question.method;
    request.url = m_base + question.path;
    request.headers.push_back({"Authorization", Secret("Bearer " + m_key.reveal())});
    request.headers.push_back({"Accept", Secret("application/json")});
    if (question.body) {
        request.headers.push_back({"Content-Type", Secret("application/json")});
        request.body = json_text(*question.body);
    }
    if (!question.key.empty()) {
        request.headers.push_back({"Idempotency-Key", Secret(question.key)});
    }
    request.longest_answer = std::size_t{64} << 20;
    request.without_tls = m_without_tls;
    const Milliseconds patience = question.deadline
                                      ? *question.deadline
                                      : std::clamp(m_deadline / 3, k_shortest_try, k_longest_try);
    request.timeout = std::max(std::min(patience, left_until(deadline)), Milliseconds(1));
    request.connect_timeout = request.timeout;
    return request;
}

Answer ApiClient::ask(const Question& question) {
    const Deadline deadline = deadline_in(question.deadline.value_or(m_deadline));
    const Deadline met_by = std::min(deadline, deadline_in(m_first_contact));
    bool in_doubt = false;
    for (unsigned attempt = 0;; ++attempt) {
        Phrase reason;
        Deadline last = deadline;
        Milliseconds rest = pause_before_try(attempt);
        try {
            const http::Response response = m_client.send(request_of(question, deadline));
            m_met = true;
            if (!may_pass(response.status)) {
                Answer answer = read(response, question.is_new);
                answer.in_doubt = in_doubt;
                return answer;
            }
            // A proxy may say so when the server itself was reached: it may have done it.
            in_doubt = in_doubt || (response.status >= 500 && response.status != 503)
                       || of_body(response).code() == "ledger_in_doubt";
            reason = in_both("HTTP " + std::to_string(response.status));
            rest = rest_of(response, attempt);
        } catch (const http::Failure& failure) {
            if (failure.kind() == http::Failure::Kind::no_tls) {
                throw Error(ErrorKind::config, "no_tls", failure.reason());
            }
            in_doubt = in_doubt || failure.maybe_done();
            reason = failure.reason();
            if (failure.kind() == http::Failure::Kind::connect && !m_met) {
                last = met_by;
            }
        }
        if (left_until(last) <= rest) {
            throw unreachable(reason, in_doubt && question.method != "GET");
        }
        std::this_thread::sleep_for(rest);
    }
}

Answer ApiClient::read(const http::Response& response, bool is_new) const {
    Answer answer = of_body(response);
    const bool good = response.status == 200 || response.status == 201;
    if (good && answer.body.is_object()) {
        return answer;
    }
    if (response.status == 401) {
        throw Error(ErrorKind::config,
                    "store_key_wrong",
                    phrase(Id::store_wrong_key, fmt::arg("url", m_shown)),
                    phrase(Id::store_wrong_key_hint));
    }
    const std::string code = answer.code();
    if (is_new && answer.lacks_route()) {
        return answer;
    }
    if (code.empty() || code == "no_route" || code == "method_not_allowed") {
        throw Error(
            ErrorKind::config,
            "store_no_api",
            phrase(Id::store_no_api, fmt::arg("url", m_shown), fmt::arg("status", response.status)),
            phrase(Id::store_no_api_hint));
    }
    if (response.status == 404 || response.status == 409) {
        return answer;
    }
    const Phrase said = in_both(answer.of_error("message"));
    if (response.status == 400 || response.status == 413 || response.status == 422) {
        throw Error(ErrorKind::ledger,
                    k_rejected,
                    phrase(Id::store_failed, fmt::arg("url", m_shown), fmt::arg("reason", said.en)),
                    phrase(Id::store_api_failed_hint));
    }
    if (code == "approval_required") {
        throw Error(
            ErrorKind::refused,
            code,
            phrase(Id::store_no_approvals, fmt::arg("url", m_shown), fmt::arg("reason", said.en)),
            phrase(Id::store_no_approvals_hint));
    }
    if (code == k_out_of_scope) {
        throw Error(
            ErrorKind::refused,
            code,
            phrase(Id::store_out_of_scope, fmt::arg("url", m_shown), fmt::arg("reason", said.en)),
            phrase(Id::store_out_of_scope_hint));
    }
    if (response.status == 403) {
        throw Error(ErrorKind::refused, "refused", said);
    }
    throw not_understood(said.en);
}

Error ApiClient::not_understood(const std::string& why) const {
    return {ErrorKind::ledger,
            "ledger_failed",
            phrase(Id::store_failed, fmt::arg("url", m_shown), fmt::arg("reason", why)),
            phrase(Id::store_api_failed_hint)};
}

Error ApiClient::too_old(const std::string& path) const {
    return {ErrorKind::config,
            "store_api_older",
            phrase(Id::store_api_older, fmt::arg("url", m_shown), fmt::arg("path", path)),
            phrase(Id::store_api_older_hint)};
}

Error ApiClient::unreachable(const Phrase& reason, bool in_doubt) const {
    const Id text = in_doubt ? Id::store_in_doubt : Id::store_unreachable;
    return {
        ErrorKind::ledger,
        in_doubt ? "ledger_in_doubt" : "ledger_unreachable",
        {messages::say(Language::ru, text, fmt::arg("url", m_shown), fmt::arg("reason", reason.ru)),
         messages::say(
             Language::en, text, fmt::arg("url", m_shown), fmt::arg("reason", reason.en))},
        phrase(in_doubt ? Id::store_in_doubt_hint : Id::store_unreachable_hint)};
}

} // namespace loomrel::store
