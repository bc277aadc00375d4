#pragma once

#include "lib/config/config.hpp"
#include "lib/ssh/ssh.hpp"

#include <optional>
#include <string>
#include <vector>

namespace loomrel::deploy {

struct OpenRun {
    std::string id;
    std::string state; // running, died, unread (ended, the ledger was not told)
    std::string step;  // of a running one
};

// What one host says of one service, just now.
struct Sight {
    std::string serves;                // tag, commit or image; "" = nothing that we know
    std::string commit;                // of what was last deployed here, if that is what serves
    std::optional<std::int64_t> since; // seconds since 1970, likewise
    std::string healthy;               // yes, no, unknown
    std::string lock;                  // who holds the service; "" = nobody
    std::vector<OpenRun> runs;
    bool has_repository = true;
};

[[nodiscard]] Sight
look(ssh::Connection& connection, const std::string& host, const config::DeploySettings& settings);

struct Check {
    std::string name;
    bool ok = false;
    std::string detail; // sanitized
};

struct Diagnosis {
    std::vector<Check> checks;
    std::string machine_id;
};

[[nodiscard]] Diagnosis diagnose(ssh::Connection& connection,
                                 const std::string& host,
                                 const config::DeploySettings& settings);

} // namespace loomrel::deploy
