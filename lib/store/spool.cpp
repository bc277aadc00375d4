#include "lib/store/spool.hpp"

#include "lib/base/error.hpp"
#include "lib/base/file.hpp"
#include "lib/store/wire.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <initializer_list>
#include <system_error>
#include <utility>

namespace loomrel::store {

namespace {

using nlohmann::json;

constexpr std::size_t k_largest_file = 4 << 20;
constexpr const char* k_waiting = ".json";
constexpr const char* k_refused = ".refused";

// The ledger was there and said no; the same words again get the same answer. What failed for a
// reason that nobody knows may pass another time: it stays.
bool is_for_good(const Error& error) {
    return error.kind() == ErrorKind::refused || error.code() == k_rejected;
}

json to_json(const Rollback& rollback) {
    json object{{"id", rollback.id},
                {"from_tag", rollback.from_tag},
                {"to_tag", rollback.to_tag},
                {"good", rollback.good},
                {"detail", rollback.detail},
                {"actor", rollback.actor},
                {"run", wire::to_json(rollback.run)},
                {"end", wire::to_json(rollback.end)}};
    if (rollback.release_id) {
        object["release_id"] = *rollback.release_id;
    }
    return object;
}

Rollback rollback_from(const json& object) {
    const wire::Fields fields(object);
    Rollback rollback;
    rollback.id = fields.text("id");
    rollback.release_id = fields.maybe_integer("release_id");
    rollback.from_tag = fields.text("from_tag");
    rollback.to_tag = fields.text("to_tag");
    rollback.good = fields.flag_or("good", false);
    rollback.detail = fields.text("detail");
    rollback.actor = fields.text("actor");
    rollback.run = wire::run_from(object.at("run"));
    rollback.end = wire::run_end_from(object.at("end"));
    return rollback;
}

// One that cannot be read holds up no other.
json read(const std::filesystem::path& path) {
    try {
        return json::parse(read_file(path, k_largest_file).value_or(""), nullptr, false);
    } catch (const std::system_error&) {
        return json(json::value_t::discarded);
    }
}

// Of a file that nobody can read any more.
constexpr const char* k_unreadable = "?";

std::string ledger_of(const json& object) {
    const auto found = object.is_object() ? object.find("ledger") : object.end();
    return found != object.end() && found->is_string() ? found->get<std::string>() : k_unreadable;
}

std::string to_text(const json& object) {
    return object.dump(2, ' ', false, json::error_handler_t::replace);
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
    write(change.id, "change", to_text(wire::to_json(change)));
}

void Spool::keep(const Rollback& rollback) {
    write(rollback.id, "rollback", to_text(to_json(rollback)));
}

std::vector<std::filesystem::path> Spool::files(const char* extension) const {
    std::vector<std::filesystem::path> found;
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(m_folder, ignored)) {
        if (entry.path().extension() == extension) {
            found.push_back(entry.path());
        }
    }
    std::sort(found.begin(), found.end());
    return found;
}

std::map<std::string, std::size_t> Spool::by_ledger() const {
    std::map<std::string, std::size_t> count;
    for (const auto& path : files(k_waiting)) {
        ++count[ledger_of(read(path))];
    }
    return count;
}

std::size_t Spool::waiting() const {
    return by_ledger()[m_ledger];
}

std::map<std::string, std::size_t> Spool::waiting_elsewhere() const {
    auto count = by_ledger();
    count.erase(m_ledger);
    count.erase(k_unreadable); // set aside by the next delivery, and told of then
    return count;
}

std::size_t Spool::refused() const {
    return files(k_refused).size();
}

std::size_t Spool::deliver(Store& store) {
    std::size_t told = 0;
    // What cannot be taken away is told again, which changes nothing.
    std::error_code ignored;
    for (const auto& path : files(k_waiting)) {
        const json object = read(path);
        const auto set_aside = [&] {
            std::filesystem::rename(
                path, std::filesystem::path(path).replace_extension(k_refused), ignored);
        };
        const std::string ledger = ledger_of(object);
        if (ledger == k_unreadable) {
            set_aside();
        }
        if (ledger != m_ledger) {
            continue;
        }
        try {
            if (object.contains("rollback")) {
                tell(store, rollback_from(object.at("rollback")));
            } else {
                tell(store, wire::change_from(object.at("change")));
            }
        } catch (const json::exception&) {
            continue;
        } catch (const wire::FieldError&) {
            continue;
        } catch (const Error& error) {
            if (!is_for_good(error)) {
                throw;
            }
            set_aside();
            continue;
        }
        std::filesystem::remove(path, ignored);
        ++told;
    }
    return told;
}

Changed tell(Store& store, const Change& change) {
    if (change.release_id == 0) {
        // Begun while the ledger was away, it is not there yet.
        if (change.open_run && !store.find_run(change.open_run->id)) {
            (void)store.open_run(*change.open_run);
        }
        if (change.end_run) {
            store.end_run(*change.end_run);
        }
        return {};
    }
    Changed changed = store.apply(change);
    if (changed.what == Changed::What::absent) {
        throw Error(
            ErrorKind::refused, k_no_release, messages::phrase(messages::Id::store_no_release));
    }
    // The release has moved on without us; that the run ended is true all the same.
    if (changed.what == Changed::What::refused && change.end_run) {
        store.end_run(*change.end_run);
    }
    return changed;
}

} // namespace loomrel::store
