#include "lib/base/random.hpp"
#include "lib/deploy/bell.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/fake_store.hpp"

using namespace loomrel;
using namespace loomrel::test;

namespace {

class CountingStore : public FakeStore {
public:
    using FakeStore::FakeStore;

    void touch_run(const std::string&) override { ++touched; }

    int touched = 0;
};

} // namespace

TEST_CASE("while a host is waited for the ledger hears of it, and a wish is heard") {
    Ledger ledger;
    CountingStore store(ledger);
    deploy::Keeper keeper(&store, store::Spool({}, {}), "developer");
    store::Run run;
    run.id = random_uuid();
    keeper.set_run(run);
    deploy::Bell bell;
    const bool answered = false;
    const Deadline deadline = deadline_in(Milliseconds(60000));
    bell.wait_for_answers({&answered}, deadline, keeper, [&] { return store.touched > 0; });
    CHECK(store.touched == 1);
    CHECK(left_until(deadline) > Milliseconds(30000));
}
