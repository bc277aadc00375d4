#include "cli/serve/host_operations.hpp"

#include "cli/hosts/targets.hpp"
#include "cli/runs/deploy_plan.hpp"
#include "cli/runs/production_claim.hpp"
#include "cli/runs/rollback_run.hpp"
#include "cli/runs/run_result.hpp"
#include "cli/runs/stage_sight.hpp"
#include "lib/base/random.hpp"
#include "lib/bot/shown.hpp"
#include "lib/deploy/shown_settings.hpp"
#include "lib/operations/ledger.hpp"

#include <algorithm>

namespace loomrel::cli {

namespace {

using messages::Id;
using messages::phrase;

constexpr const char* k_production = "prod";
constexpr const char* k_source = "bot";

// Steps as they pass, told to whoever shows them; several hosts speak at once.
class Teller final : public deploy::Quiet {
public:
    explicit Teller(bot::Operations::Watch watch)
        : m_watch(std::move(watch)) {}

    void step_started(const std::string&, const std::string& step) override {
        tell({step, std::nullopt});
    }

    void step_ended(const std::string&, const std::string& step, bool ok, Milliseconds) override {
        tell({step, ok});
    }

private:
    void tell(const bot::Progress& progress) {
        const std::lock_guard guard(m_mutex);
        if (m_watch) {
            m_watch(progress);
        }
    }

