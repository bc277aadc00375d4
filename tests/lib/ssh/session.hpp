#pragma once

#include "lib/base/error.hpp"
#include "lib/ssh/ssh.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/sshd.hpp"

#include <chrono>
#include <cstdlib>
#include <optional>
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
        const ssh::Arrived arrived = channel.poll(left_until(deadline));
        all.out += arrived.out;
        all.err += arrived.err;
        all.ended = arrived.ended;
        all.lost = arrived.lost;
    }
    all.exit = channel.exit();
    return all;
}

// Until `text` has come on standard output.
inline std::string until_text(ssh::Channel& channel, const std::string& text) {
    std::string all;
    const Deadline deadline = deadline_in(std::chrono::seconds(20));
    while (all.find(text) == std::string::npos && left_until(deadline).count() > 0) {
        const ssh::Arrived arrived = channel.poll(left_until(deadline));
        all += arrived.out;
        if (arrived.ended || arrived.lost) {
            break;
        }
    }
    return all;
}

// What an action threw; the test fails if it threw nothing.
template <typename Action> Error error_of(Action action) {
    try {
        action();
    } catch (const Error& error) {
        return error;
    }
    FAIL("no error was thrown");
    std::abort();
}

inline bool holds(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

// A variable of the environment for as long as this lives.
class Variable {
public:
    Variable(std::string name, const std::string& value)
        : m_name(std::move(name)) {
        if (const char* before = std::getenv(m_name.c_str())) {
            m_before = before;
        }
        ::setenv(m_name.c_str(), value.c_str(), 1);
    }

    ~Variable() {
        if (m_before) {
            ::setenv(m_name.c_str(), m_before->c_str(), 1);
        } else {
            ::unsetenv(m_name.c_str());
        }
    }

    Variable(const Variable&) = delete;
    Variable& operator=(const Variable&) = delete;

private:
    std::string m_name;
    std::optional<std::string> m_before;
};

} // namespace loomrel::test
