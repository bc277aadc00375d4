#include "lib/server/handlers.hpp"
#include "lib/store/wire/wire.hpp"

namespace loomrel::server {

using nlohmann::json;

Response take_update(Call& call) {
    if (call.api.bot_hooks().updates == nullptr) {
        return refusal(404, "not_found", "updates are not taken here");
    }
    call.api.bot_hooks().updates->take(call.body);
    // An empty object: Telegram would carry out a method that it finds in the answer.
    return answer(200, json::object());
}

// The spec's own words: a quoted "ok". Only if the ledger answers.
Response health(Call& call) {
    call.ledger.ping();
    return answer(200, "ok");
}

Response set_webhook(Call& call) {
    if (call.api.bot_hooks().webhook == nullptr) {
        return refusal(404, "not_found", "there is no bot with a webhook here");
    }
    const WebhookState state = call.api.set_webhook();
    return answer(200,
                  {{"url", state.url},
                   {"pending_update_count", state.pending},
                   {"last_error_message", state.last_error},
                   {"changed", state.changed}});
}

Response describe(Call&) {
    Response response;
    response.body = openapi();
    return response;
}

Response check_schema(Call& call) {
    return answer(200, store::wire::to_json(call.ledger.check()));
}

Response migrate_schema(Call& call) {
    return answer(200, {{"applied", call.ledger.migrate()}});
}

} // namespace loomrel::server
