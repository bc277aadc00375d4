#include "lib/server/api.hpp"

#include "lib/base/digest.hpp"
#include "lib/base/random.hpp"
#include "lib/base/text.hpp"
#include "lib/server/handlers.hpp"
#include "lib/store/wire/wire.hpp"

#include <algorithm>

namespace loomrel::server {

namespace {

constexpr Milliseconds k_webhook_rest{10000};
constexpr std::size_t k_longest_key = 255;
constexpr const char* k_wrong_key = "the key is missing or wrong: Authorization: Bearer …";

// The pieces that stand for {…}; nullopt = another path.
std::optional<std::vector<std::string>> match_path(std::string_view pattern,
                                                   std::string_view path) {
    const auto wanted = split(pattern, '/');
    const auto given = split(path, '/');
    if (wanted.size() != given.size()) {
        return std::nullopt;
    }
    std::vector<std::string> pieces;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        if (wanted[i].starts_with('{') && !given[i].empty()) {
            pieces.emplace_back(given[i]);
        } else if (wanted[i] != given[i]) {
            return std::nullopt;
        }
    }
    return pieces;
}

// nullopt: absent, there twice, or with bytes that no key has.
std::optional<std::string_view> the_one(const Head& head, std::string_view name) {
    const auto value = head.header(name);
    const bool fit = head.count(name) == 1 && !value->empty() && is_plain_ascii(*value);
    return fit ? value : std::nullopt;
}

std::optional<std::string_view> given_key(const Head& head) {
    constexpr std::string_view k_scheme = "bearer ";
    const auto authorization = head.header("authorization");
    if (!authorization) {
        return the_one(head, "x-interserver-secret-key");
    }
    if (head.count("authorization") > 1 || head.count("x-interserver-secret-key") > 0
        || to_lower(authorization->substr(0, k_scheme.size())) != k_scheme) {
        return std::nullopt;
    }
    const std::string_view key = trim(authorization->substr(k_scheme.size()));
    return !key.empty() && is_plain_ascii(key) ? std::optional(key) : std::nullopt;
}

Response of_error(const Error& error) {
    switch (error.kind()) {
    case ErrorKind::usage:
        return refusal(422, error.code(), error.message().en);
    case ErrorKind::refused:
        return error.code() == store::k_no_release ? refusal(404, "not_found", error.message().en)
                                                   : refusal(409, error.code(), error.message().en);
    case ErrorKind::config:
    case ErrorKind::ledger: {
        if (error.code() == store::k_rejected) {
            Response response = refusal(422, error.code(), "the ledger does not take these values");
            response.detail = error.message().en;
            return response;
        }
        // Where the ledger is and what it said is for the log, not for callers.
        Response response = refusal(503, error.code(), "the ledger does not answer now");
        response.detail = error.message().en;
        response.headers.emplace_back("Retry-After", "1");
        return response;
    }
    case ErrorKind::run_failed:
    case ErrorKind::no_host:
    case ErrorKind::spooled:
    case ErrorKind::unknown_outcome:
    case ErrorKind::interrupted:
    case ErrorKind::internal:
        break;
    }
    Response response = refusal(503, "unavailable", "this cannot be done now");
    response.detail = error.message().en;
    return response;
}

Refused unauthorized(const char* what) {
    Refused refused{refusal(401, "unauthorized", what)};
    refused.response.headers.emplace_back("WWW-Authenticate", "Bearer");
    return refused;
}

Refused wrong_key() {
    Refused refused = unauthorized(k_wrong_key);
    refused.response.tries_key = true;
    return refused;
}

Response by_handler(Call& call) {
    try {
        return call.match.route->answer(call);
    } catch (const Refused& refused) {
        return refused.response;
    } catch (const store::wire::FieldError& error) {
        return refusal(422, "invalid", error.what());
    } catch (const Error& error) {
        return of_error(error);
    } catch (const std::exception& error) {
        Response response = refusal(503, "internal", "this went wrong; see the server's log");
        response.detail = error.what();
        return response;
    }
}

} // namespace

Api::Api(ApiSettings settings, BotHooks bot_hooks)
    : m_settings(std::move(settings)),
      m_bot_hooks(bot_hooks) {
    while (m_settings.prefix.ends_with('/')) {
        m_settings.prefix.pop_back();
    }
}

// What can be said of the key without asking the ledger.
void Api::look_at_key(Match& match, const Head& head, bool may_try_keys) const {
    switch (match.route->access) {
    case Access::open:
        return;
    case Access::telegram: {
        const auto given = the_one(head, "x-telegram-bot-api-secret-token");
        if (!given || m_settings.webhook_secret.empty()
            || !is_same_secret(*given, m_settings.webhook_secret.reveal())) {
            throw unauthorized("the secret token is missing or wrong");
        }
        return;
    }
    case Access::read:
    case Access::work:
    case Access::stage:
    case Access::prod:
    case Access::manage:
    case Access::decide:
        break;
    }
    const auto given = given_key(head);
    if (!given) {
        throw unauthorized(k_wrong_key);
    }
    if (!may_try_keys) {
        Refused refused{refusal(429, "too_many", "too many wrong keys from this address")};
        refused.response.headers.emplace_back("Retry-After", "1");
        throw Refused(std::move(refused));
    }
    match.shows_interserver =
        !m_settings.key.empty() && is_same_secret(*given, m_settings.key.reveal());
    if (match.shows_interserver) {
        return;
    }
    if (!store::has_form_of_key(*given)) {
        throw wrong_key();
    }
    match.digest = store::digest_of(Secret(std::string(*given)));
}

