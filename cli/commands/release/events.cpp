#include "cli/commands/release/release.hpp"
#include "cli/commands/release/rows.hpp"
#include "lib/base/text.hpp"
#include "lib/bot/event_words.hpp"

#include <algorithm>

namespace loomrel::cli {

namespace {

using messages::Id;

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
    // Who said it stands in the actor's column, and when a step began is the event's own time; what
    // we have no words for stands as it is.
    const auto items = parsed.items();
    const bool is_told = std::all_of(items.begin(), items.end(), [](const auto& member) {
        return member.key() == "at" || member.key() == "said_by" || member.key() == "said_source";
    });
    return all.empty() && !is_told ? detail : join(all, "; ");
}

std::string actor_for(Services& services, const release::Event& event) {
    const auto detail = nlohmann::json::parse(event.detail, nullptr, false);
    return services.io().out_is_tty() && detail.is_object()
               ? bot::event_actor(services.language(), event.actor, detail)
               : event.actor;
}

} // namespace

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
    terminal::Table table({services.say(Id::cli_column_at),
                           services.say(Id::cli_column_from),
                           services.say(Id::cli_column_to),
                           services.say(Id::cli_column_actor),
                           services.say(Id::cli_column_source),
                           services.say(Id::cli_column_detail)});
    for (const release::Event& each : events) {
        table.add({time_for(services, each.at),
                   status_for(services, each.from),
                   status_for(services, each.to),
                   actor_for(services, each),
                   each.source,
                   detail_for(services, each.detail)});
    }
    print(services, table);
    return ExitCode::ok;
}

} // namespace loomrel::cli
