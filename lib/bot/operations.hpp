#pragma once

#include "lib/operations/production_hosts.hpp"
#include "lib/operations/stage_sight.hpp"
#include "lib/release/release.hpp"

#include <string>

namespace loomrel::bot {

using operations::Ended;
using operations::KeptVersion;
using operations::Progress;
using operations::StageSight;
using operations::Standing;

// What needs hosts (lib/operations). The bot decides who may and asks; this does. Each call may
// take long, is made from a thread of its own, and throws Error when it cannot begin.
class Operations {
public:
    using Watch = operations::OnProgress;

    virtual ~Operations() = default;

    // Asks no host: are there credentials for production here? If not, `why` says what is missing.
    [[nodiscard]] virtual bool can_roll_back(const std::string& service, std::string& why) = 0;
    [[nodiscard]] virtual Standing standing(const std::string& service) = 0;
    // `expected`: what must serve now; if something else does, Error(refused).
    virtual Ended roll_back(const std::string& service,
                            const std::string& expected,
                            const std::string& target,
                            const std::string& actor,
                            const Watch& watch) = 0;
    // Asks no host: are there credentials for stage here?
    [[nodiscard]] virtual bool can_look_at_stage(const std::string& service) = 0;
    // Whoever approves waits for it: 10 s at most. Throws nothing that is the hosts' fault.
    [[nodiscard]] virtual StageSight look_at_stage(const release::Release& release) = 0;
    // prod_by = "direct". Returns when the release is claimed, or throws.
    virtual void deploy(const release::Release& release, const std::string& actor) = 0;
};

} // namespace loomrel::bot
