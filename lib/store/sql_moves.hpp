#pragma once

#include "lib/store/sql_releases.hpp"
#include "lib/store/sql_session.hpp"

#include <cstdint>
#include <optional>
#include <string>

// What every move of a release is made of, whoever makes it; each in a transaction of the caller's.
namespace loomrel::store {

struct Present {
    std::string service;
    std::string tag;
    std::string status;
    std::string commit; // "" = not known yet
};

// The row stays ours until the end of the transaction. That makes a lost COMMIT answerable: whoever
// still holds it ends first, and what is read after this line is what it left.
[[nodiscard]] std::optional<Present> hold_release(Session& session, std::int64_t id);

// The move, its event (whose `to` is written here) and what people are to be told of it. False, and
// nothing done: the table does not allow it.
[[nodiscard]] bool move_release(Session& session, release::Status to, NewEvent event);

} // namespace loomrel::store
