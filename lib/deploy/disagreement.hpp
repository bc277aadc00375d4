#pragma once

#include "lib/deploy/rollback.hpp"
#include "lib/store/store.hpp"

#include <string>
#include <vector>

namespace loomrel::deploy {

// A host serves something else than the ledger believes.
struct Disagreement {
    std::string service;
    std::string environment;
    std::string host;
    std::string serves;   // "" = nothing
    std::string ledger;   // the tag of the last run that ended good
    bool by_hand = false; // somebody put it there on the host itself: the ledger can be told so
};

// Of the hosts that answered. Nothing disagrees while a run is under way there, or where the ledger
// knows of no good run. Changes nothing.
[[nodiscard]] std::vector<Disagreement> disagreements(store::Store& ledger,
                                                      const std::string& service,
                                                      const std::string& environment,
                                                      const std::vector<HostLook>& hosts);

} // namespace loomrel::deploy
