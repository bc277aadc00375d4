#include "cli/commands/reconcile.hpp"

#include "lib/base/shell_quote.hpp"
#include "lib/base/text.hpp"
#include "lib/operations/conclude.hpp"
#include "lib/operations/ledger.hpp"

#include <nlohmann/json.hpp>

namespace loomrel::cli {

namespace {

using messages::Id;
using nlohmann::ordered_json;

constexpr int k_most_runs = 500;

// One open run, and what became of it here.
struct RunCheck {
    store::Run run;
    std::string state; // concluded, running, silent
    std::string detail;
};

RunCheck look_at(Services& services, store::Store& store, const store::Run& run, bool dry_run) {
    RunCheck looked{run, "running", ""};
    if (dry_run) {
        looked.state = "open";
        return looked;
    }
    try {
        if (operations::conclude_if_ended(services.context(), services, store, run)) {
            looked.state = "concluded";
            const auto now = store.find_run(run.id);
            looked.detail = now && now->outcome ? std::string(to_string(*now->outcome)) : "";
        }
    } catch (const Error& error) {
        looked.state = "silent";
        looked.detail = in(services.language(), error.message());
    }
    return looked;
}

std::string line_of(Services& services, const RunCheck& looked) {
    const auto run = fmt::arg("run", looked.run.id);
    const auto service = fmt::arg("service", looked.run.service);
    const auto environment = fmt::arg("environment", looked.run.environment);
    if (looked.state == "concluded") {
        return services.say(
            Id::reconcile_concluded, run, service, environment, fmt::arg("outcome", looked.detail));
    }
    if (looked.state == "silent") {
        return services.say(
            Id::reconcile_silent, run, service, environment, fmt::arg("reason", looked.detail));
    }
    const Id text = looked.state == "open" ? Id::reconcile_would_look : Id::reconcile_open;
    return services.say(text, run, service, environment);
}

} // namespace

ExitCode run_reconcile(Services& services, const ReconcileOptions& options) {
    store::Store& store = services.store(Services::Purpose::releases);
    store::Spool spool = operations::make_spool(services.context());
    const std::size_t told = options.dry_run ? spool.waiting() : spool.deliver_all(store);
    const auto elsewhere = spool.waiting_elsewhere();
    store::RunQuery query;
    query.open_only = true;
    query.limit = k_most_runs;
    std::vector<RunCheck> all;
    for (const store::Run& run : store.list_runs(query)) {
        all.push_back(look_at(services, store, run, options.dry_run));
    }
    if (services.json()) {
        ordered_json runs = ordered_json::array();
        for (const RunCheck& looked : all) {
            runs.push_back({{"run_id", looked.run.id},
                            {"service", looked.run.service},
                            {"environment", looked.run.environment},
                            {"state", looked.state},
                            {"detail", looked.detail}});
        }
        ordered_json others = ordered_json::array();
        for (const auto& [ledger, count] : elsewhere) {
            others.push_back({{"store", ledger}, {"count", count}});
        }
        services.out_json({{"dry_run", options.dry_run},
                           {"spool", told},
                           {"spool_elsewhere", std::move(others)},
                           {"runs", std::move(runs)}});
        return ExitCode::ok;
    }
    std::string text;
    if (told > 0) {
        text += services.say(options.dry_run ? Id::reconcile_would_tell : Id::reconcile_spool,
                             fmt::arg("count", told))
                + "\n";
    }
    for (const auto& [ledger, count] : elsewhere) {
        const std::string shown = sanitize_line(ledger);
        text += services.say(Id::reconcile_elsewhere,
                             fmt::arg("count", count),
                             fmt::arg("store", shown),
                             fmt::arg("quoted", shell_quote(shown)))
                + "\n";
    }
    for (const RunCheck& looked : all) {
        text += line_of(services, looked) + "\n";
    }
    if (all.empty()) {
        text += services.say(Id::reconcile_nothing) + "\n";
    }
    services.out(services.redactor().redact(text));
    return ExitCode::ok;
}

void register_reconcile(Command& parent) {
    auto options = std::make_shared<ReconcileOptions>();
    parent.command("reconcile", Id::cli_reconcile_about)
        .flag("--dry-run", Id::cli_help_dry_run, options->dry_run)
        .runs([options](Services& services) { return run_reconcile(services, *options); });
}

} // namespace loomrel::cli
