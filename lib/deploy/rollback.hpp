#pragma once

#include "lib/deploy/look.hpp"

#include <optional>
#include <string>
#include <vector>

namespace loomrel::deploy {

// One host, looked at before a rollback.
struct HostLook {
    std::string host;
    std::optional<HostState> sight; // nullopt: it does not answer
};

// Where a rollback leads: the same version on every host that answers.
struct RollbackTarget {
    std::string from; // what serves, by name; "" = nothing
    std::string to;   // the tag, else the commit
    std::optional<std::int64_t> kept_at;
    // "" = nobody knows it. Of a rebuild the host builds this one or refuses: the tag may have
    // moved.
    std::string commit;
    // A host's own record says that this commit ended a good run here. Of a kept version it does
    // not matter.
    bool proven_by_host = false;
    // The capsules' ids as the request names them: where hosts differ, each finds `to` by its name.
    std::string from_id;
    std::string to_id;
    bool rebuild = false;        // kept nowhere: built from git
    bool changed = false;        // compose's configuration is another than when it was deployed
    bool change_unknown = false; // it cannot be told: another compose made the sums
    bool already = false;        // every host says that it serves, and well: nothing to do
};

// What the person asked for, in words for the command to type in a refusal.
struct RollbackWish {
    std::optional<std::string> to; // a tag or commit; nullopt = the last good other version
    std::string service;
    std::string environment;
    std::string host{};     // typed, where there is no configuration; "" = the environment's
    std::string identity{}; // likewise
};

// Throws Error(refused): nothing is kept; what serves was itself put there by a rollback; hosts
// would go to different versions. Error(no_host): none answers.
[[nodiscard]] RollbackTarget choose_target(const std::vector<HostLook>& hosts,
                                           const RollbackWish& wish);

} // namespace loomrel::deploy
