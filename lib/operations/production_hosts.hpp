#pragma once

#include "lib/deploy/follow.hpp"
#include "lib/operations/context.hpp"
#include "lib/release/release.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

// What is asked of production's hosts where nobody sits at a terminal.
namespace loomrel::operations {

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

// A run as the message that shows it needs it.
struct Progress {
    std::string step;       // "health"; as messages::step_label() knows it
    std::optional<bool> ok; // nullopt = it has just begun
};

// From any thread, one call at a time.
using OnProgress = std::function<void(const Progress&)>;

struct Ended {
    bool good = false;
    std::string serves;
    std::string reason; // of a bad end: for people, may be many lines
};

// Asks no host: are there credentials for production here? If not, `why` says what is missing.
[[nodiscard]] bool
can_roll_back(const Context& context, const std::string& service, std::string& why);

[[nodiscard]] Standing
standing(const Context& context, Console& console, const std::string& service);

struct RollbackOrder {
    std::string service;
    std::string expected; // what must serve now; if something else does, Error(refused)
    std::string target;   // a kept version's tag
};

// From the look at the hosts to the ledger's last word. Throws Error where it cannot begin.
[[nodiscard]] Ended roll_back(const Context& context,
                              Console& console,
                              const RollbackOrder& order,
                              const OnProgress& on_progress,
                              const std::atomic<deploy::StopRequest>& stop_request);

// A production deploy that has been claimed here and is to be run: whoever calls it may take his
// time, a thread of his own perhaps. Outlived by the context.
using ClaimedDeploy = std::function<void(const std::atomic<deploy::StopRequest>& stop_request)>;

// Claims the release, in the caller's name. Null: another has begun it.
[[nodiscard]] ClaimedDeploy
claim_deploy(const Context& context, Console& console, const release::Release& release);

} // namespace loomrel::operations
