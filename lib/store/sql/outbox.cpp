#include "lib/store/sql/outbox.hpp"

#include "lib/store/sql/text.hpp"

#include <algorithm>

namespace loomrel::store {

namespace {

struct Line {
    std::string key;
    std::string kind;
    Value release_id;
    Value event_id;
    std::string fact;
};

void add_line(Session& session, const Line& line) {
    const std::string now = session.dialect().now;
    Query query;
    query.text = "INSERT INTO outbox (kind, release_id, event_id, fact, key, created_at, due_at)"
                 " VALUES (";
    query.text += query.bind(line.kind) + ", " + query.bind(line.release_id) + ", ";
    query.text += query.bind(line.event_id) + ", " + query.bind(line.fact) + ", ";
    query.text += query.bind(line.key) + ", " + now + ", " + now;
    query.text += ") ON CONFLICT (key) DO NOTHING";
    session.run_later(query);
}

const char* to_word(DispatchState::Phase phase) {
    switch (phase) {
    case DispatchState::Phase::unsent:
        return "";
    case DispatchState::Phase::requested:
        return "requested";
    case DispatchState::Phase::started:
        return "started";
    case DispatchState::Phase::obsolete:
        return "obsolete";
    }
    return "";
}

// A newer program's word: rather look for a run than begin a second one.
DispatchState::Phase phase_of(const std::string& word) {
    using enum DispatchState::Phase;
    for (const auto phase : {unsent, requested, started, obsolete}) {
        if (word == to_word(phase)) {
            return phase;
        }
    }
    return requested;
}

// A program from before 2026-12-01-outbox-state that still runs reads these words, and looks for
// the run instead of starting a second one. So they stand in `error` of whatever was requested; the
// triggers of that migration take a row without them for one that was not. Once no such program
// runs, a migration may drop them, and the triggers with them.
constexpr const char* k_requested = "sent, not answered yet";

std::string error_to_keep(const Settlement& settlement) {
    const bool requested = settlement.dispatch.phase == DispatchState::Phase::requested;
    return requested && settlement.what == Settlement::What::waiting ? k_requested
                                                                     : settlement.error;
}

Notice notice_of(const Row& row) {
    Notice notice;
    notice.id = integer_of(row[0]);
    notice.kind = row[1].value_or("");
    if (row[2]) {
        notice.release_id = integer_of(row[2]);
    }
    notice.fact = row[3].value_or("");
    notice.key = row[4].value_or("");
    notice.attempts = static_cast<int>(integer_of(row[5]));
    notice.error = row[6].value_or("");
    notice.created_at = parse_instant(row[7]).value_or(Time{});
    notice.due_in = Milliseconds(std::max<std::int64_t>(-integer_of(row[8]), 0));
    if (row[9]) {
        notice.event_id = integer_of(row[9]);
        notice.event = release::Event{parse_instant(row[10]).value_or(Time{}),
                                      row[11].value_or(""),
                                      row[12].value_or(""),
                                      row[13].value_or(""),
                                      row[14].value_or(""),
                                      row[15].value_or("")};
    }
    const std::string state = row[16].value_or("");
    notice.state = state == "sent"     ? Notice::State::sent
                   : state == "parked" ? Notice::State::parked
                                       : Notice::State::waiting;
    notice.dispatch = {phase_of(row[17].value_or("")),
                       static_cast<int>(integer_of(row[18])),
                       row[19].value_or("")};
    notice.message_id = row[20] ? integer_of(row[20]) : 0;
    return notice;
}

std::string notices_in(const Dialect& dialect) {
    return "SELECT outbox.id, outbox.kind, outbox.release_id, outbox.fact, outbox.key,"
           " outbox.attempts, outbox.error, outbox.created_at, "
           + ms_since(dialect, "outbox.due_at")
           + " AS overdue_ms, outbox.event_id, told.at, told.from_status, told.to_status,"
             " told.actor, told.source, told.detail, outbox.state, outbox.phase, outbox.looks,"
             " outbox.run_link, outbox.message_id FROM outbox"
             " LEFT JOIN release_events AS told ON told.id = outbox.event_id";
}

std::optional<Notice> first_notice(Session& session, const Query& query) {
    const Result found = session.run(query);
    return found.rows.empty() ? std::nullopt : std::optional(notice_of(found.rows[0]));
}

const char* state_of(Settlement::What what) {
    switch (what) {
    case Settlement::What::sent:
        return "sent";
    case Settlement::What::parked:
        return "parked";
    case Settlement::What::waiting:
        return "waiting";
    }
    return "";
}

} // namespace

void add_notice(Session& session, const NewNotice& notice) {
    add_line(session,
             {notice.key,
              notice.kind,
              notice.release_id ? Value(*notice.release_id) : Value(),
              Value(),
              storable_json(notice.fact)});
}

void add_event_notice(Session& session,
                      const std::string& kind,
                      std::int64_t release_id,
                      std::int64_t event_id) {
    add_line(session, {kind + ":" + std::to_string(event_id), kind, release_id, event_id, "{}"});
}

// State and kind stand in the text, not in values: only so are the indexes over them of use to a
// planner.
Query notice_list_query(const std::string& state,
                        const NoticeQuery& wanted,
                        const Dialect& dialect) {
    Query query;
    query.text = notices_in(dialect) + " WHERE outbox.state = '" + state + "'";
    switch (wanted.kind) {
    case NoticeQuery::Kind::any:
        break;
    case NoticeQuery::Kind::told:
        query.text += " AND outbox.kind <> 'dispatch'";
        break;
    case NoticeQuery::Kind::dispatch:
        query.text += " AND outbox.kind = 'dispatch'";
        break;
    }
    if (wanted.release_id) {
        query.text += " AND outbox.release_id = CAST(" + query.bind(*wanted.release_id);
        query.text += " AS BIGINT)";
    }
    if (wanted.after > 0) {
        query.text += " AND outbox.id > CAST(" + query.bind(wanted.after) + " AS BIGINT)";
    }
    query.text += std::string(" ORDER BY outbox.id") + (wanted.newest_first ? " DESC" : "")
                  + " LIMIT " + query.bind(static_cast<std::int64_t>(std::max(wanted.limit, 0)));
    return query;
}

std::vector<Notice>
list_notices(Session& session, const std::string& state, const NoticeQuery& wanted) {
    std::vector<Notice> notices;
    for (const Row& row : session.run(notice_list_query(state, wanted, session.dialect())).rows) {
        notices.push_back(notice_of(row));
    }
    return notices;
}

std::optional<Notice> find_notice(Session& session, const std::string& key) {
    Query query;
    query.text = notices_in(session.dialect()) + " WHERE outbox.key = " + query.bind(key);
    return first_notice(session, query);
}

Query newest_dispatch_query(std::int64_t release_id, const Dialect& dialect) {
    Query query;
    query.text = notices_in(dialect)
                 + " WHERE outbox.kind = 'dispatch' AND outbox.release_id = CAST("
                 + query.bind(release_id) + " AS BIGINT) ORDER BY outbox.id DESC LIMIT 1";
    return query;
}

std::optional<Notice> newest_dispatch(Session& session, std::int64_t release_id) {
    return first_notice(session, newest_dispatch_query(release_id, session.dialect()));
}

void settle_notice(Session& session, const Settlement& settlement) {
    const DispatchState& dispatch = settlement.dispatch;
    Query query;
    query.text =
        std::string("UPDATE outbox SET state = '") + state_of(settlement.what)
        + "', attempts = attempts + 1, error = " + query.bind(storable(error_to_keep(settlement)));
    query.text += ", due_at = " + instant_in(query, session.dialect(), settlement.due_again);
    query.text += std::string(", phase = '") + to_word(dispatch.phase) + "', looks = CAST(";
    query.text += query.bind(static_cast<std::int64_t>(dispatch.looks)) + " AS INTEGER)";
    query.text += ", run_link = " + query.bind(storable(dispatch.run_link));
    query.text += ", message_id = CAST("
                  + query.bind(settlement.message_id == 0 ? Value() : Value(settlement.message_id))
                  + " AS BIGINT)";
    query.text += " WHERE id = CAST(" + query.bind(settlement.notice_id) + " AS BIGINT)";
    query.text += " AND state <> 'sent'";
    session.run_later(query);
}

void settle_dispatches(Session& session, std::int64_t release_id, const std::string& note) {
    Query query;
    query.text =
        "UPDATE outbox SET state = 'sent', phase = 'obsolete', error = " + query.bind(note);
    query.text += " WHERE state = 'waiting' AND kind = 'dispatch' AND release_id = CAST("
                  + query.bind(release_id) + " AS BIGINT)";
    session.run_later(query);
}

} // namespace loomrel::store
