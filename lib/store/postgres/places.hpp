#pragma once

#include "lib/base/cleartext.hpp"

#include <map>
#include <string>

// Where a Postgres is, and whether the way there wants TLS (design 13.5).
namespace loomrel::store {

// By libpq's names (https://www.postgresql.org/docs/current/libpq-connect.html).
using Parameters = std::map<std::string, std::string>;

// Looks the hosts' names up, which blocks, and puts their addresses beside them: what was judged is
// what libpq connects to. If one is not near (base/cleartext.hpp) and `allowed` does not name it,
// TLS with a verified certificate is demanded of all; gives that host as "host:port", else "". The
// same is demanded where a service file says where the Postgres is: only libpq reads that file.
[[nodiscard]] std::string settle_places(Parameters& parameters, const Cleartext& allowed);

} // namespace loomrel::store
