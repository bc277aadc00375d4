#pragma once

#include "lib/base/cleartext.hpp"
#include "lib/base/clock.hpp"
#include "lib/base/error.hpp"
#include "lib/base/secret.hpp"

#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Requests over HTTP/1.1, with verified TLS. Nothing here says what a request was about: URLs and
// headers hold secrets, so no failure repeats them.
namespace loomrel::http {

// Where a request may go without TLS: to addresses that no stranger is on the way to (is_near() in
// base/cleartext.hpp, judged by the address that is connected to), or wherever it says.
enum class WithoutTls { near, anywhere };

// `anywhere` if LOOMREL_INSECURE names the address's host.
[[nodiscard]] WithoutTls cleartext_to(const std::string& url, const Cleartext& allowed);

// The bundle of authorities that certificates are verified by, for whoever speaks TLS:
// SSL_CERT_FILE, else where systems keep theirs; "" = none was found, the library's own will have
// to do.
[[nodiscard]] const std::string& authorities_file();

struct Header {
    std::string name;
    Secret value;
};

// One field of a multipart/form-data body; a file if it has a file name.
struct Part {
    std::string name;
    std::string data;
    std::string file_name;
    std::string content_type;
};

struct Request {
    std::string method = "GET";
    std::string url; // may hold a secret
    std::vector<Header> headers;
    std::string body;
    std::vector<Part> parts; // not empty: sent in place of body
    Milliseconds connect_timeout{5000};
    Milliseconds timeout{15000}; // of the whole request, redirects included
    std::size_t longest_answer = std::size_t{4} << 20;
    // False: libcurl may send it again by itself when a kept connection turns out to be dead, which
    // is right for what may be done twice. True costs a new connection.
    bool only_once = false;
    WithoutTls without_tls = WithoutTls::near;
    int redirects = 0; // how many may be followed; only to the same scheme, host and port
    // Asked about once a second while waiting; true ends it.
    std::function<bool()> cancelled;
};

struct Response {
    int status = 0;
    std::vector<std::pair<std::string, std::string>> headers; // names in lower case
    std::string body;

    [[nodiscard]] std::optional<std::string> header(std::string_view name) const;

    [[nodiscard]] bool good() const { return status >= 200 && status < 300; }
};

// There is no answer. An answer with a bad status is a Response.
class Failure : public std::exception {
public:
    enum class Kind {
        connect,
        no_answer,
        answer_too_large,
        cancelled,
        bad_request,
        no_tls, // it would have gone over a network of strangers as it is
    };

    Failure(Kind kind, bool sent, Phrase reason)
        : m_kind(kind),
          m_sent(sent),
          m_reason(std::move(reason)) {}

    [[nodiscard]] Kind kind() const { return m_kind; }

    // False: the other side certainly has nothing of it. True: it may have done what was asked.
    [[nodiscard]] bool maybe_done() const { return m_sent; }

    // "no connection to api.telegram.org: Connection refused".
    [[nodiscard]] const Phrase& reason() const { return m_reason; }

    [[nodiscard]] const char* what() const noexcept override { return m_reason.en.c_str(); }

private:
    Kind m_kind;
    bool m_sent;
    Phrase m_reason;
};

// Sends requests one after the other and keeps the connection between them. One Client, one thread.
class Client {
public:
    Client();
    ~Client();
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    // Throws Failure.
    [[nodiscard]] Response send(const Request& request);

private:
    class Transfer;
    struct State;
    std::unique_ptr<State> m_state;
};

// "https://host:port" of an absolute http(s) URL without user or password; nullopt for all else.
[[nodiscard]] std::optional<std::string> origin_of(const std::string& url);

// For one piece of a path or query.
[[nodiscard]] std::string url_encode(std::string_view text);

} // namespace loomrel::http
