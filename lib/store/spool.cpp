#include "lib/store/spool.hpp"

#include "lib/base/file.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <initializer_list>
#include <utility>

namespace loomrel::store {

namespace {

using nlohmann::json;

constexpr std::size_t k_largest_file = 4 << 20;

json to_json(const RunEnd& end) {
    json hosts = json::array();
    for (const HostResult& host : end.hosts) {
        hosts.push_back({{"host", host.host},
                         {"state", host.state},
                         {"outcome", host.outcome},
                         {"serves", host.serves}});
    }
    return {{"run_id", end.run_id},
            {"outcome", to_string(end.outcome)},
            {"result", end.result},
            {"hosts", std::move(hosts)}};
}

RunEnd run_end_from(const json& object) {
    RunEnd end;
    end.run_id = object.at("run_id");
    end.outcome =
        parse_run_outcome(object.at("outcome").get<std::string>()).value_or(RunOutcome::unknown);
    end.result = object.at("result");
    for (const json& host : object.at("hosts")) {
        end.hosts.push_back(
            {host.at("host"), host.at("state"), host.at("outcome"), host.at("serves")});
    }
    return end;
}

json to_json(const Change& change) {
    json steps = json::array();
    for (const Change::Step& step : change.steps) {
        steps.push_back({{"to", release::to_string(step.to)}, {"detail", step.detail}});
    }
    json object{{"id", change.id},
                {"release_id", change.release_id},
                {"steps", std::move(steps)},
                {"actor", change.actor},
                {"source", change.source}};
    if (change.commit) {
        object["commit"] = *change.commit;
    }
    if (change.rollback_to_tag) {
        object["rollback_to_tag"] = *change.rollback_to_tag;
    }
    if (change.end_run) {
        object["end_run"] = to_json(*change.end_run);
    }
    return object;
}

Change change_from(const json& object) {
    Change change;
    change.id = object.at("id");
    change.release_id = object.at("release_id");
    for (const json& step : object.at("steps")) {
        if (const auto to = release::parse_status(step.at("to").get<std::string>())) {
            change.steps.push_back({*to, step.at("detail")});
        }
    }
    change.actor = object.at("actor");
    change.source = object.at("source");
    if (object.contains("commit")) {
        change.commit = object.at("commit");
    }
    if (object.contains("rollback_to_tag")) {
        change.rollback_to_tag = object.at("rollback_to_tag");
    }
    if (object.contains("end_run")) {
        change.end_run = run_end_from(object.at("end_run"));
    }
    return change;
}

json to_json(const Run& run) {
    json object{{"id", run.id},
                {"service", run.service},
                {"environment", run.environment},
                {"kind", to_string(run.kind)},
                {"ref", run.ref},
                {"commit", run.commit},
                {"github_run_id", run.github_run_id},
                {"github_run_attempt", run.github_run_attempt},
                {"hosts", run.hosts}};
    if (run.release_id) {
        object["release_id"] = *run.release_id;
    }
    return object;
}

std::optional<std::int64_t> release_id_in(const json& object) {
    return object.contains("release_id") ? std::optional(object["release_id"].get<std::int64_t>())
                                         : std::nullopt;
}

Run run_from(const json& object) {
    Run run;
    run.id = object.at("id");
    run.service = object.at("service");
    run.environment = object.at("environment");
    run.kind = parse_run_kind(object.at("kind").get<std::string>()).value_or(RunKind::rollback);
    run.ref = object.at("ref");
    run.commit = object.at("commit");
    run.github_run_id = object.at("github_run_id");
    run.github_run_attempt = object.at("github_run_attempt");
    run.hosts = object.at("hosts").get<std::vector<std::string>>();
    run.release_id = release_id_in(object);
    return run;
}

json to_json(const Rollback& rollback) {
    json object{{"id", rollback.id},
                {"from_tag", rollback.from_tag},
                {"to_tag", rollback.to_tag},
                {"good", rollback.good},
                {"detail", rollback.detail},
                {"actor", rollback.actor},
                {"run", to_json(rollback.run)},
                {"end", to_json(rollback.end)}};
    if (rollback.release_id) {
        object["release_id"] = *rollback.release_id;
    }
    return object;
}

Rollback rollback_from(const json& object) {
    Rollback rollback;
    rollback.id = object.at("id");
    rollback.release_id = release_id_in(object);
    rollback.from_tag = object.at("from_tag");
    rollback.to_tag = object.at("to_tag");
    rollback.good = object.at("good");
    rollback.detail = object.at("detail");
    rollback.actor = object.at("actor");
    rollback.run = run_from(object.at("run"));
    rollback.end = run_end_from(object.at("end"));
    return rollback;
}

std::string to_text(const json& object) {
    return object.dump(2, ' ', false, json::error_handler_t::replace);
}

// The newest release of this tag that is in one of these statuses.
std::optional<std::int64_t> newest_in(Store& store,
                                      const std::string& service,
                                      const std::string& tag,
                                      std::initializer_list<release::Status> statuses) {
    ReleaseQuery query;
    query.service = service;
    query.tag = tag;
    for (const release::Release& release : store.list_releases(query)) {
        const auto state = release.state();
        if (state && std::find(statuses.begin(), statuses.end(), *state) != statuses.end()) {
            return release.id;
        }
    }
    return std::nullopt;
}

} // namespace

Spool::Spool(std::filesystem::path folder, std::string ledger)
    : m_folder(std::move(folder)),
      m_ledger(std::move(ledger)) {}

void Spool::write(const std::string& id, const std::string& kind, const std::string& text) {
    std::filesystem::create_directories(m_folder);
    // Names sort by time: what came later is told later.
    const std::string name = to_rfc3339(now()) + "-" + id + ".json";
    const json object{{"ledger", m_ledger}, {kind, json::parse(text)}};
    write_file_atomically(m_folder / name, to_text(object) + "\n", 0600);
}

void Spool::keep(const Change& change) {
    write(change.id, "change", to_text(to_json(change)));
}

void Spool::keep(const Rollback& rollback) {
    write(rollback.id, "rollback", to_text(to_json(rollback)));
}

std::vector<std::filesystem::path> Spool::files() const {
    std::vector<std::filesystem::path> found;
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(m_folder, ignored)) {
        if (entry.path().extension() == ".json") {
            found.push_back(entry.path());
        }
    }
    std::sort(found.begin(), found.end());
    return found;
}

