#include "cli/commands/release/approvals.hpp"
#include "cli/commands/release/decision.hpp"
#include "cli/commands/release/release.hpp"
#include "cli/commands/release/rows.hpp"
#include "lib/base/shell_quote.hpp"
#include "lib/base/text.hpp"
#include "lib/bot/actor_lines.hpp"
#include "lib/bot/event_words.hpp"
#include "lib/bot/shown.hpp"
#include "lib/messages/status_texts.hpp"
#include "lib/release/exclusion.hpp"
#include "lib/release/names.hpp"
#include "lib/terminal/table.hpp"

#include <algorithm>
#include <utility>

namespace loomrel::cli {

namespace {

using messages::Id;
using messages::phrase;

constexpr std::int64_t k_default_limit = 20;
constexpr std::int64_t k_largest_limit = 1000;

store::ReleaseQuery make_query(const ReleaseListOptions& options) {
    if (options.active + options.successful + options.failed + options.outrun > 1) {
        throw Error(ErrorKind::usage, "two_lists", phrase(Id::cli_release_two_lists));
    }
    store::ReleaseQuery query;
    if (options.active) {
        query.list = release::List::active;
    } else if (options.successful) {
        query.list = release::List::successful;
    } else if (options.failed) {
        query.list = release::List::failed;
    } else if (options.outrun) {
        query.list = release::List::outrun;
    }
    if (options.service) {
        release::check_service_name(*options.service);
        query.service = *options.service;
    }
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

std::string created_for(Services& services, const release::Release& row) {
    return row.created_at ? time_for(services, *row.created_at) : "-";
}

// After a run that failed the same column says what serves, whether or not that was ever left.
bool was_rolled_back(const release::Release& row) {
    using release::Status;
    const auto state = row.state();
    return state == Status::rollback || state == Status::rollback_done
           || state == Status::rollback_failed;
}

// What was begun by hand has no run at GitHub: people are told of none.
std::string run_id_for(Services& services, const release::Release& row) {
    return services.io().out_is_tty() && row.github_run_id.starts_with("local-")
               ? ""
               : row.github_run_id;
}

// By what, and what to type.
void tell_outrun(Services& services, const release::Release& row) {
    if (!row.is_outrun()) {
        return;
    }
    const auto by = services.store(Services::Purpose::releases).find_release(*row.superseded_by);
    if (by && by->release_tag == row.release_tag) {
        services.note(services.say(Id::approval_same_release, fmt::arg("id", by->id)));
        return;
    }
    const std::string command = "loomrel stage-deploy --again --service "
                                + typed_word(row.service_name) + " --tag "
                                + typed_word(row.release_tag);
    services.note(services.say(
        Id::approval_outrun_again,
        fmt::arg("by",
                 by ? sanitize_line(by->release_tag) : "#" + std::to_string(*row.superseded_by)),
        fmt::arg("command", command)));
}

// With whose word it is, for people.
std::string sender_for(Services& services, const release::Release& row) {
    if (!services.io().out_is_tty()) {
        return row.actors ? row.actors->sender : "";
    }
    const std::string of_other = bot::run_commit_text(services.language(), row);
    return bot::sender_text(services.language(), row) + (of_other.empty() ? "" : ". " + of_other);
}

// Who may not approve it though he is an approver, and why; to a pipe their names.
std::string excluded_for(Services& services, const release::Release& row) {
    const release::ApprovalRules rules = services.store(Services::Purpose::releases)
                                             .approval_rules()
                                             .value_or(services.config().approval_rules());
    if (services.io().out_is_tty()) {
        return join(bot::excluded_texts(services.language(), rules, row), "; ");
    }
    std::vector<std::string> names;
    for (const release::Exclusion& one : release::exclusions_of(rules, row.origin())) {
        if (release::is_approver(rules, one.who.id)
            && std::find(names.begin(), names.end(), one.who.name) == names.end()) {
            names.push_back(one.who.name);
        }
    }
    return join(names, ",");
}

// A release as people and pipes see it: the column, its label, its value.
using Fields = std::vector<std::tuple<const char*, Id, std::string>>;

// What may follow, and who has to act.
struct Next {
    std::vector<std::string> statuses;
    std::string actions;
};

Next next_for(Services& services, const release::Release& row) {
    Next next;
    const auto state = row.state();
    if (!state) {
        return next;
    }
    for (const release::Status each : release::next_of(*state)) {
        next.statuses.emplace_back(to_string(each));
    }
    if (!row.is_outrun()) { // else nobody is waited for
        next.actions = messages::next_actions(services.language(), *state);
    }
    return next;
}

Fields fields_of(Services& services,
                 const release::Release& row,
                 const Next& next,
                 const std::vector<store::Approval>& approvals,
                 const std::vector<std::string>& settings) {
    const auto optional_time = [&](const std::optional<Time>& time) {
        return time ? time_for(services, *time) : std::string();
    };
    return {
        {"id", Id::cli_field_id, std::to_string(row.id)},
        {"service_name", Id::cli_field_service, row.service_name},
        {"release_tag", Id::cli_field_tag, row.release_tag},
        {"status", Id::cli_field_status, status_of(services, row)},
        {"next",
         Id::cli_field_next,
         services.io().out_is_tty() ? next.actions : join(next.statuses, ",")},
        {"approvals",
         Id::approval_field,
         services.io().out_is_tty() ? approvals_shown(approvals) : approvals_line(approvals)},
        {"settings",
         Id::approval_settings_field,
         services.io().out_is_tty() ? bot::setting_keys(services.language(), settings)
                                    : join(settings, ",")},
        {"rollback_to_tag",
         was_rolled_back(row) ? Id::cli_field_rollback_to : Id::cli_field_serves,
         row.rollback_to_tag},
        {"commit_sha", Id::cli_field_commit, row.commit_sha.value_or("")},
        {"superseded_by",
         Id::cli_field_superseded_by,
         row.superseded_by ? std::to_string(*row.superseded_by) : ""},
        {"initiated_by", Id::cli_field_by, row.initiated_by},
        {"sender", Id::cli_field_sender, sender_for(services, row)},
        {"commit_author",
         Id::cli_field_commit_author,
         row.actors ? bot::author_text(*row.actors) : ""},
        {"committer", Id::cli_field_committer, row.actors ? bot::committer_text(*row.actors) : ""},
        {"excluded", Id::approval_excluded_field, excluded_for(services, row)},
        {"github_ref", Id::cli_field_ref, row.github_ref},
        {"github_run_id", Id::cli_field_run_id, run_id_for(services, row)},
        {"github_action_link", Id::cli_field_link, row.github_action_link},
        {"created_at", Id::cli_field_created, created_for(services, row)},
        {"started_at", Id::cli_field_started, optional_time(row.started_at)},
        {"completed_at", Id::cli_field_completed, optional_time(row.completed_at)},
    };
}

void show(Services& services, const Fields& lines) {
    if (services.io().out_is_tty()) {
        std::size_t widest = 0;
        for (const auto& [name, label, value] : lines) {
            widest = std::max(widest, display_width(services.say(label)));
        }
        for (const auto& [name, label, value] : lines) {
            const std::string title = services.say(label) + ":";
            if (!value.empty()) {
                services.out(title + std::string(widest + 2 - (display_width(title) - 1), ' ')
                             + sanitize_line(value) + "\n");
            }
        }
        return;
    }
    terminal::Table table({"", ""});
    for (const auto& [name, label, value] : lines) {
        table.add({name, value});
    }
    services.out(table.plain());
}

} // namespace

ExitCode run_release_list(Services& services, const ReleaseListOptions& options) {
    const store::ReleaseQuery query = make_query(options);
    const auto releases = services.store(Services::Purpose::releases).list_releases(query);
    if (services.json()) {
        nlohmann::ordered_json rows = nlohmann::ordered_json::array();
        for (const release::Release& each : releases) {
            rows.push_back(json_of(each));
        }
        services.out_json({{"releases", std::move(rows)}});
        return ExitCode::ok;
    }
    terminal::Table table({services.say(Id::cli_column_id),
                           services.say(Id::cli_column_service),
                           services.say(Id::cli_column_tag),
                           services.say(Id::cli_column_status),
                           services.say(Id::cli_column_by),
                           services.say(Id::cli_column_created)});
    for (const release::Release& each : releases) {
        table.add({std::to_string(each.id),
                   each.service_name,
                   each.release_tag,
                   each.is_outrun() && services.io().out_is_tty()
                       ? services.say(Id::cli_status_outrun)
                       : status_of(services, each),
                   each.initiated_by,
                   created_for(services, each)});
    }
    if (table.empty()) {
        services.note(services.say(Id::cli_release_none));
        return ExitCode::ok;
    }
    print(services, table);
    return ExitCode::ok;
}

ExitCode run_release_show(Services& services, const ReleaseIdOptions& options) {
    const release::Release row = find_release(services, options.id);
    store::Store& ledger = services.store(Services::Purpose::releases);
    const Next next = next_for(services, row);
    const auto approvals = ledger.approvals(row.id);
    const auto settings = bot::settings_named(ledger.events(row.id));
    if (services.json()) {
        auto object = json_of(row);
        object["approvals"] = approvals_json(approvals);
        object["settings"] = settings;
        object["next"] = next.statuses;
        object["next_actions"] = next.actions;
        services.out_json(object);
        return ExitCode::ok;
    }
    show(services, fields_of(services, row, next, approvals, settings));
    tell_outrun(services, row);
    return ExitCode::ok;
}

} // namespace loomrel::cli
