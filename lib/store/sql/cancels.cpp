#include "lib/store/sql/cancels.hpp"

#include "lib/base/json_text.hpp"
#include "lib/base/random.hpp"
#include "lib/base/text.hpp"
#include "lib/store/sql/decisions.hpp"
#include "lib/store/sql/outbox.hpp"
#include "lib/store/sql/text.hpp"

#include <nlohmann/json.hpp>

namespace loomrel::store {

namespace {

using nlohmann::json;

std::string line_of(const json& object) {
    return json_text(object);
}

// The last part of refs/tags/T or refs/heads/B.
std::string version_of_run(const Run& run) {
    for (const std::string_view prefix : {"refs/tags/", "refs/heads/"}) {
        if (run.ref.starts_with(prefix)) {
            return run.ref.substr(prefix.size());
        }
    }
    return run.ref;
}

// As of every event: what the server knows is the actor, what a client says stands beside it.
NewNote note_of_cancel(const Run& run, const RunEnd& end) {
    NewNote note;
    note.id = uuid_of_name("cancelled " + run.id);
    note.release_id = *run.release_id;
    note.actor = end.key.empty() ? storable(end.cancelled_by) : end.key;
    note.source = "journal";
    note.detail = line_of(
        {{"cancelled", run.id}, {"environment", run.environment}, {"kind", to_string(run.kind)}});
    if (!end.key.empty()) {
        note.said = {end.cancelled_by, "journal"};
    }
    return note;
}

} // namespace

void tell_cancelled(Session& session, const Run& run, const RunEnd& end) {
    if (run.release_id) {
        (void)note_event(session, note_of_cancel(run, end));
    }
    json fact{{"run_id", run.id},
              {"service", run.service},
              {"environment", run.environment},
              {"kind", to_string(run.kind)},
              {"tag", version_of_run(run)},
              {"by", storable(end.cancelled_by)},
              {"began_by", storable(run.began_by)},
              {"at", to_rfc3339(now())}};
    if (!end.key.empty()) {
        fact["key"] = end.key;
    }
    add_notice(session, {"cancelled:" + run.id, "cancelled", std::nullopt, line_of(fact)});
}

} // namespace loomrel::store
