#include "lib/deploy/disagreement.hpp"

#include "lib/base/text.hpp"
#include "lib/deploy/take_over.hpp"

#include <algorithm>

namespace loomrel::deploy {

namespace {

bool agrees(const HostState& sight, const std::string& tag, const std::string& commit) {
    // A tree's own name for a commit may be another one of its tags.
    return sight.serves == tag || (!commit.empty() && sight.commit == commit);
}

// Docker that does not answer leaves open what serves.
bool says_what_serves(const HostLook& host) {
    return host.sight && (!host.sight->serves.empty() || host.sight->images_known);
}

} // namespace

std::vector<Disagreement> disagreements(store::Store& ledger,
                                        const std::string& service,
                                        const std::string& environment,
                                        const std::vector<HostLook>& hosts) {
    std::vector<Disagreement> found;
    if (is_under_way(ledger, service, environment, hosts)) {
        return found;
    }
    const auto last = last_good_run(ledger, service, environment);
    const std::string tag = last ? tag_of_run(*last) : "";
    if (tag.empty()) {
        return found;
    }
    const Untold untold = compare(ledger, service, environment, hosts);
    for (const HostLook& host : hosts) {
        if (!says_what_serves(host) || agrees(*host.sight, tag, last->commit)) {
            continue;
        }
        const bool by_hand =
            std::any_of(untold.by_hand.begin(), untold.by_hand.end(), [&](const auto& one) {
                return one.host == host.host && one.change.outcome == "good";
            });
        found.push_back(
            {service, environment, host.host, sanitize_line(host.sight->serves), tag, by_hand});
    }
    return found;
}

} // namespace loomrel::deploy
