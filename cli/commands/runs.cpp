#include "cli/commands/runs.hpp"

#include "cli/commands/release/rows.hpp"
#include "lib/base/text.hpp"
#include "lib/operations/named_run.hpp"
#include "lib/operations/run_list.hpp"
#include "lib/operations/run_subject.hpp"
#include "lib/release/names.hpp"
#include "lib/terminal/table.hpp"

#include <nlohmann/json.hpp>

#include <utility>

namespace loomrel::cli {

namespace {

using messages::Id;
using messages::phrase;
using nlohmann::ordered_json;

constexpr std::int64_t k_default_limit = 20;
constexpr std::int64_t k_largest_limit = 1000;

store::RunQuery query_of(const RunsOptions& options) {
    store::RunQuery query;
    if (options.service) {
        release::check_service_name(*options.service);
        query.service = *options.service;
    }
    query.environment = options.environment.value_or("");
    query.open_only = options.open;
    const std::int64_t limit = options.limit.value_or(k_default_limit);
    if (limit < 1 || limit > k_largest_limit) {
        throw Error(
            ErrorKind::usage,
            "bad_limit",
            phrase(Id::cli_bad_value, fmt::arg("option", "--limit")),
            phrase(Id::cli_from_to, fmt::arg("least", 1), fmt::arg("most", k_largest_limit)));
    }
    query.limit = static_cast<int>(limit);
    return query;
}

Id kind_word(store::RunKind kind) {
    switch (kind) {
    case store::RunKind::deploy:
        return Id::run_kind_deploy;
    case store::RunKind::rollback:
        return Id::run_kind_rollback;
    case store::RunKind::restore:
        return Id::run_kind_restore;
    case store::RunKind::rehearsal:
        return Id::run_kind_rehearsal;
    }
    return Id::run_kind_deploy;
}

Id outcome_word(store::RunOutcome outcome) {
    switch (outcome) {
    case store::RunOutcome::good:
        return Id::run_is_good;
    case store::RunOutcome::failed:
        return Id::run_is_failed;
    case store::RunOutcome::cancelled:
        return Id::run_is_cancelled;
    case store::RunOutcome::refused:
        return Id::run_is_refused;
    case store::RunOutcome::unknown:
        return Id::run_is_unknown;
    }
    return Id::run_is_unknown;
}

// Who had it stopped is how it ended.
std::string end_for(Services& services, const store::Run& run) {
    if (!services.io().out_is_tty()) {
        return run.ended_at
                   ? std::string(to_string(run.outcome.value_or(store::RunOutcome::unknown)))
                   : "open";
    }
    if (!run.ended_at) {
        return services.say(Id::run_is_open);
    }
    if (!run.cancelled_by.empty()) {
        const std::string by = sanitize_line(run.cancelled_by);
        return services.say(Id::run_is_cancelled_by, fmt::arg("by", by));
    }
    return services.say(outcome_word(run.outcome.value_or(store::RunOutcome::unknown)));
}

// With the key that says so, where the ledger was told over its API.
std::string starter_for(Services& services, const store::Run& run) {
    const std::string by = sanitize_line(run.began_by);
    if (by.empty()) {
        return "-";
    }
    const std::string key = sanitize_line(run.key);
    return key.empty() || !services.io().out_is_tty()
               ? by
               : services.say(Id::event_said, fmt::arg("said", by), fmt::arg("key", key));
}

std::vector<std::string> row_for(Services& services, const store::Run& run) {
    const bool people = services.io().out_is_tty();
    const std::string ref = operations::short_ref(run.ref);
    const std::string way = operations::way_of(run);
    std::vector<std::string> row{people ? run.id.substr(0, operations::k_shown_of_run) : run.id,
                                 run.service,
                                 run.environment,
                                 people ? services.say(kind_word(run.kind))
                                        : std::string(to_string(run.kind)),
                                 ref.empty() ? "-" : ref,
                                 starter_for(services, run),
                                 way.empty() ? "-" : way,
                                 time_for(services, run.started_at),
                                 end_for(services, run)};
    if (!people) {
        row.push_back(run.cancelled_by.empty() ? "-" : run.cancelled_by);
    }
    return row;
}

// Every field in every row; what the command itself printed is another command's (attach).
ordered_json object_of(const store::Run& run) {
    ordered_json object = json_of(run);
    object.erase("settings");
    object.erase("result");
    object["began_by"] = run.began_by;
    object["via"] = operations::way_of(run);
    object["open"] = !run.ended_at.has_value();
    return object;
}

} // namespace

ExitCode run_runs(Services& services, const RunsOptions& options) {
    const store::RunQuery query = query_of(options);
    const auto runs =
        operations::runs_open_first(services.store(Services::Purpose::releases), query);
    if (services.json()) {
        ordered_json rows = ordered_json::array();
        for (const store::Run& run : runs) {
            rows.push_back(object_of(run));
        }
        services.out_json({{"runs", std::move(rows)}});
        return ExitCode::ok;
    }
    std::vector<std::string> headings;
    for (const Id id : {Id::cli_column_run,
                        Id::cli_column_service,
                        Id::cli_column_environment,
                        Id::cli_column_kind,
                        Id::cli_column_ref,
                        Id::cli_column_by,
                        Id::cli_column_source,
                        Id::cli_column_started,
                        Id::cli_column_ended}) {
        headings.push_back(services.say(id));
    }
    if (!services.io().out_is_tty()) {
        headings.emplace_back(); // who cancelled it: people read that in how it ended
    }
    terminal::Table table(std::move(headings));
    for (const store::Run& run : runs) {
        table.add(row_for(services, run));
    }
    if (table.empty()) {
        services.note(services.say(Id::cli_runs_none));
        return ExitCode::ok;
    }
    print(services, table);
    return ExitCode::ok;
}

void register_runs(Command& parent) {
    auto options = std::make_shared<RunsOptions>();
    parent.command("runs", Id::cli_runs_about)
        .option("--service", "S", Id::cli_release_help_of_service, &options->service)
        .option("--env", "E", Id::cli_runs_help_env, &options->environment)
        .choices({"dev", "stage", "prod"})
        .flag("--open", Id::cli_runs_help_open, options->open)
        .option("--limit", "N", Id::cli_release_help_limit, &options->limit)
        .runs([options](Services& services) { return run_runs(services, *options); });
}

} // namespace loomrel::cli
