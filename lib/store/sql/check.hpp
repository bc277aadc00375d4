#pragma once

#include "lib/store/sql/session.hpp"

#include <string>
#include <vector>

namespace loomrel::store {

// Rules that the tables must keep and that somebody with the database's own tools may have broken;
// a sentence for each row that does. In a transaction of the caller's, on a present schema.
[[nodiscard]] std::vector<std::string> find_problems(Session& session);

} // namespace loomrel::store
