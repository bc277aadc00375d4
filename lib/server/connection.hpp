#pragma once

#include "lib/server/pool.hpp"
#include "lib/server/proxies.hpp"
#include "lib/server/server.hpp"
#include "lib/server/wrong_keys.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <list>
#include <map>
#include <utility>

namespace loomrel::server {

class Connection;

// What all connections share. Touched by the server's thread only, but for api and pool.
struct ServerState {
    explicit ServerState(Settings given, Parts parts);

    Settings settings;
    Proxies proxies;
    Api api;
    Watcher* watcher;
    std::size_t connections = 0;
    std::size_t body_bytes = 0; // that bodies under way may come to
    std::map<std::string, std::size_t> connections_of;
    std::map<std::string, std::size_t> requests_of;
    std::map<std::string, std::size_t> body_bytes_of;
    WrongKeys wrong_keys;
    std::list<Connection*> reading; // those whose next request is not there yet, oldest first
    bool stopping = false;
    // Last, in this order: what is still under way when they end touches all of the above.
    boost::asio::io_context io{1};
    Pool webhook;
    Pool updates;
    Pool pool;

    [[nodiscard]] Pool& pool_of(Executor executor) {
        switch (executor) {
        case Executor::webhook:
            return webhook;
        case Executor::updates:
            return updates;
        case Executor::pool:
            break;
        }
        return pool;
    }

    // Makes room for another: closes the one that has kept us waiting longest. False: all work.
    bool close_oldest_reading();
};

// Serves one connection to its end.
boost::asio::awaitable<void> serve(ServerState& state, boost::asio::ip::tcp::socket socket);
// Ends those that have no request under way.
void close_reading(ServerState& state);

} // namespace loomrel::server
