#pragma once

#include "lib/base/handle.hpp"
#include "lib/store/postgres_session.hpp"

#include <libpq-fe.h>

#include <string>

// Where a Postgres is, how to begin to connect to it, and what its refusals mean.
namespace loomrel::store {

using Connection = Handle<PGconn, PQfinish>;

// To be driven by PQconnectPoll(). Says nothing on standard error, ever.
[[nodiscard]] Connection begin_connecting(const PostgresOptions& options);

[[nodiscard]] Fault::Kind kind_of_sqlstate(const std::string& state);

// Why a connection did not come about. libpq gives a SQLSTATE for that only in the verbose form of
// its message.
[[nodiscard]] Fault connection_fault(const PGconn& connection);

} // namespace loomrel::store
