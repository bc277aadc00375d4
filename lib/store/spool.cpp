#include "lib/store/spool.hpp"

#include "lib/base/file.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
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

} // namespace

Spool::Spool(std::filesystem::path folder, std::string ledger)
    : m_folder(std::move(folder)),
      m_ledger(std::move(ledger)) {}

void Spool::keep(const Change& change) {
    std::filesystem::create_directories(m_folder);
    // Names sort by time: a change that came later is told later.
    const std::string name = to_rfc3339(now()) + "-" + change.id + ".json";
    const json object{{"ledger", m_ledger}, {"change", to_json(change)}};
    write_file_atomically(
        m_folder / name, object.dump(2, ' ', false, json::error_handler_t::replace) + "\n", 0600);
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
            tell(store, change_from(object.at("change")));
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

} // namespace loomrel::store
