#include "lib/http/http.hpp"
#include "lib/server/server.hpp"
#include "tests/lib/server/api_world.hpp"

#include <atomic>
#include <thread>

using namespace loomrel;
using namespace loomrel::test;

namespace {

class SlowWebhook : public server::Webhook {
public:
    server::WebhookState set() override {
        most = std::max<int>(most, ++at_once);
        ++calls;
        std::this_thread::sleep_for(Milliseconds(1500));
        --at_once;
        throw Error(ErrorKind::no_host, "telegram", {"не отвечает", "away"});
    }

    std::atomic<int> calls{0};
    std::atomic<int> at_once{0};
    int most = 0;
};

} // namespace

TEST_CASE("whoever asks the ledger does not wait behind those who ask Telegram") {
    Ledger ledger;
    SlowWebhook webhook;
    server::Settings settings;
    settings.port = 0;
    settings.api.key = Secret(k_key);
    server::Parts parts;
    parts.open_store = [&ledger] { return std::make_unique<FakeStore>(ledger); };
    parts.bot_hooks.webhook = &webhook;
    server::Server server(settings, std::move(parts));
    std::thread serving([&] { server.run(); });
    const std::string api = "http://127.0.0.1:" + std::to_string(server.port()) + "/api/tg-bot";
    const auto status_of = [&](const std::string& path) {
        http::Client client;
        http::Request request;
        request.url = api + path;
        request.only_once = true;
        return client.send(request).status;
    };
    std::vector<std::thread> askers;
    std::atomic<int> unavailable{0};
    for (int i = 0; i < 8; ++i) {
        askers.emplace_back([&] { unavailable += status_of("/webhook/set") == 503 ? 1 : 0; });
    }
    std::this_thread::sleep_for(Milliseconds(300));
    const auto began = std::chrono::steady_clock::now();
    CHECK(status_of("/health") == 200);
    CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds(1));
    for (std::thread& asker : askers) {
        asker.join();
    }
    // Telegram is asked once; those who came meanwhile get what it said.
    CHECK(webhook.calls == 1);
    CHECK(webhook.most == 1);
    CHECK(unavailable == 8);
    server.stop();
    serving.join();
}
