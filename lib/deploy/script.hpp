#pragma once

#include "lib/deploy/plan.hpp"

#include <cstdint>
#include <string>

namespace loomrel::deploy {

// One channel's part of a script: its own nonce marks where the host's noise ends, and the log is
// followed from `offset` on.
struct ChannelMark {
    std::string nonce;
    std::uint64_t offset = 0;
    // Its configured name, where the run has several hosts: two of one machine are refused.
    std::string host{};
};

// Where a run lies on a host: all that attaching needs.
struct RunPlace {
    std::string run_id;
    std::string service;
    std::string environment;
    std::string state_dir; // "" = the default for the login
};

// The command that every script is sent to: nothing secret, nothing user-made.
inline constexpr const char* k_shell = "exec /bin/sh";

// Starts the run once, or finds it going or ended, and follows it.
[[nodiscard]] std::string start_script(const Plan& plan, const ChannelMark& mark);

// The same by the program that the last deploy left on the host: needs no configuration here. Of
// the plan's settings only service, environment and state_dir count.
[[nodiscard]] std::string start_kept_script(const Plan& plan, const ChannelMark& mark);

// Follows a run that is there; never starts one. `cancel_if_absent`: one that is not there gets its
// end, as cancelled, so that a late start finds it.
[[nodiscard]] std::string
attach_script(const RunPlace& place, const ChannelMark& mark, bool cancel_if_absent = false);

// What is laid down on the host as run.sh (shown by --dry-run, compared whole by tests).
[[nodiscard]] std::string run_script(const Plan& plan);

// Tells what serves, who holds the lock, which runs are open: for `status`. Changes nothing.
[[nodiscard]] std::string
look_script(const config::DeploySettings& settings, const std::string& to, const ChannelMark& mark);

// The same by the kept program. An empty service = the only one there, told as "chosen"; all there
// are told as "service".
[[nodiscard]] std::string
look_kept_script(const RunPlace& place, const std::string& to, const ChannelMark& mark);

// Tries what a deploy will need: for `doctor`. Changes nothing that stays.
[[nodiscard]] std::string doctor_script(const config::DeploySettings& settings,
                                        const ChannelMark& mark);

// Prints the log for people of a tag or branch ("" = the newest), and with `follow` what comes.
[[nodiscard]] std::string logs_script(const config::DeploySettings& settings,
                                      const std::string& ref,
                                      bool follow,
                                      const ChannelMark& mark);

} // namespace loomrel::deploy
