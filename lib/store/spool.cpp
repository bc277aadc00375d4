#include "lib/store/spool.hpp"

#include "lib/base/file.hpp"
#include "lib/store/wire.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace loomrel::store {

namespace {

using nlohmann::json;

constexpr std::size_t k_largest_file = 4 << 20;

} // namespace

Spool::Spool(std::filesystem::path folder, std::string ledger)
    : m_folder(std::move(folder)),
      m_ledger(std::move(ledger)) {}

void Spool::keep(const Change& change) {
    std::filesystem::create_directories(m_folder);
    // Names sort by time: a change that came later is told later.
    const std::string name = to_rfc3339(now()) + "-" + change.id + ".json";
    const json object{{"ledger", m_ledger}, {"change", wire::to_json(change)}};
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
            tell(store, wire::change_from(object.at("change")));
        } catch (const json::exception&) {
            continue;
        } catch (const wire::FieldError&) {
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
