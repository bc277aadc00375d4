#pragma once

#include "lib/store/sql/releases.hpp"
#include "lib/store/sql/session.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <optional>
#include <string>

// What every move of a release is made of, whoever makes it; each in a transaction of the caller's.
namespace loomrel::store {

struct Present {
    std::int64_t id = 0;
    std::string service;
    std::string tag;
    std::string status;
    std::string commit; // "" = not known yet
    std::string initiated_by;
    std::optional<std::int64_t> superseded_by;
    std::string superseded_by_tag;
    std::optional<release::Actors> actors;

    [[nodiscard]] release::Origin origin() const { return {initiated_by, actors}; }

    [[nodiscard]] std::optional<release::Status> state() const {
        return release::parse_status(status);
    }

    [[nodiscard]] bool is_outrun() const {
        return superseded_by && state() && release::can_be_outrun(*state());
    }

    // By what, as it is told to people.
    [[nodiscard]] std::string outrun_by() const;
};

// The row stays ours until the end of the transaction. That makes a lost COMMIT answerable: whoever
// still holds it ends first, and what is read after this line is what it left.
[[nodiscard]] std::optional<Present> hold_release(Session& session, std::int64_t id);

// The move, its event (whose `to` is written here) and what people are to be told of it. False, and
// nothing done: the table does not allow it.
[[nodiscard]] bool move_release(Session& session, release::Status to, NewEvent event);

// What whoever asks for something leaves behind: an event that begins at the present status. Asked:
// Change, Claim or NewNote.
template <typename Asked> NewEvent event_of(const Asked& asked, const Present& present) {
    NewEvent event;
    event.release_id = present.id;
    event.from = present.status;
    event.actor = asked.actor;
    event.source = asked.source;
    event.said = asked.said;
    event.change_id = asked.id;
    return event;
}

// An event that ends where it begins.
void add_note(Session& session, NewEvent event, const nlohmann::json& detail);

// What everybody said is void; that it was said stands in the history.
void forget_approvals(Session& session, std::int64_t release_id);

} // namespace loomrel::store
