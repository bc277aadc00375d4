#include "lib/store/sql/server.hpp"

#include "lib/store/sql/text.hpp"

namespace loomrel::store {

namespace {

constexpr std::chrono::hours k_updates_kept{7 * 24};

std::string at(Query& query, const MessagePlace& place) {
    std::string where = " WHERE release_id = " + query.bind(place.release_id);
    where += " AND chat_id = " + query.bind(place.chat_id);
    where += " AND thread_id = " + query.bind(place.thread_id);
    return where + " AND purpose = " + query.bind(place.purpose);
}

} // namespace

std::int64_t newest_event(Session& session) {
    return integer_of(
        session.run({"SELECT COALESCE(MAX(id), 0) FROM release_events"}).rows.at(0)[0]);
}

// Ids first: who follows has seen most of them, and their details may be long.
std::vector<Happening>
happened(Session& session, std::int64_t after, const std::set<std::int64_t>& seen, int limit) {
    Query ids;
    ids.text = "SELECT id FROM release_events WHERE id > CAST(" + ids.bind(after);
    ids.text += " AS BIGINT) ORDER BY id LIMIT " + std::to_string(limit);
    std::string wanted;
    for (const Row& row : session.run(ids).rows) {
        const std::int64_t id = integer_of(row[0]);
        if (!seen.contains(id)) {
            wanted += (wanted.empty() ? "" : ", ") + std::to_string(id);
        }
    }
    std::vector<Happening> found;
    if (wanted.empty()) {
        return found;
    }
    for (const Row& row :
         session
             .run({"SELECT told.id, told.release_id, releases.service_name, releases.release_tag,"
                   " told.at, told.from_status, told.to_status, told.actor, told.source,"
                   " told.detail FROM release_events AS told"
                   " JOIN releases ON releases.id = told.release_id WHERE told.id IN ("
                   + wanted + ") ORDER BY told.id"})
             .rows) {
        found.push_back({integer_of(row[0]),
                         integer_of(row[1]),
                         row[2].value_or(""),
                         row[3].value_or(""),
                         {parse_instant(row[4]).value_or(Time{}),
                          row[5].value_or(""),
                          row[6].value_or(""),
                          row[7].value_or(""),
                          row[8].value_or(""),
                          row[9].value_or("")}});
    }
    return found;
}

// The newest move to manual_test_passed is the last needed approval.
std::vector<OldApproval> old_approvals(Session& session, Milliseconds age) {
    Query query;
    query.text =
        "SELECT releases.id, approved.at FROM releases JOIN release_events AS approved"
        " ON approved.id = (SELECT MAX(newest.id) FROM release_events AS newest"
        " WHERE newest.release_id = releases.id AND newest.to_status = 'manual_test_passed'"
        " AND newest.from_status <> newest.to_status)"
        " WHERE releases.status = 'manual_test_passed' AND approved.at <= "
        + instant_in(query, session.dialect(), -age) + " ORDER BY approved.id";
    std::vector<OldApproval> found;
    for (const Row& row : session.run(query).rows) {
        found.push_back({integer_of(row[0]), parse_instant(row[1]).value_or(Time{})});
    }
    return found;
}

std::optional<std::int64_t> find_message(Session& session, const MessagePlace& place) {
    Query query;
    query.text = "SELECT message_id FROM messages" + at(query, place);
    query.text += " ORDER BY message_id DESC LIMIT 1";
    const Result found = session.run(query);
    return found.rows.empty() ? std::nullopt : std::optional(integer_of(found.rows[0][0]));
}

void keep_message(Session& session, const MessagePlace& place, std::int64_t message_id) {
    Query older;
    older.text = "DELETE FROM messages" + at(older, place);
    session.run_later(older);
    Query query;
    query.text = "INSERT INTO messages (release_id, chat_id, thread_id, message_id, purpose)"
                 " VALUES (";
    query.text += query.bind(place.release_id) + ", " + query.bind(place.chat_id) + ", ";
    query.text += query.bind(place.thread_id) + ", " + query.bind(message_id) + ", ";
    query.text += query.bind(place.purpose);
    query.text += ") ON CONFLICT (release_id, chat_id, thread_id, message_id)"
                  " DO UPDATE SET purpose = excluded.purpose";
    session.run_later(query);
}

std::map<std::int64_t, std::int64_t> moved_chats(Session& session) {
    std::map<std::int64_t, std::int64_t> moved;
    for (const Row& row : session.run({"SELECT old_id, new_id FROM telegram_chats"}).rows) {
        moved[integer_of(row[0])] = integer_of(row[1]);
    }
    return moved;
}

void keep_moved_chat(Session& session, std::int64_t old_id, std::int64_t new_id) {
    Query keep;
    keep.text = "INSERT INTO telegram_chats (old_id, new_id, at) VALUES (" + keep.bind(old_id);
    keep.text += ", " + keep.bind(new_id) + ", " + session.dialect().now;
    keep.text += ") ON CONFLICT (old_id) DO UPDATE SET new_id = excluded.new_id";
    session.run(keep);
    Query forget;
    forget.text = "DELETE FROM messages WHERE chat_id = " + forget.bind(old_id);
    session.run(forget);
}

bool take_update(Session& session, std::int64_t update_id) {
    Query query;
    query.text = "INSERT INTO telegram_updates (update_id, at) VALUES (" + query.bind(update_id)
                 + ", " + session.dialect().now + ") ON CONFLICT (update_id) DO NOTHING";
    return session.run(query).affected == 1;
}

void prune_updates(Session& session) {
    Query query;
    query.text = "DELETE FROM telegram_updates WHERE at < "
                 + instant_in(query, session.dialect(), -Milliseconds(k_updates_kept));
    session.run_later(query);
}

bool take_lease(Session& session,
                const std::string& name,
                const std::string& owner,
                Milliseconds for_long) {
    const Dialect& dialect = session.dialect();
    Query query;
    query.text = "INSERT INTO leases (name, owner, until) VALUES (" + query.bind(name) + ", ";
    query.text += query.bind(owner) + ", " + instant_in(query, dialect, for_long);
    query.text += ") ON CONFLICT (name) DO UPDATE SET owner = excluded.owner,"
                  " until = excluded.until"
                  " WHERE leases.owner = excluded.owner OR leases.until < ";
    query.text += dialect.now;
    return session.run(query).affected == 1;
}

bool is_lease_held(Session& session, const std::string& name) {
    Query query;
    query.text = "SELECT 1 FROM leases WHERE name = " + query.bind(name) + " AND until > "
                 + session.dialect().now;
    return !session.run(query).rows.empty();
}

void drop_lease(Session& session, const std::string& name, const std::string& owner) {
    Query query;
    query.text = "DELETE FROM leases WHERE name = " + query.bind(name);
    query.text += " AND owner = " + query.bind(owner);
    session.run_later(query);
}

} // namespace loomrel::store
