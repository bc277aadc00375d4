#include "cli/serve/host_operations.hpp"

#include <utility>

namespace loomrel::cli {

HostOperations::~HostOperations() {
    leave();
    for (Work& deploy : m_deploys) {
        deploy.thread.join();
    }
}

// What begins now would be left before it is under way.
void HostOperations::check_stays() const {
    if (m_stop_request == deploy::StopRequest::detach) {
        throw Error(
            ErrorKind::ledger, "stopping", messages::phrase(messages::Id::operations_stopping));
    }
}

void HostOperations::start(std::function<void()> work) {
    const std::lock_guard guard(m_mutex);
    std::erase_if(m_deploys, [](Work& deploy) {
        if (deploy.ended->load()) {
            deploy.thread.join();
            return true;
        }
        return false;
    });
    auto ended = std::make_shared<std::atomic<bool>>(false);
    std::thread thread([this, ended, work = std::move(work)] {
        try {
            work();
        } catch (const std::exception& error) {
            // The run goes on at its host, or never came there: reconciling tells.
            if (m_on_trouble) {
                m_on_trouble(error);
            }
        }
        ended->store(true);
    });
    m_deploys.push_back({std::move(thread), std::move(ended)});
}

operations::Context HostOperations::context_of(const std::string& actor, const char* source) const {
    operations::Context context = m_context;
    context.caller.actor = actor;
    context.caller.source = source;
    return context;
}

bool HostOperations::can_roll_back(const std::string& service, std::string& why) {
    return operations::can_roll_back(m_context, service, why);
}

bot::Standing HostOperations::standing(const std::string& service) {
    check_stays();
    return operations::standing(m_context, m_console, service);
}

bot::Ended HostOperations::roll_back(const std::string& service,
                                     const std::string& expected,
                                     const std::string& target,
                                     const std::string& actor,
                                     const Watch& watch) {
    return operations::roll_back(
        context_of(actor, "bot"), m_console, {service, expected, target}, watch, m_stop_request);
}

bool HostOperations::can_look_at_stage(const std::string& service) {
    return operations::can_look_at_stage(m_context.config, service);
}

bot::StageSight HostOperations::look_at_stage(const release::Release& release) {
    return operations::look_at_stage(m_context, release);
}

void HostOperations::deploy(const release::Release& release, const std::string& actor) {
    check_stays();
    const auto context = std::make_shared<const operations::Context>(context_of(actor, "serve"));
    auto deploy = operations::claim_deploy(*context, m_console, release);
    if (!deploy) {
        return; // another has begun it
    }
    start([this, context, deploy = std::move(deploy)] { deploy(m_stop_request); });
}

} // namespace loomrel::cli
