#pragma once

#include "lib/base/cleartext.hpp"
#include "lib/base/secret.hpp"
#include "lib/store/sql/session.hpp"

#include <memory>
#include <string>

namespace loomrel::store {

struct PostgresOptions {
    std::string url;
    Secret password;
    // How long one answer may take before another connection is tried: a frozen server process
    // keeps its socket alive, so no timeout of the network's ever fires.
    Milliseconds patience{5000};
    // Of several hosts in the URL, the one to begin with: another one at every attempt.
    unsigned attempt = 0;
    // Where it may go without TLS though strangers are on the way.
    Cleartext cleartext{};
};

[[nodiscard]] std::unique_ptr<Session> open_postgres(const PostgresOptions& options,
                                                     Deadline deadline);

} // namespace loomrel::store
