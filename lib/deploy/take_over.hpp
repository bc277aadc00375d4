#pragma once

#include "lib/deploy/look.hpp"
#include "lib/deploy/rollback.hpp"
#include "lib/store/store.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

// What happened on hosts and nobody told the ledger of (design 13.10).
namespace loomrel::deploy {

// A version that somebody put back on the host itself, which the ledger has not heard of.
struct RestoredByHand {
    std::string run; // the id that its row gets: the same whoever looks
    std::string host;
    HostChange change;
    std::string from; // what served before; "" = nobody knows
    // In production, and no host serves `from` any more: its release moves.
    bool moves = false;
};

// What production serves and nothing proves: no run of the ledger's put it there, and it is no
// version that the host keeps.
struct Unproven {
    std::string host;
    std::string serves;
    std::string approved; // what the ledger believes to serve
};

struct Untold {
    std::string service;
    std::string environment;
    std::vector<RestoredByHand> by_hand; // in the order in which they happened
    std::vector<Unproven> unproven;

    [[nodiscard]] bool empty() const { return by_hand.empty() && unproven.empty(); }
};

// Whoever is at it tells the ledger himself, or is concluded.
[[nodiscard]] bool is_under_way(store::Store& ledger,
                                const std::string& service,
                                const std::string& environment,
                                const std::vector<HostLook>& hosts);

[[nodiscard]] std::optional<store::Run>
last_good_run(store::Store& ledger, const std::string& service, const std::string& environment);
// "" = it is of no tag.
[[nodiscard]] std::string tag_of_run(const store::Run& run);

// Compares what the service's hosts say with the ledger, and changes nothing. Nothing is untold
// while a run is under way there.
[[nodiscard]] Untold compare(store::Store& ledger,
                             const std::string& service,
                             const std::string& environment,
                             const std::vector<HostLook>& hosts);

// Tells the ledger, and people by its outbox; the same told twice is told once. What nothing proves
// moves no release: it is an alarm, once a day for each host and version.
void take_over(store::Store& ledger, const Untold& untold);

} // namespace loomrel::deploy