Admitted Api::admit(Match match, store::ApiLedger* ledger) const {
    Identity asker = match.shows_interserver ? Identity::interserver() : Identity::nobody();
    if (!match.digest.empty()) {
        std::optional<store::Key> key;
        try {
            key = ledger->find_key(match.digest);
        } catch (const Error& error) {
            throw Refused{of_error(error)};
        }
        if (!key) {
            throw wrong_key();
        }
        asker = Identity::of(*key);
    }
    const Access access = match.route->access;
    if (!asker.may_ask(access)) {
        throw Refused{access == Access::decide ? refusal(
                          403,
                          "approval_required",
                          "releases are approved and rejected in Telegram, by an approver's own "
                          "key, or by loomrel release approve|reject where the ledger itself can "
                          "be reached")
                                               : refusal(403,
                                                         "out_of_scope",
                                                         "the key \"" + asker.name() + "\" is for "
                                                             + asker.rights() + ", not for this")};
    }
    return {std::move(match), std::move(asker)};
}

Match Api::match(const Head& head, bool may_try_keys) const {
    if (const auto wrong = wrong_framing(head)) {
        throw Refused{*wrong};
    }
    Match match;
    const auto target = parse_target(head.target);
    if (!target) {
        throw Refused{refusal(400, "bad_request", "the target is not understood")};
    }
    match.target = *target;
    std::string_view path = match.target.path;
    if (!path.starts_with(m_settings.prefix)) {
        throw Refused{refusal(404, "no_route", "there is nothing here")};
    }
    path.remove_prefix(m_settings.prefix.size());
    std::string allowed;
    // The answer to HEAD is GET's; the connection keeps its body back.
    const std::string_view method = head.method == "HEAD" ? "GET" : std::string_view(head.method);
    for (const Route& route : routes()) {
        auto pieces = match_path(route.path, path);
        if (pieces && route.method == method) {
            match.route = &route;
            match.pieces = *std::move(pieces);
        } else if (pieces) {
            allowed += (allowed.empty() ? "" : ", ") + std::string(route.method);
        }
    }
    if (match.route == nullptr) {
        Refused refused{allowed.empty()
                            ? refusal(404, "no_route", "there is nothing here")
                            : refusal(405, "method_not_allowed", "allowed here: " + allowed)};
        if (!allowed.empty()) {
            refused.response.headers.emplace_back("Allow", allowed);
        }
        throw Refused(std::move(refused));
    }
    look_at_key(match, head, may_try_keys);
    if (match.route->has_body) {
        if (const auto wrong = wrong_body_type(head)) {
            throw Refused{*wrong};
        }
    }
    return match;
}

Response Api::answer(const Admitted& request,
                     const Head& head,
                     const std::string& body,
                     store::Store& store) {
    const Match& match = request.match();
    const std::string& asker = request.asker().name();
    ScopedLedger ledger(store, request.asker(), m_settings.rules);
    Call call{*this, match, head, body, ledger};
    const auto key = head.header("idempotency-key");
    if (!key || match.route->method == "GET" || asker.empty()) {
        return by_handler(call);
    }
    if (!the_one(head, "idempotency-key") || key->size() > k_longest_key) {
        return refusal(400, "bad_request", "Idempotency-Key: one word of at most 255 characters");
    }
    // What one key was answered is not another's to hear. No name of a key holds a blank.
    const std::string name = asker + " " + std::string(*key);
    const std::string digest = sha256(head.method + " " + match.target.path + "\n" + body);
    const Replays::Found found = m_replays.find(name, digest);
    if (found.other_request) {
        return refusal(422, "key_reused", "this Idempotency-Key came with another request before");
    }
    if (found.response) {
        return *found.response;
    }
    Response response = by_handler(call);
    m_replays.keep(name, digest, response);
    return response;
}

WebhookState Api::set_webhook() {
    const std::lock_guard lock(m_webhook_mutex);
    if (m_webhook_until && left_until(*m_webhook_until).count() > 0) {
        if (m_webhook_error) {
            throw Error(*m_webhook_error);
        }
        m_webhook->changed = false;
        return *m_webhook;
    }
    m_webhook_error.reset();
    try {
        m_webhook = m_bot_hooks.webhook->set();
    } catch (const Error& error) {
        m_webhook_error = error;
    }
    // From its end: a call that took long is no reason for the next one to follow at once.
    m_webhook_until = deadline_in(k_webhook_rest);
    if (m_webhook_error) {
        throw Error(*m_webhook_error);
    }
    return *m_webhook;
}

std::int64_t Call::release_id() const {
    const auto id = parse_integer(match.pieces.at(0));
    if (!id || *id <= 0) {
        throw Refused{no_release()};
    }
    return *id;
}

std::string Call::run_id() const {
    if (!is_uuid(match.pieces.at(0))) {
        throw Refused{refusal(404, "not_found", "there is no such run")};
    }
    return match.pieces.at(0);
}

} // namespace loomrel::server
