#pragma once

#include "lib/base/clock.hpp"
#include "lib/ssh/ssh.hpp"

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace loomrel::deploy {

// One control line of a script that only looks.
struct ControlLine {
    std::string word;
    std::string rest;
};

using OnBytes = std::function<void(std::string_view)>;

// How much of a host's answer is waited for and taken; 0 = however long, however much.
struct AnswerLimits {
    Milliseconds silence{0};
    Milliseconds whole{0}; // from the open channel to the last word
    std::size_t bytes = 0; // of all that it prints
};

// Sends a script to a connection and gathers what it tells, until "over" or its end. What it prints
// behind the begin mark goes to `on_output`. Throws Error(no_host) if it goes beyond a limit or
// breaks off; ends early when `stop` says so.
[[nodiscard]] std::vector<ControlLine>
ask_host(ssh::Connection& connection,
         const std::string& host,
         const std::function<std::string(const std::string& nonce)>& make_script,
         const AnswerLimits& limits,
         const OnBytes& on_output = {},
         const std::function<bool()>& stop = {});

} // namespace loomrel::deploy