std::size_t Spool::waiting() const {
    return files().size();
}

std::size_t Spool::deliver(Store& store) {
    std::size_t told = 0;
    for (const auto& path : files()) {
        const json object =
            json::parse(read_file(path, k_largest_file).value_or(""), nullptr, false);
        if (object.is_discarded() || object.value("ledger", "") != m_ledger) {
            continue;
        }
        try {
            if (object.contains("rollback")) {
                tell(store, rollback_from(object.at("rollback")));
            } else {
                tell(store, change_from(object.at("change")));
            }
        } catch (const json::exception&) {
            continue;
        }
        std::filesystem::remove(path);
        ++told;
    }
    return told;
}

Changed tell(Store& store, const Change& change) {
    if (change.release_id == 0) {
        if (change.end_run) {
            store.end_run(*change.end_run);
        }
        return {};
    }
    Changed changed = store.apply(change);
    // The release has moved on without us; that the run ended is true all the same.
    if (changed.what == Changed::What::refused && change.end_run) {
        store.end_run(*change.end_run);
    }
    return changed;
}

std::optional<std::int64_t>
release_to_roll_back(Store& store, const std::string& service, const std::string& tag) {
    using release::Status;
    return newest_in(
        store,
        service,
        tag,
        {Status::rollback, Status::deployed, Status::production_failed, Status::rollback_failed});
}

Changed tell(Store& store, const Rollback& rollback) {
    using release::Status;
    const Run& run = rollback.run;
    if (!store.find_run(run.id)) {
        (void)store.open_run(run);
    }
    const bool moves = run.environment == "prod";
    const auto release = !moves ? std::nullopt
                         : rollback.release_id
                             ? rollback.release_id
                             : release_to_roll_back(store, run.service, rollback.from_tag);
    if (!release) {
        store.end_run(rollback.end);
        return {};
    }
    Change change;
    change.id = rollback.id;
    change.release_id = *release;
    change.actor = rollback.actor;
    change.source = "journal";
    change.steps = {
        {Status::rollback, "{}"},
        {rollback.good ? Status::rollback_done : Status::rollback_failed, rollback.detail}};
    change.end_run = rollback.end;
    if (rollback.good) {
        change.rollback_to_tag = rollback.to_tag;
    }
    const Changed changed = tell(store, change);
    const auto again = rollback.good
                           ? newest_in(store, run.service, rollback.to_tag, {Status::rollback_done})
                           : std::nullopt;
    if (again && *again != *release) {
        Change back;
        back.id = rollback.id + "-back";
        back.release_id = *again;
        back.actor = rollback.actor;
        back.source = "journal";
        back.steps = {{Status::deployed, rollback.detail}};
        (void)store.apply(back);
    }
    return changed;
}

} // namespace loomrel::store
