#include "lib/operations/production_hosts.hpp"

#include "lib/deploy/shown_settings.hpp"
#include "lib/operations/production_deploy.hpp"
#include "lib/operations/rollback.hpp"
#include "lib/operations/run_driver.hpp"
#include "lib/operations/targets.hpp"

#include <algorithm>
#include <mutex>
#include <utility>

namespace loomrel::operations {

namespace {

using messages::Id;
using messages::phrase;

// Steps as they pass, told to whoever shows them; several hosts speak at once.
class StepTeller {
public:
    explicit StepTeller(const OnProgress& on_progress)
        : m_on_progress(on_progress) {}

    void on(const deploy::RunEvent& event) {
        const std::lock_guard guard(m_mutex);
        if (!m_on_progress) {
            return;
        }
        if (const auto* started = std::get_if<deploy::StepStarted>(&event)) {
            m_on_progress({started->step.name, std::nullopt});
        } else if (const auto* ended = std::get_if<deploy::StepEnded>(&event)) {
            m_on_progress({ended->step, ended->ok});
        }
    }

private:
    std::mutex m_mutex;
    const OnProgress& m_on_progress;
};

RollbackRequest request_for(const std::string& service) {
    RollbackRequest request;
    request.service = service;
    request.environment = k_production;
    return request;
}

std::unique_ptr<store::Store> open_ledger(const Context& context) {
    return context.open_ledger(Purpose::production, std::nullopt, /*must_exist=*/true);
}

[[noreturn]] void refuse_order(const char* code, Phrase message) {
    throw Error(ErrorKind::refused, code, std::move(message));
}

deploy::RollbackTarget target_of(const RollbackHosts& hosts, const RollbackOrder& order) {
    if (const auto running = hosts.running()) {
        refuse_order("run_in_progress",
                     phrase(Id::rollback_running,
                            fmt::arg("host", running->host),
                            fmt::arg("run", running->run_id),
                            fmt::arg("holder", running->holder)));
    }
    auto target =
        deploy::choose_target(hosts.looked_at, {order.target, order.service, k_production});
    if (target.from != order.expected) {
        refuse_order("serves_another", phrase(Id::why_serves_another));
    }
    return target;
}

// What is built where it is kept nowhere.
void prove_rebuild(const RollbackHosts& hosts,
                   const RollbackOrder& order,
                   store::Store& ledger,
                   deploy::RollbackTarget& target) {
    if (deploy::is_unproven(hosts.settings)) {
        throw unproven_rebuild(hosts, target);
    }
    const auto served = commit_that_served(ledger, order.service, target.to);
    if (!served && !target.proven_by_host) {
        refuse_order("never_served",
                     phrase(Id::rollback_not_proven,
                            fmt::arg("to", target.to),
                            fmt::arg("service", order.service)));
    }
    target.commit = served.value_or(target.commit);
}

} // namespace

bool can_roll_back(const Context& context, const std::string& service, std::string& why) {
    try {
        const auto settings = context.config.deploy(service, k_production);
        const auto hosts = context.config.hosts(k_production, service);
        if (settings.rollback_by != "direct") {
            why = context.say(Id::operations_rollback_by, fmt::arg("by", settings.rollback_by));
            return false;
        }
        if (!can_log_in(context.config, hosts)) {
            why = context.say(Id::operations_no_credentials);
            return false;
        }
    } catch (const Error& error) {
        why = in(context.language, error.message());
        if (!error.hint().empty()) {
            why += ": " + in(context.language, error.hint());
        }
        return false;
    }
    return true;
}

Standing standing(const Context& context, Console& console, const std::string& service) {
    RollbackHosts hosts(context, console, request_for(service));
    hosts.look();
    Standing standing;
    const auto answered = std::find_if(hosts.looked_at.begin(),
                                       hosts.looked_at.end(),
                                       [](const auto& host) { return host.sight.has_value(); });
    if (answered == hosts.looked_at.end()) {
        return standing;
    }
    standing.serves = answered->sight->serves;
    if (!answered->sight->images_known) {
        return standing; // nothing is offered that nobody has seen
    }
    for (const deploy::Kept& kept : answered->sight->kept) {
        const bool known =
            std::any_of(standing.kept.begin(),
                        standing.kept.end(),
                        [&](const KeptVersion& version) { return version.tag == kept.name; });
        if (!known && kept.name != standing.serves) {
            standing.kept.push_back({kept.name, Time(std::chrono::seconds(kept.kept_at))});
        }
    }
    return standing;
}

Ended roll_back(const Context& context,
                Console& console,
                const RollbackOrder& order,
                const OnProgress& on_progress,
                const std::atomic<deploy::StopRequest>& stop_request) {
    RollbackHosts hosts(context, console, request_for(order.service));
    hosts.look();
    auto target = target_of(hosts, order);
    const auto ledger = open_ledger(context);
    if (target.rebuild) {
        prove_rebuild(hosts, order, *ledger, target);
    }
    const deploy::Plan plan = rollback_plan(context, hosts, target, /*skip_hooks=*/false);
    store::Run run = rollback_row(context, hosts, target, plan);
    claim_rollback(context, *ledger, run, target.from, hosts.all_answered());
    StepTeller teller(on_progress);
    RunDriver driver(
        context,
        console,
        plan.settings,
        hosts.hosts,
        [&](const auto&, const auto& event) { teller.on(event); },
        note_waiting(console));
    driver.set_stop_request(stop_request);
    driver.set_ledger(*ledger);
    driver.set_rollback_from(target.from);
    driver.run(plan, run);
    const deploy::Report report = driver.conclude().report;
    Ended ended;
    ended.good = report.exit == 0;
    ended.serves = report.hosts.front().end ? report.hosts.front().end->serves : "";
    ended.reason = report.failure ? to_text(*report.failure, context.language) : "";
    return ended;
}

ClaimedDeploy
claim_deploy(const Context& context, Console& console, const release::Release& release) {
    const std::shared_ptr<store::Store> ledger = open_ledger(context);
    deploy::Request request;
    request.tag = release.release_tag;
    request.commit = release.commit_sha.value_or("");
    request.release_id = release.id;
    const Deploying deploying = prepare(context,
                                        console,
                                        std::move(request),
                                        context.config.deploy(release.service_name, k_production),
                                        context.config.hosts(k_production, release.service_name));
    const auto begun = begin_production_run(context, *ledger, release, deploying);
    if (begun.what != deploy::Decision::What::start) {
        return {};
    }
    return [&context, &console, ledger, deploying, run = *begun.run](const auto& stop_request) {
        RunDriver driver(
            context, console, deploying.plan.settings, deploying.hosts, {}, note_waiting(console));
        driver.set_stop_request(stop_request);
        driver.set_ledger(*ledger);
        driver.run(deploying.plan, run);
        (void)driver.conclude();
    };
}

} // namespace loomrel::operations
