#include "lib/operations/dev_deploy.hpp"

#include "lib/operations/conclude.hpp"
#include "lib/operations/ledger.hpp"

namespace loomrel::operations {

DevRun begin_dev_run(const Context& context, Console& console, const store::Run& run) {
    using What = deploy::Decision::What;
    DevRun begun;
    begun.decision = {What::start, run};
    begun.ledger =
        ledger_if_it_answers(context, console, Purpose::looking, [&](store::Store& ledger) {
            const auto before = ledger.find_run(run.id);
            if (before) {
                begun.decision = {before->ended_at ? What::report : What::attach, before};
            }
            make_spool(context).deliver(ledger);
            if (!before) {
                conclude_open_runs(
                    context, console, ledger, run.service, run.environment, run.hosts.front());
                (void)ledger.open_run(run);
            }
        });
    return begun;
}

} // namespace loomrel::operations
