#include "lib/http/http.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/fake_server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>

using namespace loomrel;
using http::Failure;

namespace {

test::FakeServer& server() {
    static test::FakeServer one("odd_server.py");
    return one;
}

http::Request ask(const std::string& path) {
    http::Request request;
    request.url = server().url() + path;
    request.timeout = Milliseconds{5000};
    return request;
}

bool holds(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

Failure failure_of(const http::Request& request) {
    http::Client client;
    try {
        static_cast<void>(client.send(request));
    } catch (const Failure& failure) {
        return failure;
    }
    FAIL("it was answered");
    throw std::logic_error("not reached");
}

// A port that takes connections and never says a word.
class Silent {
public:
    Silent() {
        m_socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof(address);
        auto* any = reinterpret_cast<sockaddr*>(&address);
        REQUIRE(::bind(m_socket, any, size) == 0);
        REQUIRE(::getsockname(m_socket, any, &size) == 0);
        port = ntohs(address.sin_port);
    }

    ~Silent() { ::close(m_socket); }

    void listen() const { REQUIRE(::listen(m_socket, 8) == 0); }

    std::uint16_t port = 0;

private:
    int m_socket = -1;
};

} // namespace

TEST_CASE("a request arrives as it was meant, and so does its answer") {
    http::Client client;
    http::Request request = ask("/echo?q=1");
    request.method = "PATCH";
    request.headers = {{"Content-Type", Secret("application/json")},
                       {"Authorization", Secret("Bearer s3cret")}};
    request.body = R"({"a":"я"})";
    const http::Response response = client.send(request);
    CHECK(response.status == 200);
    CHECK(response.good());
    CHECK(response.header("x-odd") == "yes");
    CHECK_FALSE(response.header("x-even"));
    CHECK(holds(response.body, R"("method": "PATCH")"));
    CHECK(holds(response.body, R"("path": "/echo?q=1")"));
    CHECK(holds(response.body, R"("Authorization": "Bearer s3cret")"));
    CHECK(holds(response.body, R"("Content-Length": "10")"));
    CHECK(holds(response.body, R"("User-Agent": "loomrel/)"));
    CHECK_FALSE(holds(response.body, "Expect"));
}

TEST_CASE("every method and a body of none") {
    for (const std::string method : {"GET", "POST", "DELETE", "PUT"}) {
        http::Client client;
        http::Request request = ask("/echo");
        request.method = method;
        CHECK(holds(client.send(request).body, "\"method\": \"" + method + "\""));
    }
}

TEST_CASE("a bad status is an answer") {
    http::Client client;
    for (const int status : {204, 400, 401, 403, 404, 409, 429, 500, 502}) {
        CHECK(client.send(ask("/status/" + std::to_string(status))).status == status);
    }
}

TEST_CASE("the connection is kept between requests") {
    http::Client client;
    CHECK(holds(client.send(ask("/echo")).body, "\"served\": 1"));
    CHECK(holds(client.send(ask("/echo")).body, "\"served\": 2"));
    http::Request once = ask("/echo");
    once.only_once = true;
    CHECK(holds(client.send(once).body, "\"served\": 1"));
}

TEST_CASE("a kept connection that died is opened anew, but never for what must be done once") {
    http::Client client;
    CHECK(client.send(ask("/once-then-hang-up")).body == "once");
    CHECK(client.send(ask("/once-then-hang-up")).body == "once");
    http::Request request = ask("/hang-up?once");
    request.method = "POST";
    request.body = "x";
    request.only_once = true;
    CHECK(client.send(ask("/echo")).good());
    CHECK_THROWS_AS(client.send(request), Failure);
    CHECK(holds(client.send(ask("/count")).body, "\"/hang-up?once\": 1"));
}

TEST_CASE("a file is sent as multipart") {
    http::Client client;
    http::Request request = ask("/echo");
    request.method = "POST";
    request.parts = {{"chat_id", "42", "", ""},
                     {"document", std::string("one\0two", 7), "tail.log", "text/plain"}};
    const std::string body = client.send(request).body;
    CHECK(holds(body, R"(name=\"document\"; filename=\"tail.log\")"));
    CHECK(holds(body, R"(Content-Type: text/plain)"));
    CHECK(holds(body, R"(one\u0000two)"));
    CHECK(holds(body, "multipart/form-data; boundary="));
}

TEST_CASE("an answer is not read beyond its limit, with a length or without") {
    for (const std::string path : {"/big/1001", "/chunked/1000001", "/headers/300"}) {
        http::Request request = ask(path);
        request.longest_answer = 1000;
        const Failure failure = failure_of(request);
        CHECK(failure.kind() == Failure::Kind::answer_too_large);
        CHECK(failure.maybe_done());
    }
    http::Client client;
    http::Request request = ask("/chunked/1000");
    request.longest_answer = 1000;
    CHECK(client.send(request).body.size() == 1000);
}

TEST_CASE("nobody there: certainly not done") {
    const Silent refusing;
    http::Request request = ask("");
    request.url = "http://127.0.0.1:" + std::to_string(refusing.port) + "/bot1:SECRET/getMe";
    const Failure failure = failure_of(request);
    CHECK(failure.kind() == Failure::Kind::connect);
    CHECK_FALSE(failure.maybe_done());
    CHECK(holds(failure.reason().en, "127.0.0.1"));
    CHECK_FALSE(holds(failure.reason().en + failure.reason().ru, "SECRET"));
    request.url = "http://no-such-host.invalid/bot1:SECRET/getMe";
    CHECK_FALSE(failure_of(request).maybe_done());
    CHECK_FALSE(holds(failure_of(request).what(), "SECRET"));
}

TEST_CASE("a TLS handshake that fails has sent nothing") {
    http::Request request = ask("/bot1:SECRET/getMe");
    request.url.replace(0, 4, "https");
    const Failure failure = failure_of(request);
    CHECK_FALSE(failure.maybe_done());
    CHECK_FALSE(holds(failure.what(), "SECRET"));
}

TEST_CASE("taken and not answered: it may be done") {
    const Silent silent;
    silent.listen();
    http::Request deaf = ask("");
    deaf.url = "http://127.0.0.1:" + std::to_string(silent.port) + "/x";
    deaf.timeout = Milliseconds{300};
    for (const http::Request& request : {ask("/hang-up"), deaf}) {
        const Failure failure = failure_of(request);
        CHECK(failure.kind() == Failure::Kind::no_answer);
        CHECK(failure.maybe_done());
    }
}

TEST_CASE("the time limit is one of the whole request") {
    for (const std::string path : {"/slow/20000", "/drip"}) {
        http::Request request = ask(path);
        request.timeout = Milliseconds{400};
        const auto began = std::chrono::steady_clock::now();
        CHECK(failure_of(request).maybe_done());
        CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds(3));
    }
}

TEST_CASE("a request that waits can be cancelled") {
    http::Request request = ask("/slow/20000");
    request.timeout = Milliseconds{30000};
    const Deadline when = deadline_in(Milliseconds{200});
    request.cancelled = [when] { return left_until(when).count() == 0; };
    const auto began = std::chrono::steady_clock::now();
    CHECK(failure_of(request).kind() == Failure::Kind::cancelled);
    CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds(4));
}

