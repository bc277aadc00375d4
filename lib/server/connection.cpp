#include "lib/server/connection.hpp"

#include "lib/base/text.hpp"
#include "lib/server/counted.hpp"
#include "lib/server/http_words.hpp"
#include "lib/server/in_pool.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>

#include <algorithm>
#include <optional>

namespace loomrel::server {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;
using Parser = http::request_parser<http::string_body>;

namespace {

constexpr std::uint64_t k_body_of_none = 4096; // where none is wanted; a chunked one may come to it
constexpr Milliseconds k_farewell{1000};       // for the caller to read why we close

auto into(error_code& ec) {
    return asio::redirect_error(asio::use_awaitable, ec);
}

} // namespace

class Connection {
public:
    Connection(ServerState& state, asio::ip::tcp::socket socket)
        : m_state(state),
          m_limits(state.settings.limits),
          m_stream(std::move(socket)),
          m_buffer(m_limits.header_bytes + 4096) {
        error_code gone;
        m_peer = plain_address(m_stream.socket().remote_endpoint(gone).address());
    }

    ~Connection() { wait_no_more(); }

    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    asio::awaitable<void> serve();

    void close() {
        error_code ignored;
        m_stream.socket().close(ignored);
    }

private:
    void wait_for_request() {
        if (!m_waits) {
            m_place = m_state.reading.insert(m_state.reading.end(), this);
            m_waits = true;
        }
    }

    void wait_no_more() {
        if (m_waits) {
            m_state.reading.erase(m_place);
            m_waits = false;
        }
    }

    asio::awaitable<bool> serve_one(bool first);
    asio::awaitable<void> work(Parser& parser, Served& served, Response& response, bool& whole);
    asio::awaitable<std::optional<Response>> read_body(Parser& parser, bool wanted);
    asio::awaitable<bool>
    write(const Response& response, unsigned version, bool keep, Served& served);
    asio::awaitable<void> say_farewell();
    Head head_of(const Parser::value_type& request) const;

