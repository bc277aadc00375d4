#pragma once

#include "lib/base/clock.hpp"
#include "lib/base/error.hpp"
#include "lib/base/secret.hpp"
#include "lib/release/approval.hpp"
#include "lib/server/identity.hpp"
#include "lib/server/replays.hpp"
#include "lib/server/request.hpp"
#include "lib/server/scoped_ledger.hpp"
#include "lib/store/keys.hpp"

#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace loomrel::server {

// Takes what Telegram posts to /update. Called by several threads at once.
class UpdateSink {
public:
    virtual ~UpdateSink() = default;
    // The update as it came, proven to be Telegram's, but not yet read. Returning means that it is
    // safe; throwing makes Telegram send it again.
    virtual void take(const std::string& update) = 0;
};

struct WebhookState {
    std::string url; // what Telegram has now
    std::int64_t pending = 0;
    std::string last_error;
    bool changed = false; // it was another before
};

// What GET|POST /webhook/set does.
class Webhook {
public:
    virtual ~Webhook() = default;
    // Sets the webhook to the configured address if Telegram has another. Throws Error.
    virtual WebhookState set() = 0;
};

struct ApiSettings {
    std::string prefix = "/api/tg-bot";
    Secret key;            // LOOM_INTERSERVER_SECRET_KEY; must not be empty
    Secret webhook_secret; // empty = nobody may post updates
    // Hold decisions and claims until this server has written them into the ledger itself.
    release::ApprovalRules rules;
};

// Both may be null: then there is no such thing here, 404.
struct BotHooks {
    UpdateSink* updates = nullptr;
    Webhook* webhook = nullptr;
};

struct Call;

// Who answers. What waits for others than the ledger, or for its own turn, has a thread of its own:
// nobody who asks the ledger waits behind it.
enum class Executor { pool, webhook, updates };

struct Route {
    std::string_view method;
    std::string_view path; // under the prefix; "{id}" stands for one piece
    Access access;
    bool has_body;
    Response (*answer)(Call& call);
    Executor executor = Executor::pool;
};

// All of them; openapi.json describes the same.
[[nodiscard]] std::span<const Route> routes();
[[nodiscard]] std::string_view openapi();

struct Match {
    const Route* route = nullptr;
    std::vector<std::string> pieces; // what stands for each {…}
    Target target;
    bool shows_interserver = false;
    std::string digest; // of a key that only the ledger can know; "" = it has not to be asked
};

// A request that the door has let in, and whose it is. Nothing else is answered.
class Admitted {
public:
    [[nodiscard]] const Match& match() const { return m_match; }

    [[nodiscard]] const Identity& asker() const { return m_asker; }

private:
    friend class Api;

    Admitted(Match match, Identity asker)
        : m_match(std::move(match)),
          m_asker(std::move(asker)) {}

    Match m_match;
    Identity m_asker;
};

// The Release API without its sockets (design 8): says from the head alone whether a request is
// wanted, and answers it over a store.
class Api {
public:
    Api(ApiSettings settings, BotHooks bot_hooks);

    // Throws Refused with 400, 401, 404, 405, 415 or 429, all before a byte of the body is read.
    // `may_try_keys` false: a request that shows one is put off unseen.
    [[nodiscard]] Match match(const Head& head, bool may_try_keys = true) const;
    // The one door. Throws Refused with 401, 403 or 503. `ledger`: may be null if `match.digest` is
    // empty.
    [[nodiscard]] Admitted admit(Match match, store::ApiLedger* ledger) const;
    // Never throws.
    [[nodiscard]] Response
    answer(const Admitted& request, const Head& head, const std::string& body, store::Store& store);

    [[nodiscard]] const ApiSettings& settings() const { return m_settings; }

    [[nodiscard]] const BotHooks& bot_hooks() const { return m_bot_hooks; }

    // The last answer, good or bad, if it is younger than ten seconds (GET needs no key).
    [[nodiscard]] WebhookState set_webhook();

private:
    void look_at_key(Match& match, const Head& head, bool may_try_keys) const;

    ApiSettings m_settings;
    BotHooks m_bot_hooks;
    Replays m_replays;
    std::mutex m_webhook_mutex;
    std::optional<WebhookState> m_webhook;
    std::optional<Error> m_webhook_error;
    std::optional<Deadline> m_webhook_until;
};

// One request on its way through a handler.
struct Call {
    Api& api;
    const Match& match;
    const Head& head;
    const std::string& body;
    ScopedLedger& ledger; // all that its key may have of it

    [[nodiscard]] std::int64_t release_id() const; // of "/releases/{id}/…"; 404 if it is no number
    [[nodiscard]] std::string run_id() const;      // of "/runs/{id}"; 404 if it is no UUID
};

} // namespace loomrel::server
