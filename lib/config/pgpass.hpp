#pragma once

#include <map>
#include <optional>
#include <string>

namespace loomrel::config {

// Where a Postgres is, of an address that says nothing but that.
struct PostgresServer {
    std::string host;
    std::string port;
};

// nullopt: another scheme, several hosts, parameters, escapes; what libpq might read otherwise than
// we do is not read at all.
[[nodiscard]] std::optional<PostgresServer> plain_postgres(const std::string& url);

// Whether a line of the user's pgpass file names this very host; "*" names none. The file is the
// trusted side's as libpq demands it: nobody else may read or write it.
// (https://www.postgresql.org/docs/current/libpq-pgpass.html)
[[nodiscard]] bool is_in_pgpass(const std::map<std::string, std::string>& environment,
                                const PostgresServer& server);

} // namespace loomrel::config
