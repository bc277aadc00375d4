#pragma once

#include "lib/store/server_ledger.hpp"
#include "lib/store/sql/session.hpp"

#include <functional>
#include <memory>
#include <string>

namespace loomrel::store {

// How a store of SQL gets to its database.
struct SqlPlace {
    // Throws Fault. `attempt` counts within one call; `after_io_error`: look the file through.
    std::function<std::unique_ptr<Session>(
        Access access, Deadline deadline, unsigned attempt, bool after_io_error)>
        open;
    std::string shown; // for messages
    Milliseconds deadline{15000};
    Milliseconds first_contact{5000};
    bool must_exist = false; // it is not made where there is none
};

[[nodiscard]] std::unique_ptr<ServerLedger> make_sql_store(SqlPlace place);

} // namespace loomrel::store
