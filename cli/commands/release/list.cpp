#include "cli/commands/release/approvals.hpp"
#include "cli/commands/release/decision.hpp"
#include "cli/commands/release/release.hpp"
#include "cli/terminal/table.hpp"
#include "lib/base/shell_quote.hpp"
#include "lib/base/text.hpp"
#include "lib/bot/event_words.hpp"
#include "lib/bot/shown.hpp"
#include "lib/messages/status_texts.hpp"
#include "lib/release/names.hpp"
#include "lib/store/wire.hpp"

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

// What a pipe gets stays the same in every language and zone.
std::string time_for(Services& services, Time time) {
    return services.io().out_is_tty() ? services.date(time) : to_rfc3339(time);
}

std::string created_for(Services& services, const release::Release& row) {
    return row.created_at ? time_for(services, *row.created_at) : "-";
}

std::string status_for(Services& services, const std::string& status) {
    return services.io().out_is_tty() ? status_label(services.language(), status) : status;
}

void print(Services& services, const Table& table) {
    services.out(services.io().out_is_tty() ? table.aligned() : table.plain());
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

// In words for people; a pipe gets what the ledger holds.
std::string detail_for(Services& services, const std::string& detail) {
    const auto parsed = nlohmann::json::parse(detail, nullptr, false);
    const std::string words = services.io().out_is_tty() && parsed.is_object()
                                  ? bot::event_words(services.language(), parsed)
                                  : "";
    return !words.empty() ? words : (detail == "{}" ? "" : detail);
}

// Times are RFC 3339 to the millisecond, null where there is none.
template <typename Entity> nlohmann::ordered_json json_of(const Entity& entity) {
    return store::wire::write<nlohmann::ordered_json>(entity, to_rfc3339);
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
    Table table({services.say(Id::cli_column_id),
                 services.say(Id::cli_column_service),
                 services.say(Id::cli_column_tag),
                 services.say(Id::cli_column_status),
                 services.say(Id::cli_column_by),
                 services.say(Id::cli_column_created)});
    for (const release::Release& each : releases) {
        table.add({std::to_string(each.id),
                   each.service_name,
                   each.release_tag,
                   status_for(services, each.status),
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
    std::vector<std::string> next;
    std::string next_actions;
    if (const auto state = row.state()) {
        for (const release::Status each : release::next_of(*state)) {
            next.emplace_back(to_string(each));
        }
        next_actions = messages::next_actions(services.language(), *state);
    }
    const auto approvals = services.store(Services::Purpose::releases).approvals(row.id);
    const auto settings =
        bot::settings_named(services.store(Services::Purpose::releases).events(row.id));
    if (row.is_outrun()) {
        next_actions.clear(); // nobody is waited for
    }
    if (services.json()) {
        auto object = json_of(row);
        object["approvals"] = approvals_json(approvals);
        object["settings"] = settings;
        object["next"] = next;
        object["next_actions"] = next_actions;
        services.out_json(object);
        return ExitCode::ok;
    }
    const auto optional_time = [&](const std::optional<Time>& time) {
        return time ? time_for(services, *time) : std::string();
    };
    const std::vector<std::tuple<const char*, Id, std::string>> lines{
        {"id", Id::cli_field_id, std::to_string(row.id)},
        {"service_name", Id::cli_field_service, row.service_name},
        {"release_tag", Id::cli_field_tag, row.release_tag},
        {"status", Id::cli_field_status, status_for(services, row.status)},
        {"next", Id::cli_field_next, services.io().out_is_tty() ? next_actions : join(next, ",")},
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
        {"github_ref", Id::cli_field_ref, row.github_ref},
        {"github_run_id", Id::cli_field_run_id, row.github_run_id},
        {"github_action_link", Id::cli_field_link, row.github_action_link},
        {"created_at", Id::cli_field_created, created_for(services, row)},
        {"started_at", Id::cli_field_started, optional_time(row.started_at)},
        {"completed_at", Id::cli_field_completed, optional_time(row.completed_at)},
    };
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
        tell_outrun(services, row);
        return ExitCode::ok;
    }
    Table table({"", ""});
    for (const auto& [name, label, value] : lines) {
        table.add({name, value});
    }
    services.out(table.plain());
    tell_outrun(services, row);
    return ExitCode::ok;
}

ExitCode run_release_events(Services& services, const ReleaseIdOptions& options) {
    const release::Release row = find_release(services, options.id);
    const auto events = services.store(Services::Purpose::releases).events(row.id);
    if (services.json()) {
        nlohmann::ordered_json list = nlohmann::ordered_json::array();
        for (const release::Event& each : events) {
            list.push_back(json_of(each));
        }
        services.out_json({{"events", std::move(list)}});
        return ExitCode::ok;
    }
    Table table({services.say(Id::cli_column_at),
                 services.say(Id::cli_column_from),
                 services.say(Id::cli_column_to),
                 services.say(Id::cli_column_actor),
                 services.say(Id::cli_column_source),
                 services.say(Id::cli_column_detail)});
    for (const release::Event& each : events) {
        table.add({time_for(services, each.at),
                   status_for(services, each.from),
                   status_for(services, each.to),
                   each.actor,
                   each.source,
                   detail_for(services, each.detail)});
    }
    print(services, table);
    return ExitCode::ok;
}

} // namespace loomrel::cli
