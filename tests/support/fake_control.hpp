#pragma once

#include "lib/http/http.hpp"
#include "tests/support/fake_server.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>

namespace loomrel::test {

// The hands of fake_telegram.py and fake_github.py: their control interface.
class Fake : public FakeServer {
public:
    using FakeServer::FakeServer;

    nlohmann::json tell(const std::string& path,
                        const nlohmann::json& fields = nlohmann::json::object()) {
        http::Client client;
        http::Request request;
        request.method = "POST";
        request.url = url() + "/control/" + path;
        request.headers = {{"Content-Type", Secret("application/json")}};
        request.body = fields.dump();
        const http::Response response = client.send(request);
        if (!response.good()) {
            throw std::runtime_error(path + ": " + response.body);
        }
        return nlohmann::json::parse(response.body);
    }

    // Calls of one method, oldest first.
    nlohmann::json calls(const std::string& method) {
        nlohmann::json found = nlohmann::json::array();
        for (const auto& call : tell("calls")) {
            if (call["method"] == method) {
                found.push_back(call);
            }
        }
        return found;
    }

    // One for the whole program, as if it had just begun.
    static Fake& shared(const std::string& script, const std::vector<std::string>& words = {}) {
        static std::map<std::string, std::unique_ptr<Fake>> all;
        auto& one = all[script];
        if (!one) {
            one = std::make_unique<Fake>(script, words);
        }
        one->tell("reset");
        return *one;
    }

    nlohmann::json messages(std::int64_t chat) { return tell("messages", {{"chat", chat}}); }
};

template <typename Ready> bool wait_until(Ready ready, std::chrono::seconds most) {
    const auto give_up = std::chrono::steady_clock::now() + most;
    while (!ready()) {
        if (std::chrono::steady_clock::now() > give_up) {
            return false;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return true;
}

} // namespace loomrel::test
