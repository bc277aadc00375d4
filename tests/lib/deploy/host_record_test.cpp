#include "lib/base/text.hpp"
#include "lib/deploy/end_status.hpp"
#include "lib/deploy/failure.hpp"
#include "lib/deploy/host_record.hpp"
#include "lib/deploy/look.hpp"
#include "lib/deploy/rollback.hpp"
#include "tests/support/catch.hpp"

using namespace loomrel;
using namespace loomrel::deploy;

namespace {

const std::string k_id = "6b0a0f1e-0000-4000-8000-000000000001";
const std::string k_end = "id=" + k_id
                          + " rc=0 outcome=good step=keep reason=- serves=v1.2.3 switched=yes"
                            " restored=- log=whole whole=. protocol=2";
const std::string k_capsule =
    "name=v1.2.3 commit=c1 id=run-1 how=deploy seconds=100 health=yes hash=- previous=-";

HostState told(const std::vector<ControlLine>& lines) {
    return read_look(lines);
}

std::string refused(const HostState& host) {
    try {
        (void)choose_target({{"a", host}}, {std::nullopt, "demo", "prod"});
    } catch (const Error& error) {
        return error.code() + ": " + error.message().en;
    }
    return "";
}

} // namespace

TEST_CASE("A record with keys may name them in any order and have more than are known") {
    const auto record = read_record("b=2 a=1 later=x=y", 2, {"a", "b"});
    REQUIRE(record);
    CHECK(record->at("a") == "1");
    CHECK(record->at("b") == "2");
    CHECK(record->at("later") == "x=y");
    CHECK_FALSE(read_record("a=1", 2, {"a", "b"}));
    CHECK_FALSE(read_record("a=1 b", 2, {"a", "b"}));
    CHECK_FALSE(read_record("a=1 a=2 b=3", 2, {"a", "b"}));
    CHECK_FALSE(read_record("", 2, {"a"}));
}

TEST_CASE("A record without keys has as many values as there were keys then") {
    const auto record = read_record("1 2", 1, {"b", "a"});
    REQUIRE(record);
    CHECK(record->at("b") == "1");
    CHECK(record->at("a") == "2");
    CHECK_FALSE(read_record("1", 1, {"a", "b"}));
    CHECK_FALSE(read_record("1 2 3", 1, {"a", "b"}));
}

TEST_CASE("A record says which protocol it is written in, or it is the first") {
    CHECK(protocol_of({{"protocol", "2"}}) == 2);
    CHECK(protocol_of({{"protocol", "3"}}) == 3);
    for (const char* none : {"", "x", "0", "-1", "99999999999999999999"}) {
        CHECK(protocol_of({{"protocol", none}}) == 1);
    }
    CHECK(protocol_of({}) == 1);
}

TEST_CASE("Hello tells how a run was found and what its program speaks") {
    const auto hello = read_hello("how=running nonce=feed size=12 up=345.67 protocol=3 later=x");
    REQUIRE(hello);
    CHECK(hello->how == "running");
    CHECK(hello->nonce == "feed");
    CHECK(hello->size == 12);
    CHECK(hello->up_cs == 34567);
    CHECK(hello->protocol == 3);
    const auto absent = read_hello("how=absent");
    REQUIRE(absent);
    CHECK(absent->protocol == 1);
    CHECK_FALSE(absent->up_cs);
    CHECK_FALSE(read_hello("running feed 12 345.67"));
}

TEST_CASE("A status with keys tells how the run ended, whatever a newer loomrel added") {
    for (const std::string& more : {std::string(), std::string(" downtime=12")}) {
        const auto end = parse_end_status(k_end + more + std::string(300, ' '), k_id);
        REQUIRE(end);
        CHECK(end->good());
        CHECK(end->step == "keep");
        CHECK(end->serves == "v1.2.3");
        CHECK(end->switched);
        CHECK(end->log == "whole");
    }
}

TEST_CASE("A status with keys that is cut short, contradicts itself or is foreign is unknown") {
    const std::size_t whole = k_end.find("whole=.") + 7;
    for (std::size_t length = 0; length < whole; ++length) {
        CHECK_FALSE(parse_end_status(k_end.substr(0, length), k_id));
    }
    const auto with = [](const std::string& from, const std::string& to) {
        std::string text = k_end;
        return parse_end_status(text.replace(text.find(from), from.size(), to), k_id);
    };
    CHECK_FALSE(with(k_id, "another"));
    CHECK_FALSE(with("rc=0", "rc=1"));
    CHECK_FALSE(with("rc=0", "rc=00000"));
    CHECK_FALSE(with("outcome=good", "outcome=failed"));
    CHECK_FALSE(with("outcome=good", "outcome=perfect"));
    CHECK_FALSE(with("switched=yes", "switched=maybe"));
    CHECK_FALSE(with("restored=-", "restored=perhaps"));
    CHECK_FALSE(with("whole=.", "whole=no"));
    CHECK_FALSE(with(" step=keep", ""));
}

