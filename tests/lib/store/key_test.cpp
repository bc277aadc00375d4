#include "lib/base/digest.hpp"
#include "lib/store/keys.hpp"
#include "tests/lib/store/ledgers.hpp"

#include <set>

using namespace loomrel;
using namespace loomrel::test;
using store::Scope;

namespace {

store::NewKey new_key(const std::string& name, Scope scope, const Secret& key = store::make_key()) {
    store::NewKey made;
    made.key.name = name;
    made.key.scope = scope;
    made.key.created_by = "anya";
    made.digest = store::digest_of(key);
    return made;
}

} // namespace

TEST_CASE("a key has 128 bits, and a form by which it is known") {
    std::set<std::string> made;
    for (int i = 0; i < 100; ++i) {
        const Secret key = store::make_key();
        CHECK(key.reveal().size() == std::string("loomrel_").size() + 128 / 4);
        CHECK(store::has_form_of_key(key.reveal()));
        made.insert(key.reveal());
    }
    CHECK(made.size() == 100);
    const std::string good = store::make_key().reveal();
    for (const std::string& other : {std::string(),
                                     std::string("loomrel_"),
                                     good + "0",
                                     good.substr(1),
                                     good.substr(0, good.size() - 1) + "G",
                                     "lo0mrel_" + good.substr(8)}) {
        CHECK_FALSE(store::has_form_of_key(other));
    }
}

TEST_CASE("a key's name is plain, and none of the program's own") {
    for (const char* good : {"ci-stage", "a", "7", "boris.k", "x_y", "interserver2"}) {
        CAPTURE(good);
        CHECK(store::is_key_name(good));
    }
    for (const std::string& bad : {std::string(),
                                   std::string("Ci"),
                                   std::string("-a"),
                                   std::string("a b"),
                                   std::string("a\nb"),
                                   std::string("ключ"),
                                   std::string("interserver"),
                                   std::string("loomrel"),
                                   std::string("serve"),
                                   std::string(65, 'a')}) {
        CAPTURE(bad);
        CHECK_FALSE(store::is_key_name(bad));
    }
}

TEMPLATE_TEST_CASE("a ledger knows a key by its digest, and never holds the key",
                   "",
                   SqliteLedger,
                   PostgresLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_database(ledger);
    const Secret key = store::make_key();
    auto made = new_key("ci-stage", Scope::stage, key);
    made.key.services = {"loom-content", "shop"};
    made.key.approver_id = 11111;
    CHECK_FALSE(store->create_key(made));
    const auto found = store->find_key(store::digest_of(key));
    REQUIRE(found);
    CHECK(found->name == "ci-stage");
    CHECK(found->scope == Scope::stage);
    CHECK(found->services == made.key.services);
    CHECK(found->approver_id == 11111);
    CHECK(found->created_by == "anya");
    CHECK_FALSE(found->expires_at);
    CHECK_FALSE(found->last_used_at);
    CHECK_FALSE(store->find_key(store::digest_of(store::make_key())));
    CHECK_FALSE(store->find_key(key.reveal()));
    CHECK_FALSE(store->find_key(""));
    CHECK(ledger.sql("SELECT digest FROM api_keys") == to_hex(sha256(key.reveal())));
    CHECK(ledger.sql("SELECT count(*) FROM api_keys WHERE name LIKE '%" + key.reveal() + "%'")
          == "0");
}

TEMPLATE_TEST_CASE("a key's use is noted, and not at every request",
                   "",
                   SqliteLedger,
                   PostgresLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_database(ledger);
    const auto made = new_key("ci", Scope::all);
    (void)store->create_key(made);
    (void)store->find_key(made.digest);
    const std::string first = ledger.sql("SELECT last_used_at FROM api_keys");
    CHECK_FALSE(first.empty());
    std::this_thread::sleep_for(Milliseconds(5));
    (void)store->find_key(made.digest);
    CHECK(ledger.sql("SELECT last_used_at FROM api_keys") == first);
    ledger.sql("UPDATE api_keys SET last_used_at = '2020-01-01 00:00:00'");
    (void)store->find_key(made.digest);
    CHECK(ledger.sql("SELECT last_used_at FROM api_keys") > "2021");
}

TEMPLATE_TEST_CASE("a key that is revoked or over opens nothing",
                   "",
                   SqliteLedger,
                   PostgresLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_database(ledger);
    auto brief = new_key("brief", Scope::all);
    brief.expires_in = Milliseconds(300);
    (void)store->create_key(brief);
    const auto revoked = new_key("revoked", Scope::all);
    (void)store->create_key(revoked);
    CHECK(store->find_key(brief.digest));
    CHECK(store->find_key(revoked.digest));
    CHECK(store->revoke_keys("revoked", false) == 1);
    CHECK(store->revoke_keys("revoked", false) == 0);
    CHECK_FALSE(store->find_key(revoked.digest));
    std::this_thread::sleep_for(Milliseconds(400));
    CHECK_FALSE(store->find_key(brief.digest));
    const auto keys = store->list_keys();
    REQUIRE(keys.size() == 2);
    CHECK(keys[0].expires_at);
    CHECK(keys[1].revoked_at);
}

TEMPLATE_TEST_CASE("a second key of one name takes the first one's place, and may do the same",
                   "",
                   SqliteLedger,
                   PostgresLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_database(ledger);
    auto first = new_key("ci", Scope::stage);
    first.key.services = {"a", "b"};
    auto second = new_key("ci", Scope::stage);
    second.key.services = {"b", "a"};
    CHECK_FALSE(store->create_key(first));
    CHECK_FALSE(store->create_key(second));
    CHECK(store->find_key(first.digest));
    CHECK(store->find_key(second.digest));
    auto other = new_key("ci", Scope::prod);
    other.key.services = {"a", "b"};
    auto wider = new_key("ci", Scope::stage);
    auto approver = second;
    approver.digest = "x";
    approver.key.approver_id = 1;
    for (const auto& differs : {other, wider, approver}) {
        const auto there = store->create_key(differs);
        REQUIRE(there);
        CHECK(there->scope == Scope::stage);
        CHECK_FALSE(store->find_key(differs.digest));
    }
    CHECK(store->revoke_keys("ci", true) == 1);
    CHECK_FALSE(store->find_key(first.digest));
    CHECK(store->find_key(second.digest));
    CHECK(store->revoke_keys("ci", true) == 0);
    CHECK(store->revoke_keys("ci", false) == 1);
    // What is over stands in nobody's way.
    CHECK_FALSE(store->create_key(other));
}

TEMPLATE_TEST_CASE("of a key that cannot be read nobody gets more than it said",
                   "",
                   SqliteLedger,
                   PostgresLedger) {
    LOOMREL_NEEDS(TestType);
    const TestType ledger;
    const auto store = open_database(ledger);
    const auto made = new_key("ci", Scope::stage);
    (void)store->create_key(made);
    // Empty would be all services.
    ledger.sql("UPDATE api_keys SET services = 'loom-content'");
    CHECK(contains(refusal_of([&] { (void)store->find_key(made.digest); }), "loom-content"));
    ledger.sql("UPDATE api_keys SET services = '[]', scope = 'everything'");
    CHECK(contains(refusal_of([&] { (void)store->find_key(made.digest); }), "everything"));
}
