#include "cli/commands/db.hpp"

#include "lib/base/text.hpp"

#include <nlohmann/json.hpp>

#include <memory>

namespace loomrel::cli {

namespace {

using messages::Id;

std::string ledger_of(Services& services) {
    return store::shown_url(services.config().store.url);
}

void list(Services& services, const std::vector<std::string>& lines) {
    for (const std::string& line : lines) {
        services.out("  " + sanitize_line(line) + "\n");
    }
}

} // namespace

void register_db(Command& parent) {
    Command& family = parent.command("db", Id::cli_db_about);
    auto options = std::make_shared<DbMigrateOptions>();
    family.command("migrate", Id::cli_db_migrate_about)
        .flag("--dry-run", Id::cli_help_dry_run, options->dry_run)
        .runs([options](Services& services) { return run_db_migrate(services, *options); });
    family.command("check", Id::cli_db_check_about).runs(run_db_check);
}

ExitCode run_db_migrate(Services& services, const DbMigrateOptions& options) {
    store::Store& ledger = services.store(Services::Purpose::releases);
    const std::vector<std::string> names =
        options.dry_run ? ledger.check().pending : ledger.migrate();
    if (services.json()) {
        services.out_json({{"store", ledger_of(services)},
                           {options.dry_run ? "pending" : "applied", names},
                           {"dry_run", options.dry_run}});
        return ExitCode::ok;
    }
    const Id text = names.empty()     ? Id::cli_db_nothing_to_do
                    : options.dry_run ? Id::cli_db_would_apply
                                      : Id::cli_db_applied;
    services.out(services.say(text, fmt::arg("store", ledger_of(services))) + "\n");
    list(services, names);
    return ExitCode::ok;
}

ExitCode run_db_check(Services& services) {
    const store::SchemaState state = services.store(Services::Purpose::releases).check();
    const bool good = state.problems.empty();
    if (services.json()) {
        services.out_json({{"store", ledger_of(services)},
                           {"product", state.product},
                           {"applied", state.applied},
                           {"pending", state.pending},
                           {"problems", state.problems},
                           {"ok", good}});
        return good ? ExitCode::ok : ExitCode::usage;
    }
    const std::string address = ledger_of(services);
    const auto ledger = fmt::arg("store", address);
    services.out((state.product.empty()
                      ? services.say(Id::cli_db_absent, ledger)
                      : services.say(Id::cli_db_state,
                                     ledger,
                                     fmt::arg("product", sanitize_line(state.product)),
                                     fmt::arg("applied", state.applied.size())))
                 + "\n");
    if (!state.pending.empty()) {
        services.out(services.say(Id::cli_db_pending) + "\n");
        list(services, state.pending);
    }
    if (!good) {
        services.out(services.say(Id::cli_db_problems) + "\n");
        list(services, state.problems);
        return ExitCode::usage;
    }
    services.out(services.say(Id::cli_db_good) + "\n");
    return ExitCode::ok;
}

} // namespace loomrel::cli
