#pragma once

#include "lib/bot/operations.hpp"
#include "lib/config/config.hpp"
#include "lib/github/github.hpp"
#include "lib/store/server_ledger.hpp"

#include <functional>
#include <optional>
#include <string>

namespace loomrel::bot {

// Brings approved releases on their way to production, once each: by starting GitHub's workflow or,
// with prod_by = "direct", by a deploy from here. What makes it one deploy in any case is the claim
// in the ledger; this keeps from asking twice.
class Dispatcher {
public:
    // `operations` null: no direct deploys from here.
    Dispatcher(store::ServerLedger& ledger,
               github::Client& github,
               Operations* operations,
               const config::Config& config,
               std::string owner);

    // Works off the outbox's dispatch rows. Gives when to come back; nullopt = nothing waits.
    std::optional<Milliseconds> run(const std::function<bool()>& stopped = {});

    // Approvals that nobody used in time are asked for anew. Cheap; once a minute is enough.
    void expire();

private:
    void handle(const store::Notice& row);
    void start(const store::Notice& row, const release::Release& release);
    void start_here(const store::Notice& row, const release::Release& release);
    // An earlier attempt was sent and not answered.
    void look_for_run(const store::Notice& row, const release::Release& release);
    void tell(const store::Notice& row, const std::string& kind, const std::string& reason);
    void settle(const store::Notice& row,
                store::Settlement::What what,
                const std::string& note,
                Milliseconds due_again = Milliseconds{0});

    store::ServerLedger& m_ledger;
    github::Client& m_github;
    Operations* m_operations;
    const config::Config& m_config;
    std::string m_owner;
};

// The workflow that deploys this release to production, and what it is told.
[[nodiscard]] github::Workflow prod_workflow(const config::Config& config,
                                             const release::Release& release);
[[nodiscard]] std::map<std::string, std::string> prod_inputs(const release::Release& release);

// It may have begun a run that nobody has found yet.
[[nodiscard]] bool is_unanswered(const store::Notice& row);

// Of a request that is about to leave: whoever comes after a crash looks for its run before asking
// again.
[[nodiscard]] store::Settlement sent_unanswered(const store::Notice& row);

} // namespace loomrel::bot
