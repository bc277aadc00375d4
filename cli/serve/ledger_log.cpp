#include "cli/serve/ledger_log.hpp"

#include "lib/base/text.hpp"
#include "lib/operations/run_list.hpp"
#include "lib/release/status.hpp"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

namespace loomrel::cli {

namespace {

using Level = ServeLog::Level;
using nlohmann::json;
using nlohmann::ordered_json;
using release::Status;

// An event that comes so late behind ids that are there already is not waited for.
constexpr std::int64_t k_late = 200;
constexpr int k_most_events = 1000;
constexpr int k_last_runs = 30;
constexpr int k_most_open = 1000;
// What one member of a detail may take of a line; the ledger has the whole.
constexpr std::size_t k_longest_member = 200;

struct Kind {
    Level level = Level::info;
    const char* event = "release";
};

Kind kind_of_move(Status to) {
    switch (to) {
    case Status::manual_test_passed:
    case Status::manual_test_failed:
        return {Level::info, "decision"};
    case Status::initiated:
        return {Level::info, "release"};
    case Status::building:
    case Status::stage_deploy:
    case Status::manual_testing:
    case Status::deploying:
    case Status::deployed:
        return {Level::info, "deploy"};
    case Status::staging_failed:
    case Status::production_failed:
        return {Level::warning, "deploy"};
    case Status::rollback:
    case Status::rollback_done:
        return {Level::info, "rollback"};
    case Status::rollback_failed:
        return {Level::error, "rollback"};
    }
    return {};
}

bool says(const json& detail, const char* member) {
    return detail.contains(member);
}

// nullopt: another line tells it.
std::optional<Kind> kind_of(const release::Event& event, const json& detail) {
    if (says(detail, "cancelled") || says(detail, "unproven")) {
        return std::nullopt;
    }
    const auto to = release::parse_status(event.to);
    if (event.from != event.to && to) {
        return kind_of_move(*to);
    }
    if (says(detail, "refused")) {
        const bool claim = detail.value("refused", json()) == "claim";
        return Kind{Level::warning, claim ? "deploy_refused" : "refused"};
    }
    if (says(detail, "dispatch")) {
        const bool started = detail.value("dispatch", json()) == "started";
        return Kind{started ? Level::info : Level::warning, "dispatch"};
    }
    if (says(detail, "unapproved")) {
        return Kind{Level::error, "unapproved"};
    }
    return Kind{Level::info, says(detail, "approver_id") ? "decision" : "release"};
}

// What of it fits into a line: single values, not a build's output.
ordered_json shown(const json& detail) {
    ordered_json fields = ordered_json::object();
    for (const auto& [name, value] : detail.items()) {
        if (value.is_string()) {
            fields[name] =
                sanitize_line(cut_bytes(value.get_ref<const std::string&>(), k_longest_member));
        } else if (value.is_number() || value.is_boolean()) {
            fields[name] = value;
        }
    }
    return fields;
}

ordered_json fields_of(const store::Run& run) {
    ordered_json fields{{"run_id", run.id},
                        {"service", run.service},
                        {"environment", run.environment},
                        {"kind", std::string(to_string(run.kind))},
                        {"ref", run.ref},
                        {"by", run.began_by},
                        {"via", operations::way_of(run)}};
    if (!run.key.empty()) {
        fields["key"] = run.key;
    }
    if (run.release_id) {
        fields["release_id"] = *run.release_id;
    }
    return fields;
}

} // namespace

LedgerLog::LedgerLog(ServeLog& log, store::ServerLedger& ledger)
    : m_log(log),
      m_ledger(ledger),
      m_newest(ledger.newest_event()) {
    for (const auto& happening : ledger.happened(m_newest - k_late, {}, static_cast<int>(k_late))) {
        m_seen.insert(happening.id);
    }
    store::RunQuery last;
    last.limit = k_last_runs;
    for (const store::Run& run : ledger.list_runs(last)) {
        m_runs[run.id] = run.ended_at.has_value();
    }
}

void LedgerLog::look() {
    look_at_runs();
    look_at_events();
}

void LedgerLog::look_at_events() {
    for (const auto& happening : m_ledger.happened(m_newest - k_late, m_seen, k_most_events)) {
        write(happening);
        m_seen.insert(happening.id);
        m_newest = std::max(m_newest, happening.id);
    }
    m_seen.erase(m_seen.begin(), m_seen.upper_bound(m_newest - k_late));
}

void LedgerLog::write(const store::Happening& happening) {
    const release::Event& event = happening.event;
    json detail = json::parse(event.detail, nullptr, false);
    if (!detail.is_object()) {
        detail = json::object();
    }
    const auto kind = kind_of(event, detail);
    if (!kind) {
        return;
    }
    m_log.write(kind->level,
                kind->event,
                {{"release_id", happening.release_id},
                 {"service", happening.service},
                 {"tag", happening.tag},
                 {"from", event.from},
                 {"to", event.to},
                 {"by", event.actor},
                 {"source", event.source},
                 {"at", to_rfc3339(event.at)},
                 {"detail", shown(detail)}});
}

void LedgerLog::look_at_runs() {
    store::RunQuery last;
    last.limit = k_last_runs;
    store::RunQuery open;
    open.open_only = true;
    open.limit = k_most_open;
    auto runs = m_ledger.list_runs(open);
    auto others = m_ledger.list_runs(last);
    std::move(others.begin(), others.end(), std::back_inserter(runs));
    // Known as open, and among neither: it has ended.
    for (const auto& [id, ended] : m_runs) {
        const bool listed = std::any_of(
            runs.begin(), runs.end(), [&](const store::Run& run) { return run.id == id; });
        if (!ended && !listed) {
            if (auto run = m_ledger.find_run(id)) {
                runs.push_back(std::move(*run));
            }
        }
    }
    std::map<std::string, bool> now;
    for (const store::Run& run : runs) {
        if (!now.emplace(run.id, run.ended_at.has_value()).second) {
            continue;
        }
        const auto before = m_runs.find(run.id);
        if (before == m_runs.end()) {
            write_began(run);
        }
        if (run.ended_at && (before == m_runs.end() || !before->second)) {
            write_ended(run);
        }
    }
    m_runs = std::move(now);
}

void LedgerLog::write_began(const store::Run& run) {
    ordered_json fields = fields_of(run);
    fields["at"] = to_rfc3339(run.started_at);
    m_log.write(Level::info, "run_began", std::move(fields));
}

void LedgerLog::write_ended(const store::Run& run) {
    ordered_json fields = fields_of(run);
    fields["outcome"] = std::string(to_string(run.outcome.value_or(store::RunOutcome::unknown)));
    fields["at"] = to_rfc3339(*run.ended_at);
    if (!run.cancelled_by.empty()) {
        ordered_json cancel = fields;
        cancel["began_by"] = run.began_by;
        cancel["by"] = run.cancelled_by;
        m_log.write(Level::warning, "cancel", std::move(cancel));
    }
    m_log.write(run.outcome == store::RunOutcome::good ? Level::info : Level::warning,
                "run_ended",
                std::move(fields));
}

} // namespace loomrel::cli
