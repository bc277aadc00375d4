#pragma once

#include "lib/ssh/ssh.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/sshd.hpp"

#include <chrono>
#include <string>

#define SKIP_WITHOUT_SSHD()                                                                        \
    if (!loomrel::test::Sshd::is_available()) {                                                    \
        WARN("no sshd here: not tested");                                                          \
        return;                                                                                    \
    }

namespace loomrel::test {

struct Ended {
    std::string out;
    std::string err;
    ssh::Exit exit;
    bool ended = false;
    bool lost = false;
};

// All that a channel gives until it ends, is lost, or `limit` has passed.
inline Ended until_end(ssh::Channel& channel, Milliseconds limit = std::chrono::seconds(20)) {
    Ended all;
    const Deadline deadline = deadline_in(limit);
    while (!all.ended && !all.lost && left_until(deadline).count() > 0) {
        ssh::Arrived arrived = channel.poll(left_until(deadline));
        all.out += arrived.out;
        all.err += arrived.err;
        all.ended = arrived.ended;
        all.lost = arrived.lost;
    }
    all.exit = channel.exit();
    return all;
}

} // namespace loomrel::test
