#include "lib/server/wrong_keys.hpp"
#include "tests/support/catch.hpp"

#include <memory>
#include <vector>

using namespace loomrel;
using server::WrongKeys;

TEST_CASE("wrong keys of one source are answered one after another, and others' at once") {
    WrongKeys keys;
    const WrongKeys::Clock::time_point now{};
    std::vector<std::unique_ptr<WrongKeys::Waiting>> waiting;
    for (std::size_t i = 0; i < WrongKeys::k_most_waiting; ++i) {
        CHECK(keys.may_try("10.0.0.1"));
        waiting.push_back(std::make_unique<WrongKeys::Waiting>(keys, "10.0.0.1", now));
        CHECK(waiting.back()->until() - now == WrongKeys::k_pause * (i + 1));
    }
    CHECK_FALSE(keys.may_try("10.0.0.1"));
    CHECK(keys.may_try("10.0.0.2"));
    const WrongKeys::Waiting other(keys, "10.0.0.2", now);
    CHECK(other.until() - now == WrongKeys::k_pause);
    // One was answered: one more may be tried, and waits behind all the others.
    waiting.erase(waiting.begin());
    CHECK(keys.may_try("10.0.0.1"));
    const WrongKeys::Waiting last(keys, "10.0.0.1", now + WrongKeys::k_pause);
    CHECK(last.until() - now == WrongKeys::k_pause * (WrongKeys::k_most_waiting + 1));
}

TEST_CASE("a source that waits for nothing is forgotten") {
    WrongKeys keys;
    const auto now = WrongKeys::Clock::now();
    {
        const WrongKeys::Waiting one(keys, "10.0.0.1", now);
        const WrongKeys::Waiting two(keys, "10.0.0.1", now);
        CHECK(keys.remembered() == 1);
    }
    CHECK(keys.remembered() == 0);
    const WrongKeys::Waiting again(keys, "10.0.0.1", now);
    CHECK(again.until() == now + WrongKeys::k_pause);
}

TEST_CASE("a source is an address, or the network of an IPv6 one") {
    CHECK(WrongKeys::source_of("10.0.0.1") == "10.0.0.1");
    CHECK(WrongKeys::source_of("2001:db8::1") == WrongKeys::source_of("2001:db8::ffff:1"));
    CHECK(WrongKeys::source_of("2001:db8::1") != WrongKeys::source_of("2001:db8:0:1::1"));
    CHECK(WrongKeys::source_of("no address") == "no address");
}
