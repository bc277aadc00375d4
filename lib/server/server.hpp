#pragma once

#include "lib/server/api.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

// The Release API on a socket: HTTP/1.1 by Boost.Beast on one thread, database work on a pool of
// others. Behind a proxy that speaks TLS.
namespace loomrel::server {

struct Limits {
    Milliseconds request{15000}; // from a request's first byte to the last one of its body
    Milliseconds idle{60000};    // between two requests of a connection
    Milliseconds reply{15000};   // until the caller has read its answer
    Milliseconds grace{20000};   // what is under way may still take so long after stop()
    std::size_t header_bytes = 16 << 10;
    std::size_t headers = 100;
    std::size_t body = 256 << 10;
    std::size_t connections = 512;
    std::size_t connections_of_one = 128; // address; trusted proxies are not counted
    std::size_t requests_of_one = 128;    // client at once, also through a proxy
    std::size_t bodies = 16 << 20;        // bytes of all of them at once
    std::size_t bodies_of_one = 4 << 20;  // client, of these
    std::size_t waiting = 256;            // for a store
    int stores = 0;                       // 0 = one more than there are processors, 3 to 16
};

struct Settings {
    std::string address = "127.0.0.1";
    std::uint16_t port = 8000;                // 0 = any that is free
    std::vector<std::string> trusted_proxies; // addresses, networks ("10.0.0.0/8")
    Limits limits;
    ApiSettings api;
};

// A request that was answered, or given up.
struct Served {
    std::string method; // a known one, else "_OTHER"
    std::string route;  // the template, never the path; "" = none
    std::string client;
    std::string key;    // the name of the one that it came with; "" = none, or none that was let in
    int status = 0;     // 0 = no answer: the connection was lost, or the time was over
    std::string code;   // of an error
    std::string detail; // what the caller was not told; may hold an address, never a secret
    double seconds = 0;
    std::size_t bytes_in = 0;
    std::size_t bytes_out = 0;
};

// Hears of every request, on the server's thread. Must not block.
class Watcher {
public:
    virtual ~Watcher() = default;
    virtual void began(const std::string& method) = 0;
    virtual void ended(const Served& served) = 0;
};

// Throws Error(config): no key is configured, or one that no request can bring. Asked before
// anything is opened.
void check_key(const Settings& settings);

struct Parts {
    // Called once by each thread of the pool.
    std::function<std::unique_ptr<store::ApiLedger>()> open_store;
    BotHooks bot_hooks;
    Watcher* watcher = nullptr;
};

class Server {
public:
    // Takes the port. Throws Error(config): taken by another, no such address, no key configured.
    Server(Settings settings, Parts parts);
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    // "127.0.0.1:8000", "[::1]:8000".
    [[nodiscard]] std::string address() const;
    [[nodiscard]] std::uint16_t port() const;

    // Serves until stop(); then finishes what is under way.
    void run();
    // From any thread.
    void stop();

private:
    struct State;
    std::unique_ptr<State> m_state;
};

} // namespace loomrel::server
