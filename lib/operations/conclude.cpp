#include "lib/operations/conclude.hpp"

#include "lib/deploy/conduct.hpp"
#include "lib/deploy/report.hpp"
#include "lib/operations/dev_notice.hpp"
#include "lib/operations/ledger.hpp"
#include "lib/operations/production_settings.hpp"
#include "lib/operations/run_subject.hpp"
#include "lib/operations/targets.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>
#include <vector>

namespace loomrel::operations {

namespace {

bool is_absent(const deploy::Followed& host) {
    return host.how == deploy::HowFollowed::absent;
}

// Its end, or that it never was one of the run's hosts.
bool is_told(const deploy::Followed& host) {
    return (host.how == deploy::HowFollowed::ended && host.end)
           || host.how == deploy::HowFollowed::not_started;
}

bool is_told_or_absent(const deploy::Followed& host) {
    return is_told(host) || is_absent(host);
}

bool any_absent(const std::vector<deploy::Followed>& hosts) {
    return std::any_of(hosts.begin(), hosts.end(), is_absent);
}

// Whose run it is: the last move that was no run's own. Not whoever comes by when it has ended.
std::string starter_of(const Context& context, store::Store& store, const store::Run& run) {
    const auto events =
        run.release_id ? store.events(*run.release_id) : std::vector<release::Event>{};
    // Over an API the server signs, and what we said of ourselves stands in the detail.
    const auto said =
        [](const release::Event& event, const char* name, const std::string& signed_) {
            const auto detail = nlohmann::json::parse(event.detail, nullptr, false);
            return detail.is_object() ? detail.value(name, signed_) : signed_;
        };
    const auto began = std::find_if(events.rbegin(), events.rend(), [&](const auto& event) {
        return event.from != event.to && said(event, "said_source", event.source) != "journal";
    });
    return began == events.rend() ? context.caller.actor : said(*began, "said_by", began->actor);
}

} // namespace

bool is_unwatched(const store::Run& run) {
    constexpr Milliseconds k_unwatched{30000};
    return !run.ended_at && run.unseen_for > k_unwatched;
}

bool conclude_if_ended(const Context& context,
                       Console& console,
                       store::Store& store,
                       const store::Run& run) {
    const config::DeploySettings settings = ProductionSettings(context, console).of(run);
    deploy::Patience patience;
    patience.away = Milliseconds{0};
    const auto conduct = [&] {
        return std::make_unique<deploy::Conductor>(
            make_targets(context, hosts_of(context, run), note_waiting(console)),
            deploy::RunListener(),
            patience);
    };
    const deploy::RunPlace place{run.id, run.service, run.environment, settings.state_dir};
    auto conductor = conduct();
    auto hosts = conductor->peek(place, false);
    // Only where it has ended everywhere else is it certain that nobody will come to the rest.
    if (is_unwatched(run) && any_absent(hosts)
        && std::all_of(hosts.begin(), hosts.end(), is_told_or_absent)) {
        conductor = conduct();
        hosts = conductor->peek(place, true);
    }
    if (!std::all_of(hosts.begin(), hosts.end(), is_told)) {
        return false;
    }
    deploy::Report report = deploy::make_report(
        subject_of(run, settings), std::move(hosts), context.language, context.redactor);
    report.release_id = run.release_id;
    deploy::LedgerRecorder recorder(&store, make_spool(context), starter_of(context, store, run));
    recorder.set_run(run);
    if (run.release_id) {
        recorder.set_release(*run.release_id, run.environment);
    }
    for (const deploy::Followed& host : report.hosts) {
        recorder.catch_up(host.transcript);
    }
    if (recorder.conclude(to_run_end(report), report.commit, to_event_detail(report)).told) {
        tell_dev_end(context, console, store, run, report);
        conductor->acknowledge();
    }
    return true;
}

void conclude_open_runs(const Context& context,
                        Console& console,
                        store::Store& store,
                        const std::string& service,
                        const std::string& environment,
                        const std::string& host) {
    store::RunQuery query;
    query.service = service;
    query.environment = environment;
    query.open_only = true;
    for (const store::Run& run : store.list_runs(query)) {
        if (!host.empty() && run.hosts != std::vector{host}) {
            continue;
        }
        try {
            (void)conclude_if_ended(context, console, store, run);
        } catch (const Error& error) {
            // It stays open; whoever comes next tries again. Our own start does not depend on it.
            console.note(in(context.language, error.message()) + "\n");
        }
    }
}

} // namespace loomrel::operations
