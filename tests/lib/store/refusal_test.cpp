#include "lib/store/postgres/connection.hpp"
#include "lib/store/spool/spool.hpp"
#include "tests/lib/store/ledgers.hpp"
#include "tests/support/fake_store.hpp"

#include <chrono>

using namespace loomrel;
using namespace loomrel::test;
using release::Status;
using Clock = std::chrono::steady_clock;
using Kind = store::Fault::Kind;

namespace {

constexpr std::int64_t k_nowhere = 4711;

// A run of a developer's that nobody could tell the ledger of while it went on.
store::Change end_of(const store::Run& run) {
    store::Change change;
    change.id = random_uuid();
    change.actor = "developer";
    change.source = "journal";
    change.open_run = run;
    change.end_run = store::RunEnd{run.id, store::RunOutcome::good, "{}", {}};
    return change;
}

} // namespace

TEST_CASE("a ledger that is away holds up a migration no longer than anything else") {
    const store::Options options{"postgresql://u@127.0.0.1:1/d", Secret(), Milliseconds(500)};
    const auto began = Clock::now();
    const Error error = error_of([&] { (void)store::open_store(options)->migrate(); });
    CHECK(error.code() == "ledger_unreachable");
    CHECK(Clock::now() - began < Milliseconds(2000));
}

TEST_CASE("where nobody is and nobody ever was, nobody is waited for long") {
    store::Options options{"postgresql://u@127.0.0.1:1/d", Secret("key"), Milliseconds(2000)};
    options.first_contact = Milliseconds(200);
    Milliseconds least{0};
    Milliseconds most{1500};
    SECTION("no database") {}
    SECTION("no server") {
        options.url = "http://127.0.0.1:1/api";
    }
    SECTION("no name") {
        options.url = "postgresql://u@no-such-host.invalid/d";
    }
    SECTION("but a failover may be under way where there are several") {
        options.url = "postgresql://u@127.0.0.1:1,127.0.0.1:1/d";
        least = Milliseconds(1000); // the last pause may be one of a second
        most = Milliseconds(4000);
    }
    const auto began = Clock::now();
    const Error error = error_of([&] { (void)store::open_store(options)->find_release(1); });
    CHECK(error.code() == "ledger_unreachable");
    CHECK(Clock::now() - began >= least);
    CHECK(Clock::now() - began < most);
}

TEMPLATE_TEST_CASE("what names a release that is not there is told so, and is not tried again",
                   "",
                   SqliteLedger,
                   PostgresLedger,
                   HttpLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_ledger(ledger);
    const auto id = release_in(*store, {});
    const auto began = Clock::now();
    const store::Run run = new_run(k_nowhere);
    CHECK(error_of([&] { (void)store->open_run(run); }).code() == store::k_no_release);
    const store::NewNotice notice{random_uuid(), "text", k_nowhere, "{}"};
    CHECK(error_of([&] { store->add_notice(notice); }).code() == store::k_no_release);
    CHECK_FALSE(store->find_run(run.id));
    store::Change change = change_to(id, {Status::building});
    change.open_run = run;
    const std::string said = refusal_of([&] {
        const auto changed = store->apply(change);
        CHECK(changed.what == store::Changed::What::absent); // so says the API
    });
    CHECK((said.empty() || contains(said, "no such release")));
    CHECK(store->find_release(id)->status == "initiated");
    CHECK(Clock::now() - began < Milliseconds(5000));
}

TEMPLATE_TEST_CASE("a run that began while the ledger was away is in it once its end is told",
                   "",
                   SqliteLedger,
                   HttpLedger) {
    const TempFolder folder;
    const TestType ledger;
    const store::Run run = new_run();
    store::Spool spool(folder.path() / "spool", "ledger");
    spool.keep(end_of(run));
    const auto store = open_ledger(ledger);
    CHECK(spool.deliver(*store) == 1);
    const auto found = store->find_run(run.id);
    REQUIRE(found);
    CHECK(found->service == run.service);
    CHECK(found->outcome == store::RunOutcome::good);
    store::tell(*store, end_of(run)); // told again it is the same one
    CHECK(store->list_runs({}).size() == 1);
}

TEMPLATE_TEST_CASE(
    "the result of a release that the ledger does not have is set aside, not counted as told",
    "",
    PostgresLedger,
    SqliteLedger,
    HttpLedger) {
    const TempFolder folder;
    const TestType ledger;
    const auto store = open_ledger(ledger);
    store::Spool spool(folder.path() / "spool", "ledger");
    spool.keep(change_to(k_nowhere, {Status::building}));
    CHECK(spool.deliver(*store) == 0);
    CHECK(spool.waiting() == 0);
    CHECK(spool.refused() == 1);
}

TEST_CASE("what may pass is tried again, what cannot be is not") {
    for (const char* away : {"08006", "53000", "53200", "53300", "53400", "57P01"}) {
        CHECK(store::kind_of_sqlstate(away) == Kind::lost);
    }
    CHECK(store::kind_of_sqlstate("53100") == Kind::no_space);
    CHECK(store::kind_of_sqlstate("XX000") == Kind::transient);
    CHECK(store::kind_of_sqlstate("XX001") == Kind::damaged);
    CHECK(store::kind_of_sqlstate("23503") == Kind::no_release);
    for (const char* never : {"22001", "22021", "23502", "23505", "23514"}) {
        CHECK(store::kind_of_sqlstate(never) == Kind::rejected);
    }
    CHECK(store::kind_of_sqlstate("42P01") == Kind::failed);
}

TEST_CASE("the spool gives up only what the ledger has refused, not what failed in some way") {
    struct Trouble {
        const char* code;
        bool for_good;
    };

    const auto trouble = GENERATE(values<Trouble>({{"ledger_failed", false},
                                                   {"ledger_busy", false},
                                                   {"ledger_unreachable", false},
                                                   {store::k_rejected, true}}));
    CAPTURE(trouble.code);
    const TempFolder folder;
    Ledger ledger;
    FakeStore store(ledger);
    store::Spool spool(folder.path() / "spool", "ledger");
    spool.keep(end_of(new_run()));
    ledger.broken = Error(ErrorKind::ledger, trouble.code, {"нет", "no"});
    if (trouble.for_good) {
        CHECK(spool.deliver(store) == 0);
    } else {
        CHECK(error_of([&] { (void)spool.deliver(store); }).code() == trouble.code);
    }
    CHECK(spool.waiting() == (trouble.for_good ? 0 : 1));
    CHECK(spool.refused() == (trouble.for_good ? 1 : 0));
}

TEST_CASE("a server that does not know whether it is recorded passes that doubt on") {
    const bool in_doubt = GENERATE(true, false);
    Ledger told;
    told.broken =
        Error(ErrorKind::ledger, in_doubt ? "ledger_in_doubt" : "ledger_busy", {"нет", "no"});
    server::Settings settings;
    settings.port = 0;
    settings.api.key = Secret("key");
    server::Parts parts;
    parts.open_store = [&told] { return std::make_unique<FakeStore>(told); };
    server::Server server(settings, std::move(parts));
    std::thread serving([&server] { server.run(); });
    const auto store = store::open_store(
        {"http://" + server.address() + "/api/tg-bot", Secret("key"), Milliseconds(500)});
    const Error error = error_of([&] { (void)store->apply(change_to(1, {Status::building})); });
    CHECK(error.code() == (in_doubt ? "ledger_in_doubt" : "ledger_unreachable"));
    server.stop();
    serving.join();
}
