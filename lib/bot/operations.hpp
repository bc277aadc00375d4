#pragma once

#include "lib/base/clock.hpp"
#include "lib/release/release.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace loomrel::bot {

// A version that a host keeps and can be gone back to.
struct KeptVersion {
    std::string tag;
    std::optional<Time> deployed_at;
};

// What the hosts of production say now.
struct Standing {
    std::string serves;            // a tag, or a commit; "" = nothing
    std::vector<KeptVersion> kept; // newest first, without what serves
};

// What stage's hosts said when they were looked at (design 13.4).
struct StageSight {
    enum class What {
        same,   // each serves the release's commit
        other,  // one of them does not
        silent, // one of them does not answer, and none serves anything else
    } what = What::silent;
    std::string serves; // of other: a tag, a commit or an image; "" = nothing that anybody knows
    std::string reason; // of silent: for people
};

// A run as the message that shows it needs it.
struct Progress {
    std::string step;       // "health"; as messages::step_label() knows it
    std::optional<bool> ok; // nullopt = it has just begun
};

struct Ended {
    bool good = false;
    std::string serves;
    std::string reason; // of a bad end: for people, may be many lines
};

// What needs hosts. The bot decides who may and asks; this does. Each call may take long, is made
// from a thread of its own, and throws Error when it cannot begin.
class Operations {
public:
    using Watch = std::function<void(const Progress&)>;

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
