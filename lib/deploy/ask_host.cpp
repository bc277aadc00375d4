#include "lib/deploy/ask_host.hpp"

#include "lib/base/random.hpp"
#include "lib/deploy/journal.hpp"
#include "lib/deploy/refusals.hpp"
#include "lib/deploy/script.hpp"

namespace loomrel::deploy {

namespace {

constexpr Milliseconds k_turn{200};
constexpr Milliseconds k_open{15000};

} // namespace

std::vector<Told> ask_host(ssh::Connection& connection,
                           const std::string& host,
                           const std::function<std::string(const std::string&)>& make_script,
                           Milliseconds silence,
                           const OnBytes& on_output,
                           const std::function<bool()>& stop) {
    const std::string nonce = random_hex(8);
    std::vector<Told> told;
    bool over = false;
    ControlReader control(nonce, [&](std::string_view word, std::string_view rest) {
        over = over || word == "over";
        told.push_back({std::string(word), std::string(rest)});
    });
    BeginMark begin(nonce);
    const auto channel = connection.exec(k_shell, k_open);
    channel->write(make_script(nonce));
    Deadline heard = std::chrono::steady_clock::now();
    while (!over) {
        const ssh::Arrived arrived = channel->poll(k_turn);
        if (!arrived.out.empty() || !arrived.err.empty()) {
            heard = std::chrono::steady_clock::now();
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
        if (silence.count() > 0 && std::chrono::steady_clock::now() - heard > silence) {
            throw shell_failed(host, control.noise());
        }
    }
    return told;
}

} // namespace loomrel::deploy
