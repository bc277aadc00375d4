#include "lib/store/sql/releases.hpp"

#include "lib/base/json_text.hpp"
#include "lib/store/sql/fields.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace loomrel::store {

namespace {

// The key by which a service, tag and commit have one release.
std::string commit_key(const std::string& commit) {
    return "commit:" + commit;
}

std::optional<Created>
find_by_key(Session& session, const NewRelease& release, const std::string& key) {
    Query query;
    const std::string service = query.bind(release.service);
    const std::string tag = query.bind(release.tag);
    query.text = "SELECT releases.id, releases.status FROM release_keys"
                 " JOIN releases ON releases.id = release_keys.release_id"
                 " WHERE release_keys.service = "
                 + service + " AND release_keys.tag = " + tag
                 + " AND release_keys.run_id = " + query.bind(key);
    query.repeated = true;
    const Result found = session.run(query);
    if (found.rows.empty()) {
        return std::nullopt;
    }
    return Created{integer_of(found.rows[0][0]), false, found.rows[0][1].value_or("")};
}

bool is_event_of(Session& session, std::int64_t release_id, const std::string& change_id) {
    Query query;
    query.text = "SELECT 1 FROM release_events WHERE change_id = " + query.bind(change_id);
    query.text += " AND release_id = " + query.bind(release_id);
    return !session.run(query).rows.empty();
}

std::int64_t insert_release(Session& session, const NewRelease& release) {
    const Dialect& dialect = session.dialect();
    Insert insert("releases");
    insert.set_all(release)
        .set_sql("id", std::string(dialect.new_release_id))
        .set("actors", actors_text(first_actors(release)))
        .set("rollback_to_tag", "")
        .set("status", std::string(to_string(release::Status::initiated)))
        .set_sql("created_at", dialect.now_plain)
        // Not the column's default: it starts with its first build.
        .set_sql("started_at", "NULL");
    return integer_of(session.run(insert.query(" RETURNING id")).rows.at(0)[0]);
}

bool insert_key(Session& session,
                const std::string& service,
                const std::string& tag,
                const std::string& key,
                std::int64_t id) {
    Insert insert("release_keys");
    insert.set("service", service).set("tag", tag).set("run_id", key).set("release_id", id);
    return session.run(insert.query(" ON CONFLICT DO NOTHING")).affected == 1;
}

// Begun by hand, releases of one tag follow one another: this key says which is the newest, and
// makes whoever asks at the same time wait.
constexpr const char* k_by_hand = "by-hand";

bool goes_on(const std::string& status) {
    using enum release::Status;
    const auto state = release::parse_status(status);
    return state == initiated || state == building || state == stage_deploy
           || state == staging_failed;
}

// The newest that is still on its way to stage, with this commit where both are known.
std::optional<Created> find_to_continue(Session& session, const NewRelease& release) {
    Query query;
    const std::string service = query.bind(release.service);
    const std::string tag = query.bind(release.tag);
    query.text = "SELECT id, status FROM releases WHERE service_name = " + service
                 + " AND release_tag = " + tag + " AND superseded_by IS NULL";
    if (!release.commit.empty()) {
        query.text +=
            " AND (commit_sha IS NULL OR commit_sha = " + query.bind(release.commit) + ")";
    }
    query.text += " ORDER BY id DESC LIMIT 1";
    const Result found = session.run(query);
    if (found.rows.empty() || !goes_on(found.rows[0][1].value_or(""))) {
        return std::nullopt;
    }
    return Created{integer_of(found.rows[0][0]), false, found.rows[0][1].value_or("")};
}

// Held until the transaction ends, so that of two at the same time the second finds what the first
// has made. False: nobody ever began one.
bool hold_by_hand(Session& session, const NewRelease& release) {
    Query query;
    query.text =
        "SELECT release_id FROM release_keys WHERE service = " + query.bind(release.service);
    query.text += " AND tag = " + query.bind(release.tag);
    query.text += " AND run_id = " + query.bind(k_by_hand) + session.dialect().for_update;
    return !session.run(query).rows.empty();
}

void set_by_hand(Session& session, const NewRelease& release, std::int64_t id, bool held) {
    if (!held) {
        if (!insert_key(session, release.service, release.tag, k_by_hand, id)) {
            throw Fault(Fault::Kind::transient, "another has just been begun by hand");
        }
        return;
    }
    Query query;
    query.text = "UPDATE release_keys SET release_id = " + query.bind(id)
                 + " WHERE service = " + query.bind(release.service);
    query.text += " AND tag = " + query.bind(release.tag);
    query.text += " AND run_id = " + query.bind(k_by_hand);
    session.run_later(query);
}

// Beside what the server knows, whatever else the detail says.
std::string with_said(const std::string& detail, const Said& said) {
    if (said.by.empty()) {
        return detail;
    }
    auto object = nlohmann::ordered_json::parse(detail, nullptr, false);
    if (!object.is_object()) {
        object = nlohmann::ordered_json{{"text", storable(detail)}};
    }
    object["said_by"] = storable(said.by);
    if (!said.source.empty()) {
        object["said_source"] = storable(said.source);
    }
    return json_text(object);
}

Query event_query(const Dialect& dialect, const NewEvent& event) {
    release::Event told = event;
    told.detail = with_said(event.detail, event.said);
    Insert insert("release_events");
    insert.set("release_id", event.release_id)
        .set_all(told)
        .set_sql("at", dialect.now)
        .set("change_id", event.change_id)
        .set("step", static_cast<std::int64_t>(event.step));
    return insert.query(" RETURNING id");
}

// The last move says whether a script's word is all that there is. In text, because another program
// may have left there what is no JSON.
std::string release_columns(const std::string& table) {
    const std::string unverified =
        "COALESCE((SELECT CASE WHEN CAST(moved.detail AS TEXT) LIKE '%\"unverified\":true%'"
        " THEN 1 ELSE 0 END FROM release_events AS moved WHERE moved.release_id = "
        + table
        + ".id AND moved.from_status <> moved.to_status ORDER BY moved.id DESC LIMIT 1), 0)";
    return columns_of<release::Release>({{"unverified", unverified}});
}

// A page read off an index that is ordered by id. What stands in other tables is asked of the
// page's rows alone: asked here, SQLite sorts all that are found.
std::string page_text(Query& query, const ReleaseQuery& wanted, const std::string& condition) {
    std::string text = "SELECT * FROM releases WHERE 1 = 1" + condition;
    if (!wanted.service.empty()) {
        text += " AND service_name = " + query.bind(wanted.service);
    }
    if (!wanted.tag.empty()) {
        text += " AND release_tag = " + query.bind(wanted.tag);
    }
    if (wanted.before) {
        text += " AND id < CAST(" + query.bind(*wanted.before) + " AS BIGINT)";
    }
    const std::int64_t limit = std::max(wanted.limit, 0);
    return text + " ORDER BY id DESC LIMIT " + query.bind(limit);
}

} // namespace

