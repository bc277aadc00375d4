#include "cli/commands/reconcile.hpp"

#include "lib/base/shell_quote.hpp"
#include "lib/base/text.hpp"
#include "lib/operations/reconcile.hpp"

#include <nlohmann/json.hpp>

namespace loomrel::cli {

namespace {

using messages::Id;
using nlohmann::ordered_json;
using operations::Reconciled;
using operations::RunCheck;

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

std::string people_text(Services& services, const Reconciled& result, bool dry_run) {
    std::string text;
    if (result.told > 0) {
        text += services.say(dry_run ? Id::reconcile_would_tell : Id::reconcile_spool,
                             fmt::arg("count", result.told))
                + "\n";
    }
    for (const auto& [ledger, count] : result.elsewhere) {
        const std::string shown = sanitize_line(ledger);
        text += services.say(Id::reconcile_elsewhere,
                             fmt::arg("count", count),
                             fmt::arg("store", shown),
                             fmt::arg("quoted", shell_quote(shown)))
                + "\n";
    }
    for (const RunCheck& looked : result.runs) {
        text += line_of(services, looked) + "\n";
    }
    if (result.runs.empty()) {
        text += services.say(Id::reconcile_nothing) + "\n";
    }
    return text;
}

ordered_json to_object(const Reconciled& result, bool dry_run) {
    ordered_json runs = ordered_json::array();
    for (const RunCheck& looked : result.runs) {
        runs.push_back({{"run_id", looked.run.id},
                        {"service", looked.run.service},
                        {"environment", looked.run.environment},
                        {"state", looked.state},
                        {"detail", looked.detail}});
    }
    ordered_json others = ordered_json::array();
    for (const auto& [ledger, count] : result.elsewhere) {
        others.push_back({{"store", ledger}, {"count", count}});
    }
    return {{"dry_run", dry_run},
            {"spool", result.told},
            {"spool_elsewhere", std::move(others)},
            {"runs", std::move(runs)}};
}

} // namespace

ExitCode run_reconcile(Services& services, const ReconcileOptions& options) {
    store::Store& ledger = services.store(Services::Purpose::releases);
    const Reconciled result =
        operations::reconcile(services.context(), services, ledger, options.dry_run);
    if (services.json()) {
        services.out_json(to_object(result, options.dry_run));
    } else {
        services.out(services.redactor().redact(people_text(services, result, options.dry_run)));
    }
    return ExitCode::ok;
}

void register_reconcile(Command& parent) {
    auto options = std::make_shared<ReconcileOptions>();
    parent.command("reconcile", Id::cli_reconcile_about)
        .flag("--dry-run", Id::cli_help_dry_run, options->dry_run)
        .runs([options](Services& services) { return run_reconcile(services, *options); });
}

} // namespace loomrel::cli
