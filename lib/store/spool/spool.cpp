#include "lib/store/spool/spool.hpp"

#include "lib/base/error.hpp"
#include "lib/base/file.hpp"
#include "lib/base/json_text.hpp"
#include "lib/messages/messages.hpp"
#include "lib/store/wire/wire.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <initializer_list>
#include <system_error>
#include <utility>

namespace loomrel::store {

template <>
inline constexpr auto k_fields<Rollback> =
    std::tuple(field("id", &Rollback::id, {.required = true}),
               field("release_id", &Rollback::release_id, {.absent_if_empty = true}),
               field("from_tag", &Rollback::from_tag, {.required = true}),
               field("to_tag", &Rollback::to_tag, {.required = true}),
               field("good", &Rollback::good),
               field("detail", &Rollback::detail, {.required = true}),
               field("actor", &Rollback::actor, {.required = true}),
               field("run", &Rollback::run, {.required = true}),
               field("end", &Rollback::end, {.required = true}));

template <>
inline constexpr auto
    k_fields<Unapproved> = std::tuple(field("id", &Unapproved::id, {.required = true}),
                                      field("run_id", &Unapproved::run_id, {.required = true}),
                                      field("service", &Unapproved::service, {.required = true}),
                                      field("environment", &Unapproved::environment),
                                      field("tag", &Unapproved::tag, {.required = true}),
                                      field("from", &Unapproved::from, {.required = true}),
                                      field("actor", &Unapproved::actor, {.required = true}),
                                      field("at", &Unapproved::at, {.required = true}));

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

// For a person who opens the file: indented.
std::string to_text(const json& object) {
    return object.dump(2, ' ', false, json::error_handler_t::replace);
}

std::string to_line(const json& object) {
    return json_text(object);
}

// An event of the release that served, where the ledger has one, and a notice in any case.
void tell_unapproved(Store& store, const json& object) {
    const auto told = wire::read<Unapproved>(object);
    json detail{{"unapproved", told.tag}, {"run", told.run_id}, {"at", object.at("at")}};
    // The run's row names it, unless the run was begun while the ledger was away.
    const auto run = store.find_run(told.run_id);
    const auto served = run && run->release_id
                            ? run->release_id
                            : release_to_roll_back(store, told.service, told.from);
    if (served) {
        NewNote note;
        note.id = told.id;
        note.release_id = *served;
        note.actor = told.actor;
        note.source = "journal";
        note.detail = to_line(detail);
        (void)store.note_event(note);
    }
    NewNotice notice;
    notice.key = "unapproved:" + told.id;
    notice.kind = "unapproved";
    notice.fact = to_line(object);
    store.add_notice(notice);
}

// One that cannot be read holds up no other.
json read(const std::filesystem::path& path) {
    try {
        return json::parse(read_file(path, k_largest_file).value_or(""), nullptr, false);
    } catch (const std::system_error&) {
        return json(json::value_t::discarded);
    }
}

// Whether a run of this kind and place leads there. A file holds what somebody wrote into it.
bool is_end_of(const Run& run, release::Move move) {
    using enum release::Move;
    switch (move) {
    case building:
    case stage_deploy:
    case staging_failed:
    case manual_testing:
        return run.environment == "stage" && run.kind == RunKind::deploy;
    case deployed:
    case production_failed:
        return run.environment == "prod" && run.kind == RunKind::deploy;
    case rollback:
    case rollback_done:
    case rollback_failed:
        return run.environment == "prod" && run.kind == RunKind::rollback;
    }
    return false;
}

// Design 13.2: a release is moved from here only by the end of a run that the ledger itself knows
// to be this release's.
bool may_be_told(Store& store, const Change& change) {
    if (change.release_id == 0) {
        return change.steps.empty();
    }
    const auto run = change.end_run ? store.find_run(change.end_run->run_id) : std::nullopt;
    return run && !change.open_run && run->release_id == change.release_id
           && std::all_of(change.steps.begin(), change.steps.end(), [&](const auto& step) {
                  return is_end_of(*run, step.to);
              });
}

// Whose release a rollback is, the ledger's own row says; of a run that it does not know, the tag
// that served does. False: the ledger knows the run as something else.
bool take_release(Store& store, Rollback& rollback) {
    const auto own = store.find_run(rollback.run.id);
    rollback.release_id = own ? own->release_id : std::nullopt;
    return rollback.end.run_id == rollback.run.id
           && (!own
               || (own->kind == RunKind::rollback && own->service == rollback.run.service
                   && own->environment == rollback.run.environment));
}

// False: it is to be set aside.
bool tell_kept(Store& store, const json& object) {
    if (object.contains("unapproved")) {
        tell_unapproved(store, object.at("unapproved"));
        return true;
    }
    if (object.contains("rollback")) {
        auto rollback = wire::read<Rollback>(object.at("rollback"));
        if (!take_release(store, rollback)) {
            return false;
        }
        tell(store, rollback);
        return true;
    }
    const auto change = wire::read<Change>(object.at("change"));
    if (!may_be_told(store, change)) {
        return false;
    }
    tell(store, change);
    return true;
}

// Of a file that nobody can read any more.
constexpr const char* k_unreadable = "?";

std::string ledger_of(const json& object) {
    const auto found = object.is_object() ? object.find("ledger") : object.end();
    return found != object.end() && found->is_string() ? found->get<std::string>() : k_unreadable;
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

void Spool::keep(const Unapproved& unapproved) {
    write(unapproved.id, "unapproved", to_text(wire::to_json(unapproved)));
}

void Spool::keep(const Rollback& rollback) {
    write(rollback.id, "rollback", to_text(wire::to_json(rollback)));
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
    auto count = by_ledger();
    return count[m_ledger] + (m_ledger.empty() ? 0 : count[""]);
}

std::map<std::string, std::size_t> Spool::waiting_elsewhere() const {
    auto count = by_ledger();
    count.erase(m_ledger);
    count.erase("");
    count.erase(k_unreadable); // set aside by the next delivery, and told of then
    return count;
}

std::size_t Spool::refused() const {
    return files(k_refused).size();
}

std::size_t Spool::deliver(Store& store, bool nameless) {
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
        if (ledger != m_ledger && !(nameless && ledger.empty())) {
            continue;
        }
        try {
            if (!tell_kept(store, object)) {
                set_aside();
                continue;
            }
        } catch (const json::exception&) {
            set_aside();
            continue;
        } catch (const wire::FieldError&) {
            set_aside();
            continue;
        } catch (const Error& error) {
            if (error.code() == k_out_of_scope) {
                continue; // for whoever has the key that it was begun with
            }
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

void tell_late(Store& store, Run run) {
    if (!store.find_run(run.id)) {
        run.source = run.source.empty() ? "spool" : run.source;
        if (run.started_at != Time{}) {
            run.unseen_for = std::chrono::duration_cast<Milliseconds>(now() - run.started_at);
        }
        (void)store.open_run(run);
    }
}

Changed tell(Store& store, const Change& change) {
    if (change.release_id == 0) {
        // Begun while the ledger was away, it is not there yet.
        if (change.open_run) {
            Run run = *change.open_run;
            run.release_id.reset();
            tell_late(store, std::move(run));
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
