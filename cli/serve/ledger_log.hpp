#pragma once

#include "cli/serve/log.hpp"
#include "lib/store/server_ledger.hpp"

#include <cstdint>
#include <map>
#include <set>
#include <string>

namespace loomrel::cli {

// Writes into serve's log what the ledger gains, whoever wrote it there: decisions, dispatches,
// deploys, rollbacks, cancels, refusals; a line for each. One thread.
class LedgerLog {
public:
    // What is there already is history.
    LedgerLog(ServeLog& log, store::ServerLedger& ledger);

    void look();

private:
    void look_at_events();
    void look_at_runs();
    void write(const store::Happening& happening);
    void write_began(const store::Run& run);
    void write_ended(const store::Run& run);

    ServeLog& m_log;
    store::ServerLedger& m_ledger;
    std::int64_t m_newest = 0;
    std::set<std::int64_t> m_seen;      // of the last events: another may yet come between them
    std::map<std::string, bool> m_runs; // of the last runs, and of open ones: has it ended?
};

} // namespace loomrel::cli
