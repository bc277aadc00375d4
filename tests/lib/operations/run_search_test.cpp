#include "lib/operations/run_search.hpp"
#include "tests/lib/operations/host_world.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/text.hpp"

#include <algorithm>

using namespace loomrel;
using namespace loomrel::test;

namespace {

struct SearchWorld : HostWorld {
    std::vector<std::string> meant{"api"};
    int asked = 0;

    operations::FoundRun search(const std::string& id) {
        return operations::search_run(context, console, id, [this] {
            ++asked;
            return meant;
        });
    }

    std::string refusal(const std::string& id) {
        return refusal_of([&] { (void)search(id); });
    }
};

} // namespace

TEST_CASE("a run that the ledger knows is looked for nowhere else") {
    SearchWorld world;
    store::Run run;
    run.id = "run-1";
    run.service = "api";
    world.ledger.runs.push_back(run);
    const auto found = world.search("run-1");
    CHECK(found.run.service == "api");
    CHECK(found.ledger != nullptr);
    CHECK(world.asked == 0);
    CHECK(world.logins == 0);
}

TEST_CASE("where the ledger does not know a run its hosts are asked, and what was asked is said") {
    SearchWorld world;
    CHECK(world.refusal("run-1") == "run_not_found");
    CHECK(world.asked == 1);
    CHECK(world.logins == 2); // stage and production
    SECTION("the ledger is away, hosts answer") {
        world.ledger.broken = Error(ErrorKind::ledger, "ledger_away", {"нет", "no answer"});
        try {
            (void)world.search("run-1");
            FAIL_CHECK("was found");
        } catch (const Error& error) {
            CHECK(error.code() == "run_not_found");
            CHECK(has(error.message().en, "root@host.test:22"));
        }
        const auto& notes = world.console.notes;
        CHECK(std::any_of(
            notes.begin(), notes.end(), [](const auto& note) { return has(note, "no answer"); }));
    }
    SECTION("the ledger is away, so are the hosts: what ails them is the answer") {
        world.ledger.broken = Error(ErrorKind::ledger, "ledger_away", {"нет", "no answer"});
        world.is_away = true;
        CHECK(world.refusal("run-1") == "host_unreachable");
    }
    SECTION("no service is known here") {
        world.ledger.broken = Error(ErrorKind::ledger, "ledger_away", {"нет", "no answer"});
        world.meant.clear();
        CHECK(world.refusal("run-1") == "run_not_found");
        CHECK(world.logins == 2);
    }
    SECTION("the ledger answers, and will not do for that") {
        world.ledger.broken = Error(ErrorKind::config, "no_store", {"нет", "no"});
        CHECK(world.refusal("run-1") == "no_store");
    }
}
