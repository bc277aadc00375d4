#include "lib/base/random.hpp"
#include "lib/deploy/event_queue.hpp"
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
    deploy::LedgerRecorder recorder(&store, store::Spool({}, {}), "developer");
    store::Run run;
    run.id = random_uuid();
    recorder.set_run(run);
    deploy::EventQueue events;
    const bool answered = false;
    const Deadline deadline = deadline_in(Milliseconds(60000));
    events.wait_for_answers({&answered}, deadline, recorder, [&] { return store.touched > 0; });
    CHECK(store.touched == 1);
    CHECK(left_until(deadline) > Milliseconds(30000));
}