TEST_CASE("a redirect is followed within the same host only, with method and body, if allowed") {
    http::Client client;
    http::Request request = ask("/redirect/2/");
    request.method = "POST";
    request.body = "kept";
    CHECK(client.send(request).status == 307);
    request.redirects = 2;
    const std::string body = client.send(request).body;
    CHECK(holds(body, "\"method\": \"POST\""));
    CHECK(holds(body, "\"body\": \"kept\""));
    request.redirects = 1;
    CHECK(client.send(request).status == 307);
    for (const std::string place : {"http://127.0.0.2:1/",
                                    "https://127.0.0.1/",
                                    "http://user@127.0.0.1/",
                                    "file:///etc/passwd",
                                    "http://127.0.0.1/"}) {
        http::Request elsewhere = ask("/redirect-to?" + place);
        elsewhere.redirects = 5;
        CHECK(client.send(elsewhere).status == 302);
    }
}

TEST_CASE("what cannot be sent is not sent") {
    for (const std::string url :
         {"", "file:///etc/passwd", "ftp://127.0.0.1/", "nonsense", "http://"}) {
        http::Request request = ask("");
        request.url = url;
        CHECK(failure_of(request).kind() == Failure::Kind::bad_request);
    }
    http::Request request = ask("/echo");
    request.headers = {{"X-A", Secret("b\r\nX-Injected: yes")}};
    CHECK(failure_of(request).kind() == Failure::Kind::bad_request);
}

TEST_CASE("origins are compared as libcurl reads them") {
    CHECK(http::origin_of("HTTPS://Api.Telegram.ORG/x?y") == "https://api.telegram.org:443");
    CHECK(http::origin_of("http://[::1]:8081") == "http://[::1]:8081");
    CHECK_FALSE(http::origin_of("https://me:pw@host/"));
    CHECK_FALSE(http::origin_of("gopher://host/"));
    CHECK(http::url_encode("a/b я~") == "a%2Fb%20%D1%8F~");
}

TEST_CASE("without TLS nothing goes to an address that is not near, whatever it is called") {
    http::Request request;
    request.url = GENERATE(as<std::string>(), "http://192.0.2.1:8000/x", "http://[2001:db8::1]/x");
    request.headers.push_back({"Authorization", Secret("Bearer canary-4711")});
    request.timeout = Milliseconds{3000};
    const auto began = std::chrono::steady_clock::now();
    const Failure failure = failure_of(request);
    CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds(2));
    CHECK(failure.kind() == Failure::Kind::no_tls);
    CHECK_FALSE(failure.maybe_done());
    CHECK(holds(failure.reason().en, "LOOMREL_INSECURE="));
    CHECK_FALSE(holds(failure.reason().en, "canary"));
}

TEST_CASE("LOOMREL_INSECURE lets a host be spoken to without TLS, and no other") {
    const Cleartext allowed = parse_cleartext("api.example:8000");
    CHECK(http::cleartext_to("http://api.example:8000/x", allowed) == http::WithoutTls::anywhere);
    CHECK(http::cleartext_to("http://api.example/x", allowed) == http::WithoutTls::near);
    CHECK(http::cleartext_to("http://evil:8000/x", allowed) == http::WithoutTls::near);
}
