#pragma once

#include "lib/base/handle.hpp"
#include "lib/store/postgres/session.hpp"

#include <libpq-fe.h>

#include <string>

// Where a Postgres is, how to connect to it, and what its refusals mean.
namespace loomrel::store {

using Connection = Handle<PGconn, PQfinish>;

// Connected within the deadline. Throws Fault. Says nothing on standard error, ever.
[[nodiscard]] Connection connect(const PostgresOptions& options, Deadline deadline);
// Until there is something to do for it. Throws Fault when that is not in time.
void wait_for(const PGconn& connection, short events, Deadline until);

[[nodiscard]] Fault::Kind kind_of_sqlstate(const std::string& state);

// Why a connection did not come about. libpq gives a SQLSTATE for that only in the verbose form of
// its message.
[[nodiscard]] Fault connection_fault(const PGconn& connection);

} // namespace loomrel::store
