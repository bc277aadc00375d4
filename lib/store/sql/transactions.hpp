#pragma once

#include "lib/base/error.hpp"
#include "lib/store/sql/migrations.hpp"
#include "lib/store/sql/sql_store.hpp"

#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace loomrel::store {

// Runs pieces of work as transactions, each whole or not at all: opens and reopens the session,
// tries again what may be, brings the schema up to date before the first write, and turns what
// cannot be mended into an Error.
class SqlTransactions {
public:
    explicit SqlTransactions(SqlPlace place);

    // `in_doubt`: an earlier try of the same call was sent its COMMIT and got no answer. So the
    // work first takes the locks that the lost transaction held, then looks whether it is done.
    using Work = std::function<void(Session& session, bool in_doubt)>;

    void write(const Work& work);
    // False, and nothing done: there is no ledger there yet.
    [[nodiscard]] bool read(const std::function<void(Session& session)>& work);
    // As read(), whatever the schema is.
    [[nodiscard]] bool look(const std::function<void(Session& session)>& work);

    // Names of what was applied.
    std::vector<std::string> migrate();

private:
    void call(Access access, Deadline deadline, const Work& work);
    void connect(Access access, Deadline deadline, unsigned attempt);
    void once(Access access, Deadline deadline, const Work& work, bool in_doubt);
    void after_fault(const Fault& fault);
    void check_newer(const Applied& applied) const;
    // True: it had to migrate.
    bool prepare_for_write(Deadline deadline);
    // Refuses a schema that is newer than we are.
    [[nodiscard]] std::vector<std::string> read_pending(Deadline deadline);

    SqlPlace m_place;
    std::unique_ptr<Session> m_session;
    bool m_schema_present = false;
    bool m_met = false; // it has answered
    bool m_must_exist;  // what is gone is not made anew
    bool m_after_io_error = false;
};

// The Error that a Fault becomes when it cannot be mended.
[[nodiscard]] Error error_of_fault(const Fault& fault, const std::string& ledger, bool in_doubt);

} // namespace loomrel::store