TEST_CASE("A look's records are read with keys where the program says that it has them") {
    const HostState host = told({{"hello", "protocol=2 more=x"},
                                 {"current", "name=v1.2.3 commit=c1 id=run-1 how=deploy seconds=7"},
                                 {"serves", "v1.2.3"},
                                 {"serving", "run-1"},
                                 {"back", "why=none to=run-0 next=-"},
                                 {"capsule", k_capsule + " later=x"},
                                 {"lost", "name=v1.0.0 commit=c0 id=run-0"},
                                 {"run", "id=" + k_id + " state=died step=-"},
                                 {"good", "run=r name=v1.2.3 commit=c1 seconds=9 kind=deploy"},
                                 {"over", ""}});
    CHECK(host.commit == "c1");
    CHECK(host.since == 7);
    CHECK(host.back == "run-0");
    REQUIRE(host.kept.size() == 1);
    CHECK(host.kept[0].kept_at == 100);
    REQUIRE(host.lost.size() == 1);
    CHECK(host.lost[0].name == "v1.0.0");
    CHECK(host.runs.size() == 1);
    REQUIRE(host.good_runs.size() == 1);
    CHECK(host.good_runs[0].at == 9);
    CHECK(host.unread.empty());
}

TEST_CASE("What of a look cannot be read is said, and not taken for nothing") {
    for (const auto& [word, rest] : std::vector<std::pair<std::string, std::string>>{
             {"capsule", "name=v1.2.3 commit=c1"},
             {"capsule", "v1.2.3 c1 run-1 deploy 100 yes - -"},
             {"lost", "name=v1.0.0"},
             {"good", "run=r name=v1.2.3 commit=c1 seconds=x kind=deploy"},
             {"run", k_id + " died -"},
             {"back", "run-0 none -"},
             {"current", "v1.2.3 c1 run-1 deploy 7"}}) {
        CAPTURE(word);
        const HostState host = told({{"hello", "protocol=2"}, {word, rest}});
        REQUIRE(host.unread.size() == 1);
        CHECK(host.unread[0].what == word);
        CHECK_FALSE(host.unread[0].newer);
    }
    // Likewise of a program from before there were keys.
    CHECK(told({{"capsule", "v1.2.3 c1 run-1 deploy 100 yes - - more"}}).unread.size() == 1);
    CHECK(told({{"capsule", "v1.2.3 c1 run-1 deploy 100 yes - -"}}).unread.empty());
}

TEST_CASE("What a newer loomrel kept is said to be newer, and not that nothing is kept") {
    const HostState by_newer =
        told({{"hello", "protocol=3"}, {"capsule", "{\"name\":\"v1.2.3\"}"}});
    REQUIRE(by_newer.unread.size() == 1);
    CHECK(by_newer.unread[0].newer);
    const HostState kept_newer = told({{"hello", "protocol=2"}, {"unread", "id=run-9 why=newer"}});
    REQUIRE(kept_newer.unread.size() == 1);
    CHECK(kept_newer.unread[0].newer);
    CHECK(refused(kept_newer).starts_with("written_by_newer: a newer loomrel wrote what host a"));
    CHECK(refused(kept_newer).find("run-9") != std::string::npos);
    const HostState damaged = told({{"hello", "protocol=2"}, {"unread", "id=run-9 why=damaged"}});
    CHECK(refused(damaged).starts_with("host_unread: "));
    CHECK(refused(told({{"hello", "protocol=2"}})).starts_with("nothing_kept: "));
}

TEST_CASE("what a host says it changed harms nobody who reads it") {
    const std::string id = "id=by-hand-1764547200-4711 kind=rollback outcome=good ";
    const std::string rest = " commit=- by=x whole=.";
    const auto changes = [&](const std::string& words) {
        return told({{"hello", "protocol=2"}, {"change", id + words + rest}}).changes;
    };
    REQUIRE(changes("serves=v1.2.2 seconds=1764547200").size() == 1);
    CHECK(changes("serves=v1.2.2 seconds=1764547200")[0].serves == "v1.2.2");
    CHECK(changes("serves=- seconds=1764547200")[0].serves.empty());
    CHECK(is_valid_utf8(changes("serves=v1\xff\x1b[31m seconds=1764547200")[0].serves));
    for (const char* seconds : {"9223372036854775807", "-1", "253402300800", "soon"}) {
        CAPTURE(seconds);
        CHECK(changes(std::string("serves=v1.2.2 seconds=") + seconds).empty());
    }
}