std::optional<std::int64_t> take_commit(Session& session,
                                        const std::string& service,
                                        const std::string& tag,
                                        const std::string& commit,
                                        std::int64_t id) {
    const std::string key = commit_key(commit);
    if (insert_key(session, service, tag, key, id)) {
        return std::nullopt;
    }
    NewRelease wanted;
    wanted.service = service;
    wanted.tag = tag;
    const auto owner = find_by_key(session, wanted, key);
    return owner && owner->id != id ? std::optional(owner->id) : std::nullopt;
}

void give_keys(Session& session,
               const std::string& service,
               const std::string& tag,
               std::int64_t from,
               std::int64_t to) {
    Query query;
    query.text = "UPDATE release_keys SET release_id = CAST(" + query.bind(to)
                 + " AS BIGINT) WHERE service = " + query.bind(service);
    query.text += " AND tag = " + query.bind(tag);
    query.text += " AND release_id = CAST(" + query.bind(from) + " AS BIGINT)";
    session.run_later(query);
}

Created create_release(Session& session, const NewRelease& release, const std::string& change_id) {
    const auto known = [&](const std::string& key) { return find_by_key(session, release, key); };
    if (auto found = known(release.run_id)) {
        found->created = is_event_of(session, found->id, change_id);
        return *found;
    }
    const bool held = release.continues && hold_by_hand(session, release);
    auto earlier = release.commit.empty() ? std::nullopt : known(commit_key(release.commit));
    if (!earlier && release.continues) {
        earlier = find_to_continue(session, release);
    }
    if (earlier) {
        if (!insert_key(session, release.service, release.tag, release.run_id, earlier->id)) {
            throw Fault(Fault::Kind::transient, "the release has just been found");
        }
        return *earlier;
    }
    const std::int64_t id = insert_release(session, release);
    // Each waits for a transaction that has the same key under way, a lost one of ours included.
    const bool has_twin =
        !insert_key(session, release.service, release.tag, release.run_id, id)
        || (!release.commit.empty()
            && take_commit(session, release.service, release.tag, release.commit, id));
    if (has_twin) {
        throw Fault(Fault::Kind::transient, "the release has just been created");
    }
    if (release.continues) {
        set_by_hand(session, release, id, held);
    }
    NewEvent event;
    event.release_id = id;
    event.to = "initiated";
    event.actor = release.actor.empty() ? release.by : release.actor;
    event.source = release.source;
    event.said = release.said;
    event.change_id = change_id;
    session.run_later(event_query(session.dialect(), event));
    return {id, true, "initiated"};
}

