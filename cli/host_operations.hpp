#pragma once

#include "cli/services.hpp"
#include "lib/bot/operations.hpp"
#include "lib/deploy/follow.hpp"

#include <atomic>
#include <list>
#include <mutex>
#include <thread>

namespace loomrel::cli {

// The bot's hands: what it asks of production's hosts, done as the commands do it. Every call works
// with connections to ledger and hosts of its own. The configuration is loaded before.
class HostOperations final : public bot::Operations {
public:
    explicit HostOperations(Services& services)
        : m_services(services) {}

    // Deploys that are under way go on by themselves; whoever comes next concludes them.
    ~HostOperations() override;

    [[nodiscard]] bool can_roll_back(const std::string& service, std::string& why) override;
    [[nodiscard]] bot::Standing standing(const std::string& service) override;
    bot::Ended roll_back(const std::string& service,
                         const std::string& expected,
                         const std::string& target,
                         const std::string& actor,
                         const Watch& watch) override;
    void deploy(const release::Release& release, const std::string& actor) override;

private:
    Services& m_services;
    std::atomic<deploy::Wish> m_wish{deploy::Wish::none};
    std::mutex m_mutex;
    std::list<std::thread> m_deploys;
};

} // namespace loomrel::cli
