#pragma once

#include "lib/store/sql/session.hpp"
#include "lib/store/store.hpp"

namespace loomrel::store {

// A change was refused in the middle: the transaction is given up, nothing of it is done.
struct Refusal {
    Changed changed;
};

// In a transaction of the caller's. Throws Refusal.
[[nodiscard]] Changed apply_change(Session& session, const Change& change);

} // namespace loomrel::store
