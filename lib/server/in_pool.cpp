#include "lib/server/in_pool.hpp"

#include "lib/server/http_words.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <utility>

namespace loomrel::server {

namespace asio = boost::asio;

namespace {

// Holds all that it needs: who asked may be gone before it is done. It stands in a variable before
// it is waited for: GCC 12 destroys what is made within a co_await twice.
using Work = std::function<Response(store::ApiLedger&)>;

asio::awaitable<Response> in_pool(ServerState& state, Executor executor, Work work) {
    struct Question {
        Work work;
        Response response;
        asio::steady_timer answered;
    };

    const auto question =
        std::make_shared<Question>(Question{std::move(work), {}, asio::steady_timer(state.io)});
    // Woken up by its cancellation, on this thread and so never before it sleeps.
    question->answered.expires_at(WrongKeys::Clock::time_point::max());
    const bool taken = state.pool_of(executor).submit(
        [&state, question](store::ApiLedger* ledger) {
            question->response =
                ledger == nullptr ? busy("the ledger is busy") : question->work(*ledger);
            asio::post(state.io, [question] { question->answered.cancel(); });
        },
        WrongKeys::Clock::now() + state.settings.limits.request);
    if (!taken) {
        co_return busy("too many requests are waiting");
    }
    boost::system::error_code cancelled;
    co_await question->answered.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
    co_return std::move(question->response);
}

} // namespace

asio::awaitable<Admitted> admit(ServerState& state, Match match) {
    if (match.digest.empty()) {
        co_return state.api.admit(std::move(match), nullptr);
    }
    const auto admitted = std::make_shared<std::optional<Admitted>>();
    const Executor executor = match.route->executor;
    Work work = [&api = state.api, admitted, match = std::move(match)](store::ApiLedger& ledger) {
        try {
            *admitted = api.admit(match, &ledger);
        } catch (const Refused& why) {
            return why.response;
        }
        return Response{};
    };
    const Response refused = co_await in_pool(state, executor, std::move(work));
    if (!*admitted) {
        throw Refused{refused};
    }
    co_return std::move(**admitted);
}

asio::awaitable<Response>
answer_in_pool(ServerState& state, Admitted request, Head head, std::string body) {
    const Executor executor = request.match().route->executor;
    Work work = [&api = state.api,
                 request = std::move(request),
                 head = std::move(head),
                 body = std::move(body)](store::ApiLedger& ledger) {
        return api.answer(request, head, body, ledger);
    };
    co_return co_await in_pool(state, executor, std::move(work));
}

asio::awaitable<void> wait_after_wrong_key(ServerState& state, const std::string& client) {
    const WrongKeys::Waiting waiting(
        state.wrong_keys, WrongKeys::source_of(client), WrongKeys::Clock::now());
    asio::steady_timer pause(state.io, waiting.until());
    boost::system::error_code ignored;
    co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

} // namespace loomrel::server