    std::mutex m_mutex;
    bot::Operations::Watch m_watch;
};

RollbackOptions options_for(const std::string& service) {
    RollbackOptions options;
    options.service = service;
    options.environment = k_production;
    return options;
}

// From the first script to the ledger's last word.
deploy::Report follow(Services& services,
                      const deploy::Plan& plan,
                      const store::Run& run,
                      const std::vector<config::Host>& hosts,
                      deploy::Watcher& watcher,
                      deploy::LedgerRecorder& recorder,
                      const std::atomic<deploy::StopRequest>& stop_request) {
    deploy::Conductor conductor(
        make_targets(services, hosts), watcher, services.context().patience);
    conductor.stop_request = &stop_request;
    auto followed = conductor.run(plan, recorder);
    deploy::Report report = deploy::make_report(subject_of(run, plan.settings),
                                                std::move(followed),
                                                services.language(),
                                                services.redactor());
    report.release_id = run.release_id;
    if (report.outcome != store::RunOutcome::unknown
        && recorder
               .conclude(deploy::to_run_end(report), report.commit, deploy::to_event_detail(report))
               .told) {
        conductor.acknowledge();
    }
    return report;
}

[[noreturn]] void refuse(const char* code, Phrase message) {
    throw Error(ErrorKind::refused, code, std::move(message));
}

} // namespace

HostOperations::~HostOperations() {
    leave();
    for (Work& deploy : m_deploys) {
        deploy.thread.join();
    }
}

// What begins now would be left before it is under way.
void HostOperations::check_stays() const {
    if (m_stop_request == deploy::StopRequest::detach) {
        throw Error(ErrorKind::ledger, "stopping", phrase(Id::operations_stopping));
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

bool HostOperations::can_roll_back(const std::string& service, std::string& why) {
    try {
        const auto settings = m_services.config().deploy(service, k_production);
        const auto hosts = m_services.config().hosts(k_production, service);
        if (settings.rollback_by != "direct") {
            why = m_services.say(Id::operations_rollback_by, fmt::arg("by", settings.rollback_by));
            return false;
        }
        if (!bot::can_log_in(m_services.config(), hosts)) {
            why = m_services.say(Id::operations_no_credentials);
            return false;
        }
    } catch (const Error& error) {
        why = in(m_services.language(), error.message());
        if (!error.hint().empty()) {
            why += ": " + in(m_services.language(), error.hint());
        }
        return false;
    }
    return true;
}

bot::Standing HostOperations::standing(const std::string& service) {
    check_stays();
    RollbackHosts hosts(m_services, options_for(service));
    hosts.look();
    bot::Standing standing;
    for (const deploy::HostLook& host : hosts.looked_at) {
        if (!host.sight) {
            continue;
        }
        standing.serves = host.sight->serves;
        if (!host.sight->images_known) {
            break; // nothing is offered that nobody has seen
        }
        for (const deploy::Kept& kept : host.sight->kept) {
            const bool known = std::any_of(
                standing.kept.begin(), standing.kept.end(), [&](const bot::KeptVersion& version) {
                    return version.tag == kept.name;
                });
            if (!known && kept.name != standing.serves) {
                standing.kept.push_back({kept.name, Time(std::chrono::seconds(kept.kept_at))});
            }
        }
        break;
    }
    return standing;
}

bot::Ended HostOperations::roll_back(const std::string& service,
                                     const std::string& expected,
                                     const std::string& target,
                                     const std::string& actor,
                                     const Watch& watch) {
    RollbackHosts hosts(m_services, options_for(service));
    hosts.look();
    if (const auto running = hosts.running()) {
        refuse("run_in_progress",
               phrase(Id::rollback_running,
                      fmt::arg("host", running->host),
                      fmt::arg("run", running->run_id),
                      fmt::arg("holder", running->holder)));
    }
    auto chosen = deploy::choose_target(hosts.looked_at, {target, service, k_production});
    if (chosen.from != expected) {
        refuse("serves_another", phrase(Id::why_serves_another));
    }
    const auto store = m_services.open_another_store(
        Services::Purpose::production, std::nullopt, /*must_exist=*/true);
    if (chosen.rebuild && deploy::is_unproven(hosts.settings)) {
        throw unproven_rebuild(hosts, chosen);
    }
    if (chosen.rebuild) {
        const auto served = commit_that_served(*store, service, chosen.to);
        if (!served && !chosen.proven_by_host) {
            refuse("never_served",
                   phrase(Id::rollback_not_proven,
                          fmt::arg("to", chosen.to),
                          fmt::arg("service", service)));
        }
        chosen.commit = served.value_or(chosen.commit);
    }
    const deploy::Plan plan = rollback_plan(m_services, hosts, chosen, actor, false);
    std::vector<std::string> names;
    for (const deploy::HostLook& host : hosts.looked_at) {
        names.push_back(host.host);
    }
    store::Run run = rollback_row(m_services, plan, chosen, names);
    claim_rollback(*store, run, chosen.from, actor, k_source, hosts.all_answered());
    deploy::LedgerRecorder recorder(
        store.get(), operations::make_spool(m_services.context()), actor);
    recorder.set_run(run);
    recorder.set_rollback_from(chosen.from);
    Teller teller(watch);
    const deploy::Report report =
        follow(m_services, plan, run, hosts.hosts, teller, recorder, m_stop_request);
    bot::Ended ended;
    ended.good = report.exit == 0;
    ended.serves = report.hosts.front().end ? report.hosts.front().end->serves : "";
    ended.reason = report.failure ? to_text(*report.failure, m_services.language()) : "";
    return ended;
}

bool HostOperations::can_look_at_stage(const std::string& service) {
    return bot::can_look_at_stage(m_services.config(), service);
}

bot::StageSight HostOperations::look_at_stage(const release::Release& release) {
    return cli::look_at_stage(m_services, release);
}

void HostOperations::deploy(const release::Release& release, const std::string& actor) {
    check_stays();
    const std::shared_ptr<store::Store> store = m_services.open_another_store(
        Services::Purpose::production, std::nullopt, /*must_exist=*/true);
    deploy::Request request;
    request.run_id = random_uuid();
    request.tag = release.release_tag;
    request.commit = release.commit_sha.value_or("");
    request.release_id = release.id;
    request.by = actor;
    deploy::Plan plan =
        deploy::make_plan(request,
                          m_services.config().deploy(release.service_name, k_production),
                          m_services.language(),
                          random_hex(8));
    const auto hosts = m_services.config().hosts(k_production, release.service_name);
    store::Run run;
    run.id = request.run_id;
    run.service = release.service_name;
    run.environment = k_production;
    run.release_id = release.id;
    run.ref = "refs/tags/" + release.release_tag;
    run.commit = request.commit;
    for (const deploy::Target& target : make_targets(m_services, hosts)) {
        run.hosts.push_back(target.name);
    }
    run.settings = deploy::shown_settings(plan.settings);
    if (claim_production(m_services, *store, release, run, {actor, k_source}, false).id != run.id) {
        return; // another has begun it
    }
    start([this, actor, run = std::move(run), plan = std::move(plan), hosts, store] {
        deploy::LedgerRecorder recorder(
            store.get(), operations::make_spool(m_services.context()), actor);
        recorder.set_run(run);
        recorder.set_release(*run.release_id, k_production);
        deploy::Nobody nobody;
        (void)follow(m_services, plan, run, hosts, nobody, recorder, m_stop_request);
    });
}

} // namespace loomrel::cli