std::optional<release::Release> find_release(Session& session, std::int64_t id) {
    Query query;
    query.text = "SELECT " + release_columns("releases") + " FROM releases WHERE id = CAST("
                 + query.bind(id) + " AS BIGINT)";
    const Result found = session.run(query);
    return found.rows.empty() ? std::nullopt
                              : std::optional(entity_of<release::Release>(found.rows[0]));
}

// One page a status, then the newest of them all: `status IN (…) ORDER BY id` is left to the
// planner's guess, which reads the whole table when the statuses asked for are rare.
Query release_list_query(const ReleaseQuery& wanted) {
    Query query;
    const std::int64_t limit = std::max(wanted.limit, 0);
    const auto newest_of = [&](const std::string& pages) {
        query.text = "SELECT " + release_columns("found") + " FROM (" + pages
                     + ") AS found ORDER BY id DESC LIMIT " + query.bind(limit);
        return query;
    };
    if (!wanted.list) {
        return newest_of(page_text(query, wanted, ""));
    }
    std::string pages;
    for (const release::Status status : release::statuses_in(*wanted.list)) {
        const std::string name(release::to_string(status));
        std::string condition = " AND status = " + query.bind(name);
        if (release::can_be_outrun(status)) {
            const bool outrun = *wanted.list == release::List::outrun;
            condition += std::string(" AND ") + k_is_outrun + (outrun ? " = 1" : " = 0");
        }
        pages += pages.empty() ? "" : " UNION ALL ";
        pages += "SELECT * FROM (" + page_text(query, wanted, condition) + ") AS of_" + name;
    }
    return newest_of(pages);
}

std::vector<release::Release> list_releases(Session& session, const ReleaseQuery& query) {
    std::vector<release::Release> releases;
    for (const Row& row : session.run(release_list_query(query)).rows) {
        releases.push_back(entity_of<release::Release>(row));
    }
    return releases;
}

std::vector<release::Event> events(Session& session, std::int64_t release_id) {
    Query query;
    query.text = "SELECT " + columns_of<release::Event>()
                 + " FROM release_events WHERE release_id = " + query.bind(release_id)
                 + " ORDER BY id";
    std::vector<release::Event> found;
    for (const Row& row : session.run(query).rows) {
        found.push_back(entity_of<release::Event>(row));
    }
    return found;
}

std::int64_t add_event(Session& session, const NewEvent& event) {
    return integer_of(session.run(event_query(session.dialect(), event)).rows.at(0)[0]);
}

} // namespace loomrel::store
