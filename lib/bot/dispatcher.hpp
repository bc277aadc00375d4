#pragma once

#include "lib/bot/operations.hpp"
#include "lib/config/config.hpp"
#include "lib/github/github.hpp"
#include "lib/store/server_ledger.hpp"

#include <nlohmann/json_fwd.hpp>

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
    void tell(const store::Notice& row,
              const std::string& kind,
              const std::string& reason,
              store::DispatchState::Phase phase = store::DispatchState::Phase::unsent);
    // What came of it stands in the release's history too.
    void note(const store::Notice& row,
              nlohmann::json detail,
              const release::Release* by_workflow = nullptr);
    // It runs, or nothing is to run any more.
    void close(const store::Notice& row,
               const store::DispatchState& state,
               const std::string& reason = "");
    void retry(const store::Notice& row, const std::string& reason, Milliseconds wait);

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

// Of the newest attempt to begin a release's production deploy (ServerLedger::newest_dispatch);
// nullopt = there was none.
[[nodiscard]] bool has_begun(const std::optional<store::Notice>& newest);
// It may have begun a run that nobody has found yet.
[[nodiscard]] bool is_unanswered(const std::optional<store::Notice>& newest);
// A second attempt beside one that has begun, or is on its way, would be a second run at GitHub.
[[nodiscard]] bool may_dispatch_again(const std::optional<store::Notice>& newest);

// Of a request that is about to leave: whoever comes after a crash looks for its run before asking
// again. `looks`: how often that was in vain.
[[nodiscard]] store::Settlement request_of(const store::Notice& row, int looks = 0);

} // namespace loomrel::bot
