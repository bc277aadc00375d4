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

// What an event's move came of, where event_words says nothing of it.
class MoveWords {
public:
    MoveWords(Services& services, const nlohmann::json& detail)
        : m_services(services),
          m_detail(detail) {}

    std::vector<std::string> all() {
        if (m_detail.contains("have") && m_detail.contains("needed")) {
            add(Id::cli_event_vote,
                fmt::arg("have", m_detail["have"].dump()),
                fmt::arg("needed", m_detail["needed"].dump()));
        }
        if (const std::string names = approvers(); !names.empty()) {
            add(Id::cli_event_approvers, fmt::arg("names", names));
        }
        if (const std::string commit = text("commit"); !commit.empty()) {
            add(Id::cli_event_commit, fmt::arg("commit", commit.substr(0, 12)));
        }
        if (const std::string run = text("run_id"); !run.empty()) {
            add(Id::cli_event_run, fmt::arg("run", run));
        }
        const std::string reason = text("reason");
        const std::string host = text("host");
        if (!host.empty() && !reason.empty()) {
            add(Id::cli_event_failed_on, fmt::arg("host", host), fmt::arg("reason", reason));
        } else if (!reason.empty()) {
            add(Id::cli_event_reason, fmt::arg("reason", reason));
        }
        return m_words;
    }

private:
    [[nodiscard]] std::string text(const char* name) const {
        const auto found = m_detail.find(name);
        return found != m_detail.end() && found->is_string()
                   ? sanitize_line(found->get<std::string>())
                   : "";
    }

    [[nodiscard]] std::string approvers() const {
        std::vector<std::string> names;
        const auto found = m_detail.find("approvers");
        for (const auto& name : found != m_detail.end() ? *found : nlohmann::json::array()) {
            if (name.is_string()) {
                names.push_back(sanitize_line(name.get<std::string>()));
            }
        }
        return join(names, ", ");
    }

    template <typename... Arguments> void add(Id id, Arguments&&... arguments) {
        m_words.push_back(m_services.say(id, arguments...));
    }

    Services& m_services;
    const nlohmann::json& m_detail;
    std::vector<std::string> m_words;
};

// In words for people; a pipe gets what the ledger holds.
std::string detail_for(Services& services, const std::string& detail) {
    const auto parsed = nlohmann::json::parse(detail, nullptr, false);
    if (!services.io().out_is_tty() || !parsed.is_object()) {
        return detail == "{}" ? "" : detail;
    }
    const std::string words = bot::event_words(services.language(), parsed);
    if (!words.empty()) {
        return words;
    }
    const auto all = MoveWords(services, parsed).all();
    // When a step began is the event's own time; what we have no words for stands as it is.
    const bool only_time = parsed.empty() || (parsed.size() == 1 && parsed.contains("at"));
    return all.empty() && !only_time ? detail : join(all, "; ");
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
                   each.is_outrun() && services.io().out_is_tty()
                       ? services.say(Id::cli_status_outrun)
                       : status_for(services, each.status),
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
        {"github_run_id", Id::cli_field_run_id, run_id_for(services, row)},
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
