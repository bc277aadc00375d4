#pragma once

#include "lib/base/digest.hpp"
#include "lib/server/api.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/fake_store.hpp"

#include <string>
#include <utility>
#include <vector>

namespace loomrel::test {

inline constexpr const char* k_key = "s3cret-key";
inline constexpr const char* k_token = "telegram-token";

// What came to /update, or a bot that cannot take it.
class FakeSink : public server::UpdateSink {
public:
    void take(const std::string& update) override {
        if (broken) {
            throw Error(ErrorKind::ledger, "ledger_unreachable", {"нет", "no"});
        }
        taken.push_back(update);
    }

    std::vector<std::string> taken;
    bool broken = false;
};

class FakeWebhook : public server::Webhook {
public:
    server::WebhookState set() override {
        ++calls;
        return {"https://host/api/tg-bot/update", 3, "", true};
    }

    int calls = 0;
};

// An API without sockets over a ledger in memory.
struct ApiWorld {
    Ledger ledger;
    FakeStore store{ledger};
    FakeSink sink;
    FakeWebhook webhook;
    server::Api api{{"/api/tg-bot", Secret(k_key), Secret(k_token), rules()}, {&sink, &webhook}};

    // The server's own, in force until the ledger has some.
    static release::ApprovalRules rules() {
        release::ApprovalRules rules;
        rules.approvers = {11, 22, 33};
        rules.quorum = 2;
        return rules;
    }

    // One of the ledger's: what it is called is what it is shown as.
    store::Key& make_key(const std::string& name, store::Scope scope) {
        const Secret key = key_named(name);
        store::Key& made = ledger.keys[store::digest_of(key)];
        made.name = name;
        made.scope = scope;
        return made;
    }

    static Secret key_named(const std::string& name) {
        return Secret("loomrel_" + to_hex(sha256(name)).substr(0, 32));
    }

    // As who has that key.
    server::Response ask_as(const std::string& name,
                            const std::string& method,
                            const std::string& path,
                            const std::string& body = "") {
        server::Head asked = head(method, path);
        asked.headers[1].second = "Bearer " + key_named(name).reveal();
        return ask(asked, body);
    }

    static server::Head head(const std::string& method, const std::string& path) {
        server::Head head;
        head.method = method;
        head.target = "/api/tg-bot" + path;
        head.headers = {{"host", "localhost"},
                        {"authorization", std::string("Bearer ") + k_key},
                        {"content-type", "application/json"}};
        return head;
    }

    server::Response ask(const server::Head& head, const std::string& body = "") {
        try {
            return api.answer(api.admit(api.match(head), &store), head, body, store);
        } catch (const server::Refused& refused) {
            return refused.response;
        }
    }

    server::Response
    ask(const std::string& method, const std::string& path, const std::string& body = "") {
        return ask(head(method, path), body);
    }
};

} // namespace loomrel::test
