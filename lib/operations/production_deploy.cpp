#include "lib/operations/production_deploy.hpp"

#include "lib/base/shell_quote.hpp"
#include "lib/operations/production_sight.hpp"

#include <utility>

namespace loomrel::operations {

using messages::Id;
using messages::phrase;
using release::Release;
using release::Status;

ProductionDeploy find_production_deploy(const Context& context,
                                        Console& console,
                                        store::Store& ledger,
                                        const std::string& service,
                                        deploy::Request request) {
    Release release = find_release(ledger, *request.release_id);
    check_is_release_of(release, service, request.tag);
    request.commit = release.commit_sha.value_or("");
    Deploying deploying = prepare(context,
                                  console,
                                  std::move(request),
                                  context.config.deploy(service, k_production),
                                  context.config.hosts(k_production, service));
    auto decision = find_production_run(context, ledger, release);
    if (decision.what == deploy::Decision::What::report
        && decision.run->outcome == store::RunOutcome::good) {
        check_still_serves(context, console, release);
    }
    return {std::move(release), std::move(deploying), std::move(decision)};
}

deploy::Decision begin_production_run(const Context& context,
                                      store::Store& ledger,
                                      const Release& release,
                                      const Deploying& deploying) {
    const store::Run run = run_row(context, deploying);
    store::Run open = claim_production(context, ledger, release, run, deploying.plan.request.older);
    // Of several that were started at once, one claims and the others watch.
    const bool is_ours = open.id == run.id;
    return {is_ours ? deploy::Decision::What::start : deploy::Decision::What::attach,
            std::move(open)};
}

deploy::Decision
find_production_run(const Context& context, store::Store& ledger, const Release& release) {
    using What = deploy::Decision::What;
    const auto decision =
        deploy::decide(runs_of(ledger, release.id, k_production), context.caller.asker);
    const bool is_where_it_left_it =
        release.state() == Status::deployed || release.state() == Status::production_failed;
    return decision.what == What::report && !is_where_it_left_it ? deploy::Decision{} : decision;
}

void check_may_be_older(const Console& console,
                        const std::string& service,
                        const deploy::Request& request) {
    if (request.older && !console.is_person_here()) {
        throw Error(ErrorKind::refused,
                    "needs_terminal",
                    phrase(Id::prod_older_terminal),
                    phrase(Id::prod_superseded_hint,
                           fmt::arg("service", typed_word(service)),
                           fmt::arg("tag", typed_word(request.tag)),
                           fmt::arg("id", *request.release_id)));
    }
}

} // namespace loomrel::operations
