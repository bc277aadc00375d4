#include "lib/server/scoped_ledger.hpp"

// The runs of a key's environments and services, and what it has to tell beside its moves.
namespace loomrel::server {

void ScopedLedger::demand_run(const std::string& id) {
    if (m_asker.is_unlimited()) {
        return;
    }
    if (const auto run = m_store.find_run(id)) {
        demand_place(run->environment, run->service);
    }
}

void ScopedLedger::demand_new_run(const store::Run& run) {
    demand_place(run.environment, run.service);
    if (run.release_id && !m_asker.is_unlimited()) {
        const auto row = demand_release(*run.release_id);
        demand(!row || row->service_name == run.service, "a run of another service's release");
    }
}

store::Opened ScopedLedger::open_run(store::Run run) {
    demand_new_run(run);
    run.key = m_asker.name();
    return m_store.open_run(run);
}

void ScopedLedger::touch_run(const std::string& run_id) {
    demand(Access::work);
    demand_run(run_id);
    m_store.touch_run(run_id);
}

void ScopedLedger::end_run(store::RunEnd end) {
    demand(Access::work);
    demand_run(end.run_id);
    end.key = m_asker.name();
    m_store.end_run(end);
}

std::optional<store::Run> ScopedLedger::find_run(const std::string& run_id) {
    demand(Access::read);
    auto run = m_store.find_run(run_id);
    if (run) {
        demand_service(run->service);
    }
    return run;
}

std::vector<store::Run> ScopedLedger::list_runs(const store::RunQuery& query) {
    demand(Access::read);
    return list_of(
        query,
        [this](const store::RunQuery& one) { return m_store.list_runs(one); },
        [](const auto& one, const auto& other) { return one.started_at > other.started_at; });
}

std::vector<store::HostResult> ScopedLedger::run_hosts(const std::string& run_id) {
    demand(Access::read);
    if (!m_asker.services().empty()) {
        (void)find_run(run_id);
    }
    return m_store.run_hosts(run_id);
}

} // namespace loomrel::server
