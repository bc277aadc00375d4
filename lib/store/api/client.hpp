#pragma once

#include "lib/http/http.hpp"
#include "lib/store/store.hpp"

#include <nlohmann/json.hpp>

#include <optional>
#include <string>

namespace loomrel::store {

struct Question {
    std::string method;
    std::string path; // under the API's address
    std::optional<nlohmann::json> body;
    std::string key; // Idempotency-Key; "" = none is needed
    std::optional<Milliseconds> deadline;
    // The servers of before have no such route, which is then the answer: lacks_route().
    bool is_new = false;
};

struct Answer {
    int status = 0; // 200, 201, 403, 404 or 409
    nlohmann::ordered_json body;
    bool in_doubt = false; // an earlier attempt may have done what was asked

    [[nodiscard]] bool absent() const { return status == 404; }

    [[nodiscard]] bool lacks_route() const { return code() == "no_route"; }

    // {"error":{"code": …}}; "" = none.
    [[nodiscard]] std::string code() const { return of_error("code"); }

    [[nodiscard]] std::string of_error(const char* name) const;
};

// Asks a Release API until it answers or the deadline is over; what is asked again is the same, so
// the server does it once. Whatever is no answer of the ledger's becomes an Error here.
class ApiClient {
public:
    explicit ApiClient(const Options& options);

    [[nodiscard]] Answer ask(const Question& question);

    [[nodiscard]] Error not_understood(const std::string& why) const;
    // It has no route for what was asked.
    [[nodiscard]] Error too_old(const std::string& path) const;

private:
    [[nodiscard]] http::Request request_of(const Question& question, Deadline deadline) const;
    [[nodiscard]] Answer read(const http::Response& response, bool is_new) const;
    [[nodiscard]] Error unreachable(const Phrase& reason, bool in_doubt) const;

    std::string m_base;
    std::string m_shown;
    Secret m_key;
    http::WithoutTls m_without_tls;
    Milliseconds m_deadline;
    Milliseconds m_first_contact;
    http::Client m_client;
    bool m_met = false; // it has answered
};

} // namespace loomrel::store
