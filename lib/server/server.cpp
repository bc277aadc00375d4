#include "lib/server/server.hpp"

#include "lib/messages/messages.hpp"
#include "lib/server/connection.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fcntl.h>

#include <algorithm>
#include <thread>

namespace loomrel::server {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using messages::Id;
using messages::phrase;

namespace {

constexpr Milliseconds k_after_no_descriptor{50};

class Nobody final : public Watcher {
public:
    void began(const std::string&) override {}

    void ended(const Served&) override {}
};

[[noreturn]] void cannot_listen(const std::string& address, const error_code& why) {
    const bool taken = why == asio::error::address_in_use;
    throw Error(ErrorKind::config,
                taken ? "port_taken" : "cannot_listen",
                phrase(taken ? Id::server_port_taken : Id::server_cannot_listen,
                       fmt::arg("address", address),
                       fmt::arg("reason", why.message())),
                phrase(taken ? Id::server_port_taken_hint : Id::server_cannot_listen_hint));
}

std::string shown(const tcp::endpoint& endpoint) {
    const std::string address = endpoint.address().to_string();
    return (endpoint.address().is_v6() ? "[" + address + "]" : address) + ":"
           + std::to_string(endpoint.port());
}

// More of them only wait for one another where processors are few (tests/bench/server.sh).
int stores_of(const Limits& limits) {
    const auto processors = static_cast<int>(std::thread::hardware_concurrency());
    return limits.stores > 0 ? limits.stores : std::clamp(processors + 1, 3, 16);
}

} // namespace

ServerState::ServerState(Settings given, Parts parts)
    : settings(std::move(given)),
      proxies(settings.trusted_proxies),
      api(settings.api, parts.bot_hooks),
      watcher(parts.watcher),
      webhook(1, settings.limits.waiting, parts.open_store),
      updates(1, settings.limits.waiting, parts.open_store),
      pool(stores_of(settings.limits), settings.limits.waiting, std::move(parts.open_store)) {}

struct Server::State {
    State(Settings settings, Parts parts)
        : server_state(std::move(settings), std::move(parts)) {
        listen();
    }

    void listen() {
        const Settings& settings = server_state.settings;
        error_code why;
        const auto address = asio::ip::make_address(settings.address, why);
        const tcp::endpoint wanted(address, settings.port);
        const auto must = [&](auto&& step) {
            if (!why) {
                step();
            }
            if (why) {
                cannot_listen(settings.address + ":" + std::to_string(settings.port), why);
            }
        };
        must([&] { acceptor.open(wanted.protocol(), why); });
        (void)::fcntl(acceptor.native_handle(), F_SETFD, FD_CLOEXEC);
        // So that a restart needs not wait for old connections; a living server keeps its port.
        must([&] { acceptor.set_option(tcp::acceptor::reuse_address(true), why); });
        must([&] { acceptor.bind(wanted, why); });
        must([&] { acceptor.listen(asio::socket_base::max_listen_connections, why); });
        endpoint = acceptor.local_endpoint();
    }

    asio::awaitable<void> accept() {
        while (!server_state.stopping) {
            error_code ec;
            tcp::socket socket =
                co_await acceptor.async_accept(asio::redirect_error(asio::use_awaitable, ec));
            if (ec == asio::error::operation_aborted) {
                co_return;
            }
            if (ec) {
                // Out of descriptors: somebody who keeps us waiting gives one back.
                server_state.close_oldest_reading();
                asio::steady_timer rest(server_state.io, k_after_no_descriptor);
                co_await rest.async_wait(asio::redirect_error(asio::use_awaitable, ec));
                continue;
            }
            (void)::fcntl(socket.native_handle(), F_SETFD, FD_CLOEXEC);
            if (server_state.connections < server_state.settings.limits.connections
                || server_state.close_oldest_reading()) {
                socket.set_option(tcp::no_delay(true), ec);
                start(std::move(socket));
            }
        }
    }

    void start(tcp::socket socket) {
        // What goes wrong with one connection (no memory, say) ends that one.
        asio::co_spawn(server_state.io,
                       serve(server_state, std::move(socket)),
                       [](const std::exception_ptr&) {});
    }

    void wind_up() {
        server_state.stopping = true;
        error_code ignored;
        acceptor.close(ignored);
        close_reading(server_state);
        last_moment.expires_after(server_state.settings.limits.grace);
        last_moment.async_wait([this](const error_code& ec) {
            if (!ec) {
                server_state.io.stop();
            }
        });
        watch_end();
    }

    // The timer for the last moment must not keep alive what is over.
    void watch_end() {
        if (server_state.connections == 0) {
            last_moment.cancel();
            return;
        }
        look_again.expires_after(Milliseconds(10));
        look_again.async_wait([this](const error_code& ec) {
            if (!ec) {
                watch_end();
            }
        });
    }

    Nobody nobody;
    ServerState server_state;
    tcp::acceptor acceptor{server_state.io};
    asio::steady_timer last_moment{server_state.io};
    asio::steady_timer look_again{server_state.io};
    tcp::endpoint endpoint;
};

void check_key(const Settings& settings) {
    if (settings.api.key.empty()) {
        throw Error(
            ErrorKind::config, "no_key", phrase(Id::server_no_key), phrase(Id::server_no_key_hint));
    }
    if (!is_plain_ascii(settings.api.key.reveal())) {
        throw Error(ErrorKind::config,
                    "bad_key",
                    phrase(Id::server_bad_key),
                    phrase(Id::server_no_key_hint));
    }
}

Server::Server(Settings settings, Parts parts) {
    check_key(settings);
    const bool silent = parts.watcher == nullptr;
    m_state = std::make_unique<State>(std::move(settings), std::move(parts));
    if (silent) {
        m_state->server_state.watcher = &m_state->nobody;
    }
}

Server::~Server() = default;

std::string Server::address() const {
    return shown(m_state->endpoint);
}

std::uint16_t Server::port() const {
    return m_state->endpoint.port();
}

void Server::run() {
    asio::co_spawn(m_state->server_state.io, m_state->accept(), asio::detached);
    for (;;) {
        try {
            m_state->server_state.io.run();
            return;
        } catch (const std::exception&) {
            // Of a handler that had no memory: go on with the others.
        }
    }
}

void Server::stop() {
    asio::post(m_state->server_state.io, [this] { m_state->wind_up(); });
}

} // namespace loomrel::server
