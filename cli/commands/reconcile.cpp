#include "cli/commands/reconcile.hpp"

#include "cli/context/services.hpp"
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

ordered_json to_array(const std::vector<operations::LookedAt>& all) {
    ordered_json found = ordered_json::array();
    for (const operations::LookedAt& looked : all) {
        const auto add = [&](const char* what,
                             const std::string& host,
                             const std::string& serves) -> ordered_json& {
            found.push_back({{"what", what},
                             {"service", looked.untold.service},
                             {"environment", looked.untold.environment},
                             {"host", host},
                             {"serves", serves}});
            return found.back();
        };
        for (const deploy::RestoredByHand& one : looked.untold.by_hand) {
            add("by_hand", one.host, one.change.serves)["by"] = one.change.by;
        }
        for (const deploy::Unproven& one : looked.untold.unproven) {
            add("unproven", one.host, one.serves)["approved"] = one.approved;
        }
    }
    return found;
}

std::string lines_of(Services& services, const operations::LookedAt& looked) {
    std::string text;
    const auto service = fmt::arg("service", looked.untold.service);
    const auto environment = fmt::arg("environment", looked.untold.environment);
    for (const deploy::RestoredByHand& one : looked.untold.by_hand) {
        text += services.say(Id::reconcile_by_hand,
                             service,
                             environment,
                             fmt::arg("host", one.host),
                             fmt::arg("by", one.change.by.empty() ? "?" : one.change.by),
                             fmt::arg("serves", sanitize_line(one.change.serves)))
                + "\n";
    }
    for (const deploy::Unproven& one : looked.untold.unproven) {
        const std::string serves = sanitize_line(one.serves);
        const std::string command = "loomrel rollback --service "
                                    + typed_word(looked.untold.service) + " --to "
                                    + typed_word(one.approved);
        text += services.say(Id::reconcile_unproven,
                             service,
                             environment,
                             fmt::arg("host", one.host),
                             fmt::arg("serves", serves),
                             fmt::arg("command", command))
                + "\n";
    }
    for (const std::string& host : looked.silent) {
        text += services.say(Id::reconcile_not_seen, service, environment, fmt::arg("host", host))
                + "\n";
    }
    return text;
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
    for (const operations::LookedAt& looked : result.hosts) {
        text += lines_of(services, looked);
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
            {"runs", std::move(runs)},
            {"hosts", to_array(result.hosts)}};
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
