#pragma once

#include "lib/base/clock.hpp"
#include "lib/ssh/ssh.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace loomrel::deploy {

// One control line of a script that only looks.
struct Told {
    std::string word;
    std::string rest;
};

using OnBytes = std::function<void(std::string_view)>;

// Sends a script to a connection and gathers what it tells, until "over" or its end. What it prints
// behind the begin mark goes to `on_output`. Throws Error(no_host) if it says nothing for `silence`
// (0 = however long) or breaks off; ends early when `stop` says so.
[[nodiscard]] std::vector<Told>
ask_host(ssh::Connection& connection,
         const std::string& host,
         const std::function<std::string(const std::string& nonce)>& make_script,
         Milliseconds silence,
         const OnBytes& on_output = {},
         const std::function<bool()>& stop = {});

} // namespace loomrel::deploy