    ServerState& m_state;
    const Limits& m_limits;
    beast::tcp_stream m_stream;
    beast::flat_buffer m_buffer;
    asio::ip::address m_peer;
    std::list<Connection*>::iterator m_place;
    bool m_waits = false;
    Clock::time_point m_began;
};

Head Connection::head_of(const Parser::value_type& request) const {
    Head head;
    head.method = std::string(request.method_string());
    head.target = std::string(request.target());
    std::string forwarded;
    for (const auto& field : request) {
        std::string name = to_lower({field.name_string().data(), field.name_string().size()});
        std::string value(field.value());
        if (name == "x-forwarded-for") {
            forwarded += (forwarded.empty() ? "" : ",") + value;
        }
        head.headers.emplace_back(std::move(name), std::move(value));
    }
    head.client = m_state.proxies.client(m_peer, forwarded).to_string();
    return head;
}

asio::awaitable<void> Connection::serve() {
    const Counted counted(m_state.connections);
    const CountedFor one(m_state.connections_of, m_peer.to_string());
    const bool proxy = m_state.proxies.is_trusted(m_peer);
    if (!proxy && one.many() > m_limits.connections_of_one) {
        Served served;
        served.client = m_peer.to_string();
        m_began = Clock::now();
        served.method = "_OTHER";
        const Response response =
            refusal(429, "too_many", "too many connections from this address");
        m_state.watcher->began(served.method);
        (void)co_await write(response, 11, false, served);
        co_await say_farewell();
        co_return;
    }
    bool first = true;
    while (co_await serve_one(first)) {
        first = false;
    }
}

// True: the connection may serve another.
asio::awaitable<bool> Connection::serve_one(bool first) {
    if (m_state.stopping) {
        co_return false; // it was told while we were writing: nobody closes us any more
    }
    error_code ec;
    wait_for_request();
    if (!first && m_buffer.size() == 0) {
        m_stream.expires_after(m_limits.idle);
        m_buffer.commit(co_await m_stream.async_read_some(m_buffer.prepare(1024), into(ec)));
        if (ec) {
            co_return false;
        }
    }
    m_began = Clock::now();
    m_stream.expires_at(m_began + m_limits.request);
    Parser parser;
    parser.header_limit(static_cast<std::uint32_t>(m_limits.header_bytes));
    parser.body_limit(m_limits.body);
    co_await http::async_read_header(m_stream, m_buffer, parser, into(ec));
    wait_no_more();
    Served served;
    served.client = m_peer.to_string();
    served.method = "_OTHER";
    if (ec) {
        if (const auto why = of_parser(ec)) {
            m_state.watcher->began(served.method);
            co_await write(*why, 11, false, served);
            co_await say_farewell();
        }
        co_return false;
    }
    served.method = known_method(parser.get().method());
    m_state.watcher->began(served.method);
    const unsigned version = parser.get().version();
    const bool keep = parser.get().keep_alive();
    Response response;
    bool whole = true; // all of the request was read
    co_await work(parser, served, response, whole);
    if (response.tries_key) {
        co_await wait_after_wrong_key(m_state, served.client);
    }
    const bool stays = keep && whole && !m_state.stopping;
    const bool written = co_await write(response, version, stays, served);
    if (written && !whole) {
        co_await say_farewell();
    }
    co_return written&& stays;
}

asio::awaitable<void>
Connection::work(Parser& parser, Served& served, Response& response, bool& whole) {
    Head head = head_of(parser.get());
    served.client = head.client;
    served.bytes_in = parser.content_length().value_or(0);
    whole = parser.is_done();
    const CountedFor one(m_state.requests_of, head.client);
    std::optional<Admitted> request;
    try {
        if (head.headers.size() > m_limits.headers) {
            throw Refused{refusal(400, "headers_too_large", "there are too many headers")};
        }
        Match match =
            m_state.api.match(head, m_state.wrong_keys.may_try(WrongKeys::source_of(head.client)));
        served.route = match.route->path;
        if (one.many() > m_limits.requests_of_one) {
            Refused many{refusal(429, "too_many", "too many requests at once from this address")};
            many.response.headers.emplace_back("Retry-After", "1");
            throw Refused(std::move(many));
        }
        request = co_await admit(m_state, std::move(match));
    } catch (const Refused& refused) {
        response = refused.response;
        co_return;
    }
    served.key = request->asker().name();
    const Route& route = *request->match().route;
    std::optional<Counted> body;
    std::optional<CountedFor> body_of_one;
    if (!whole) {
        const std::uint64_t most = route.has_body ? m_limits.body : k_body_of_none;
        const std::size_t longest = std::min(parser.content_length().value_or(most), most);
        if (m_state.body_bytes + longest > m_limits.bodies) {
            response = busy("too much is being sent at once");
            co_return;
        }
        body.emplace(m_state.body_bytes, longest);
        body_of_one.emplace(m_state.body_bytes_of, head.client, longest);
        if (body_of_one->many() > m_limits.bodies_of_one) {
            response = refusal(429, "too_many", "too much is being sent from this address");
            co_return;
        }
        if (const auto wrong = co_await read_body(parser, route.has_body)) {
            response = *wrong;
            co_return;
        }
        whole = true;
    }
    served.bytes_in = parser.get().body().size();
    response = co_await answer_in_pool(
        m_state, *std::move(request), std::move(head), std::move(parser.get().body()));
}

// nullopt: it is there. A status of 0: the caller went away, or took too long.
asio::awaitable<std::optional<Response>> Connection::read_body(Parser& parser, bool wanted) {
    error_code ec;
    if (!wanted) {
        parser.body_limit(k_body_of_none);
        if (parser.content_length().value_or(0) > k_body_of_none) {
            co_return refusal(413, "too_large", "no body is wanted here");
        }
    }
    if (beast::iequals(parser.get()[http::field::expect], "100-continue")) {
        static constexpr std::string_view k_go_on = "HTTP/1.1 100 Continue\r\n\r\n";
        co_await asio::async_write(m_stream, asio::buffer(k_go_on), into(ec));
    }
    if (!ec) {
        co_await http::async_read(m_stream, m_buffer, parser, into(ec));
    }
    if (!ec) {
        co_return std::nullopt;
    }
    if (auto why = of_parser(ec)) {
        co_return why;
    }
    Response nobody;
    nobody.status = 0;
    nobody.code = ec == beast::error::timeout ? "timeout" : "gone";
    co_return nobody;
}

asio::awaitable<bool>
Connection::write(const Response& response, unsigned version, bool keep, Served& served) {
    served.status = response.status;
    served.code = response.code;
    served.detail = response.detail;
    error_code ec;
    if (response.status != 0) {
        http::response<http::string_body> message(static_cast<http::status>(response.status),
                                                  version);
        message.set(http::field::content_type, "application/json");
        message.set(http::field::cache_control, "no-store");
        for (const auto& [name, value] : response.headers) {
            message.set(name, value);
        }
        message.body() = response.body;
        message.keep_alive(keep);
        message.prepare_payload();
        if (served.method == "HEAD") {
            message.body().clear(); // its length is told all the same
        }
        served.bytes_out = message.body().size();
        m_stream.expires_after(m_limits.reply);
        co_await http::async_write(m_stream, message, into(ec));
    }
    served.seconds = std::chrono::duration<double>(Clock::now() - m_began).count();
    m_state.watcher->ended(served);
    co_return response.status != 0 && !ec;
}

// Closing a connection with unread bytes in it resets it, and the caller may lose our answer.
asio::awaitable<void> Connection::say_farewell() {
    error_code ec;
    m_stream.socket().shutdown(asio::ip::tcp::socket::shutdown_send, ec);
    m_stream.expires_after(k_farewell);
    m_buffer.clear();
    while (!ec) {
        co_await m_stream.async_read_some(m_buffer.prepare(4096), into(ec));
    }
}

bool ServerState::close_oldest_reading() {
    if (reading.empty()) {
        return false;
    }
    reading.front()->close();
    return true;
}

asio::awaitable<void> serve(ServerState& state, asio::ip::tcp::socket socket) {
    Connection connection(state, std::move(socket));
    co_await connection.serve();
}

void close_reading(ServerState& state) {
    for (Connection* connection : state.reading) {
        connection->close();
    }
}

} // namespace loomrel::server
