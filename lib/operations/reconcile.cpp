#include "lib/operations/reconcile.hpp"

#include "lib/operations/conclude.hpp"
#include "lib/operations/ledger.hpp"

namespace loomrel::operations {

namespace {

constexpr int k_most_open_runs = 500;

RunCheck
look_at(const Context& context, Console& console, store::Store& ledger, const store::Run& run) {
    RunCheck looked{run, "running", ""};
    try {
        if (conclude_if_ended(context, console, ledger, run)) {
            looked.state = "concluded";
            const auto now = ledger.find_run(run.id);
            looked.detail = now && now->outcome ? std::string(to_string(*now->outcome)) : "";
        }
    } catch (const Error& error) {
        looked.state = "silent";
        looked.detail = in(context.language, error.message());
    }
    return looked;
}

} // namespace

Reconciled reconcile(const Context& context, Console& console, store::Store& ledger, bool dry_run) {
    Reconciled result;
    store::Spool spool = make_spool(context);
    result.told = dry_run ? spool.waiting() : spool.deliver_all(ledger);
    result.elsewhere = spool.waiting_elsewhere();
    store::RunQuery query;
    query.open_only = true;
    query.limit = k_most_open_runs;
    for (const store::Run& run : ledger.list_runs(query)) {
        result.runs.push_back(dry_run ? RunCheck{run, "open", ""}
                                      : look_at(context, console, ledger, run));
    }
    result.hosts = look_around(context, console, ledger);
    for (const LookedAt& looked : result.hosts) {
        if (!dry_run) {
            deploy::take_over(ledger, looked.untold);
        }
    }
    return result;
}

} // namespace loomrel::operations
