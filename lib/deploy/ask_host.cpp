#include "lib/deploy/ask_host.hpp"

#include "lib/base/random.hpp"
#include "lib/deploy/journal.hpp"
#include "lib/deploy/refusals.hpp"
#include "lib/deploy/script.hpp"

#include <algorithm>

namespace loomrel::deploy {

namespace {

constexpr Milliseconds k_turn{200};
constexpr Milliseconds k_open{10000};

} // namespace

std::vector<ControlLine> ask_host(ssh::Connection& connection,
                                  const std::string& host,
                                  const std::function<std::string(const std::string&)>& make_script,
                                  const AnswerLimits& limits,
                                  const OnBytes& on_output,
                                  const std::function<bool()>& stop) {
    const std::string nonce = random_hex(8);
    std::vector<ControlLine> told;
    bool over = false;
    ControlReader control(nonce, [&](std::string_view word, std::string_view rest) {
        over = over || word == "over";
        told.push_back({std::string(word), std::string(rest)});
    });
    BeginMark begin(nonce);
    const auto channel = connection.exec(
        k_shell, limits.whole.count() > 0 ? std::min(k_open, limits.whole) : k_open);
    channel->write(make_script(nonce));
    const Deadline began = std::chrono::steady_clock::now();
    Deadline heard = began;
    std::size_t taken = 0;
    const auto is_longer = [](Deadline since, Milliseconds limit) {
        return limit.count() > 0 && std::chrono::steady_clock::now() - since > limit;
    };
    while (!over) {
        const ssh::Arrived arrived = channel->poll(k_turn);
        if (!arrived.out.empty() || !arrived.err.empty()) {
            heard = std::chrono::steady_clock::now();
        }
        taken += arrived.out.size() + arrived.err.size();
        if (limits.bytes > 0 && taken > limits.bytes) {
            throw answer_endless(host, limits.bytes);
        }
        control.feed(arrived.err);
        const std::string_view log = begin.skip(arrived.out);
        if (!log.empty() && on_output) {
            on_output(log);
        }
        if (stop && stop()) {
            break;
        }
        if (arrived.ended || arrived.lost) {
            if (told.empty()) {
                throw shell_failed(host, control.noise());
            }
            // What only prints does not say that it is over; half an answer is none.
            if (!over && (arrived.lost || !channel->exit().code)) {
                throw answer_cut(host);
            }
            break;
        }
        if (is_longer(heard, limits.silence)) {
            throw shell_failed(host, control.noise());
        }
        if (is_longer(began, limits.whole)) {
            throw answer_late(host, limits.whole);
        }
    }
    return told;
}

} // namespace loomrel::deploy
