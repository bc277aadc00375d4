#pragma once

#include "lib/bot/operations.hpp"
#include "lib/operations/context.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace loomrel::cli {

// What the bot asks of production's hosts, in the name of whoever pressed, as long as serve runs.
// Every call works with connections to ledger and hosts of its own.
class HostOperations final : public bot::Operations {
public:
    // What went wrong in a deploy that nobody waits for.
    using OnTrouble = std::function<void(const std::exception&)>;

    HostOperations(const operations::Context& context,
                   operations::Console& console,
                   OnTrouble on_trouble = {})
        : m_context(context),
          m_console(console),
          m_on_trouble(std::move(on_trouble)) {}

    // Whatever is being watched is left to go on by itself.
    void leave() { m_stop_request = deploy::StopRequest::detach; }

    // Deploys that are under way go on by themselves; whoever comes next concludes them.
    ~HostOperations() override;

    [[nodiscard]] bool can_roll_back(const std::string& service, std::string& why) override;
    [[nodiscard]] bot::Standing standing(const std::string& service) override;
    bot::Ended roll_back(const std::string& service,
                         const std::string& expected,
                         const std::string& target,
                         const std::string& actor,
                         const Watch& watch) override;
    [[nodiscard]] bool can_look_at_stage(const std::string& service) override;
    [[nodiscard]] bot::StageSight look_at_stage(const release::Release& release) override;
    void deploy(const release::Release& release, const std::string& actor) override;

private:
    struct Work {
        std::thread thread;
        std::shared_ptr<std::atomic<bool>> ended;
    };

    // Throws Error(ledger), "ask again": another server, or this one when it is back, will do it.
    void check_stays() const;
    void start(std::function<void()> work);
    [[nodiscard]] operations::Context context_of(const std::string& actor,
                                                 const char* source) const;

    const operations::Context& m_context;
    operations::Console& m_console;
    OnTrouble m_on_trouble;
    std::atomic<deploy::StopRequest> m_stop_request{deploy::StopRequest::none};
    std::mutex m_mutex;
    std::vector<Work> m_deploys;
};

} // namespace loomrel::cli
