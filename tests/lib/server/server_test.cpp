#include "lib/server/server.hpp"
#include "tests/lib/server/api_world.hpp"

#include <boost/asio/buffers_iterator.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>

#include <chrono>
#include <istream>
#include <thread>

using namespace loomrel;
using namespace loomrel::test;
namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

// The server on a port of its own, with room for very few bodies.
class SmallServer {
public:
    SmallServer() {
        server::Settings settings;
        settings.port = 0;
        settings.trusted_proxies = {"127.0.0.1"};
        settings.api.key = Secret(k_key);
        settings.limits.body = 64 << 10;
        settings.limits.bodies = 4 * settings.limits.body;
        settings.limits.bodies_of_one = 2 * settings.limits.body;
        settings.limits.request = Milliseconds(5000);
        settings.limits.grace = Milliseconds(100);
        settings.limits.stores = 1;
        server::Parts parts;
        parts.open_store = [this] { return std::make_unique<FakeStore>(m_ledger); };
        m_server = std::make_unique<server::Server>(settings, std::move(parts));
        m_thread = std::thread([this] { m_server->run(); });
    }

    ~SmallServer() {
        m_server->stop();
        m_thread.join();
    }

    SmallServer(const SmallServer&) = delete;
    SmallServer& operator=(const SmallServer&) = delete;

    // The beginning of a request, for a client behind the proxy that we are.
    tcp::socket send(const std::string& text) {
        tcp::socket socket(m_io);
        socket.connect({asio::ip::make_address("127.0.0.1"), m_server->port()});
        asio::write(socket, asio::buffer(text));
        return socket;
    }

    static int status_of(tcp::socket& socket) {
        asio::streambuf buffer;
        asio::read_until(socket, buffer, "\r\n");
        std::istream line(&buffer);
        std::string version;
        int status = 0;
        line >> version >> status;
        return status;
    }

    // All that comes until the connection is closed.
    static std::string all_of(tcp::socket& socket) {
        asio::streambuf buffer;
        boost::system::error_code end;
        asio::read(socket, buffer, end);
        return {asio::buffers_begin(buffer.data()), asio::buffers_end(buffer.data())};
    }

private:
    Ledger m_ledger;
    asio::io_context m_io;
    std::unique_ptr<server::Server> m_server;
    std::thread m_thread;
};

std::string head(const std::string& method, const std::string& path, const std::string& client) {
    return method + " /api/tg-bot" + path + " HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: " + client
           + "\r\nAuthorization: Bearer " + k_key + "\r\nContent-Type: application/json\r\n";
}

const std::string k_release = R"({"service_name":"loom-content","release_tag":"v1.2.3",)"
                              R"("initiated_by":"gommgo","github_run_id":"77"})";

std::string whole_release(const std::string& client) {
    return head("POST", "/release", client) + "Content-Length: " + std::to_string(k_release.size())
           + "\r\n\r\n" + k_release;
}

} // namespace

TEST_CASE("those who promise a body where none is wanted keep nobody out") {
    SmallServer server;
    std::vector<tcp::socket> idle;
    for (int i = 0; i < 40; ++i) {
        idle.push_back(
            server.send(head("GET", "/health", "10.0.0.1") + "Transfer-Encoding: chunked\r\n\r\n"));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    auto other = server.send(whole_release("10.0.0.2"));
    CHECK(SmallServer::status_of(other) == 201);
}

TEST_CASE("one address cannot promise all the bodies that there is room for") {
    SmallServer server;
    std::vector<tcp::socket> begun;
    for (int i = 0; i < 3; ++i) {
        begun.push_back(server.send(head("POST", "/release", "10.0.0.1")
                                    + "Transfer-Encoding: chunked\r\n\r\n"));
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    CHECK(SmallServer::status_of(begun[2]) == 429);
    auto other = server.send(whole_release("10.0.0.2"));
    CHECK(SmallServer::status_of(other) == 201);
}

TEST_CASE("HEAD is answered like GET, without a body") {
    SmallServer server;
    const std::string end = "Connection: close\r\n\r\n";
    auto got = server.send(head("GET", "/health", "10.0.0.1") + end);
    auto asked = server.send(head("HEAD", "/health", "10.0.0.1") + end);
    const std::string whole = SmallServer::all_of(got);
    const std::string answer = SmallServer::all_of(asked);
    CHECK(whole.starts_with("HTTP/1.1 200"));
    CHECK(whole == answer + "\"ok\"");
    auto unknown = server.send(head("HEAD", "/nothing", "10.0.0.1") + end);
    CHECK(SmallServer::all_of(unknown).ends_with("\r\n\r\n"));
}

TEST_CASE("no server starts with a key that no request can bring") {
    server::Settings settings;
    for (const std::string key : {"two words", "line\n", " s3cret", "ключ", "tab\t", "\x7f"}) {
        settings.api.key = Secret(key);
        const Error error = [&] {
            try {
                server::check_key(settings);
            } catch (const Error& caught) {
                return caught;
            }
            return Error(ErrorKind::internal, "none", {});
        }();
        CHECK(error.kind() == ErrorKind::config);
        CHECK(error.message().en.find("LOOM_INTERSERVER_SECRET_KEY") != std::string::npos);
        CHECK(error.message().en.find(key) == std::string::npos);
    }
    settings.api.key = Secret(k_key);
    server::check_key(settings);
}
