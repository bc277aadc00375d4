#include "lib/base/error.hpp"
#include "lib/deploy/rollback.hpp"
#include "tests/support/catch.hpp"

using namespace loomrel;
using namespace loomrel::deploy;

namespace {

// v1.2.0 serves, v1.1.0 was there before, v1.0.0 before that.
HostState sight() {
    HostState seen;
    seen.serves = "v1.2.0";
    seen.serving = "run-3";
    seen.kept = {{"run-3", "v1.2.0", "c3", "deploy", 300, "yes"},
                 {"run-2", "v1.1.0", "c2", "deploy", 200, "yes"},
                 {"run-1", "v1.0.0", "c1", "adopt", 100, "unknown"}};
    seen.back = "run-2";
    return seen;
}

RollbackWish wish(std::optional<std::string> to = std::nullopt) {
    return {std::move(to), "loom-content", "prod"};
}

std::string hint(const std::vector<HostLook>& hosts, const RollbackWish& wanted) {
    try {
        (void)choose_target(hosts, wanted);
    } catch (const Error& error) {
        return error.hint().en;
    }
    return "";
}

std::string refusal(const std::vector<HostLook>& hosts, const RollbackWish& wanted) {
    try {
        (void)choose_target(hosts, wanted);
    } catch (const Error& error) {
        return error.code();
    }
    return "";
}

} // namespace

TEST_CASE("without a target it goes to the last good other version") {
    const auto target = choose_target({{"a", sight()}}, wish());
    CHECK(target.from == "v1.2.0");
    CHECK(target.to == "v1.1.0");
    CHECK(target.commit == "c2");
    CHECK(target.from_id == "run-3");
    CHECK(target.to_id == "run-2");
    CHECK(target.kept_at == 200);
    CHECK_FALSE(target.rebuild);
    CHECK_FALSE(target.already);
}

TEST_CASE("a version is found by its tag and by its commit") {
    CHECK(choose_target({{"a", sight()}}, wish("v1.0.0")).to_id == "run-1");
    CHECK(choose_target({{"a", sight()}}, wish("c1")).to == "v1.0.0");
}

TEST_CASE("what is no tag of the clone is a mistyped name, and what is kept is named") {
    HostState seen = sight();
    seen.has_tag = false;
    CHECK(refusal({{"a", seen}}, wish("v1.0.1")) == "not_kept");
    CHECK(choose_target({{"a", sight()}}, wish("v1.0.1")).rebuild);
    // A host that missed a deploy builds what another one has.
    CHECK(choose_target({{"a", sight()}, {"b", seen}}, wish("v1.0.1")).rebuild);
}

TEST_CASE("what serves already is nothing to do") {
    CHECK(choose_target({{"a", sight()}}, wish("v1.2.0")).already);
}

TEST_CASE("a second step back wants a name, and says which there are") {
    HostState seen = sight();
    seen.back.clear();
    seen.second_step = true;
    seen.next = "run-2";
    try {
        (void)choose_target({{"a", seen}}, wish());
        FAIL("it was not refused");
    } catch (const Error& error) {
        CHECK(error.code() == "second_step");
        CHECK(error.kind() == ErrorKind::refused);
        CHECK(error.hint().en.find("--to v1.1.0") != std::string::npos);
        CHECK(error.hint().en.find("v1.1.0, v1.0.0") != std::string::npos);
    }
    CHECK(choose_target({{"a", seen}}, wish("v1.0.0")).to == "v1.0.0");
}

TEST_CASE("a second step leads away from what was just left, and is typed as the first was") {
    // v1.2.0 was rolled back from; v1.1.0 serves.
    HostState seen = sight();
    seen.serves = "v1.1.0";
    seen.serving = "run-2";
    seen.back.clear();
    seen.second_step = true;
    seen.next = "run-1";
    RollbackWish wanted = wish();
    wanted.host = "root@prod";
    wanted.identity = "/keys/a key";
    CHECK(hint({{"a", seen}}, wanted)
              .find("--service loom-content --host root@prod "
                    "--identity '/keys/a key' --to v1.0.0 ")
          != std::string::npos);
    CHECK(hint({{"a", seen}}, wanted).find("v1.2.0, v1.0.0") != std::string::npos);
    // The other host was away then: it is to follow.
    CHECK(hint({{"a", seen}, {"b", sight()}}, wanted).find("--to v1.1.0 ") != std::string::npos);
    // There it failed, and what was to be left was brought back.
    HostState failed = sight();
    failed.back.clear();
    failed.second_step = true;
    failed.how = "restore";
    seen.how = "rollback";
    CHECK(hint({{"a", failed}, {"b", seen}}, wanted).find("--to v1.1.0 ") != std::string::npos);
}

TEST_CASE("where every other version was rolled away from the hint says so") {
    HostState seen = sight();
    seen.back.clear();
    seen.second_step = true;
    try {
        (void)choose_target({{"a", seen}}, wish());
        FAIL("it was not refused");
    } catch (const Error& error) {
        CHECK(error.hint().en.find("rolled back from: v1.1.0, v1.0.0") != std::string::npos);
        CHECK(error.hint().en.find("--to v1.1.0") != std::string::npos);
    }
}

TEST_CASE("a rebuild takes its commit from the record, unless a host keeps it") {
    HostState seen = sight();
    seen.good_runs = {{"r9", "v0.9.0", "c9", 90, "deploy"}, {"r8", "v0.9.0", "c8", 80, "deploy"}};
    auto target = choose_target({{"a", seen}}, wish("v0.9.0"));
    CHECK(target.rebuild);
    CHECK(target.commit == "c9");
    CHECK(target.proven_by_host);
    // The tag was moved between two good runs: both were good here.
    HostState keeps = sight();
    keeps.kept.push_back({"run-0", "v0.9.0", "c8", "deploy", 80, "yes"});
    target = choose_target({{"a", keeps}, {"b", seen}}, wish("v0.9.0"));
    CHECK(target.rebuild);
    CHECK(target.commit == "c8");
    CHECK(target.proven_by_host);
    keeps.kept.back().commit = "c7";
    target = choose_target({{"a", keeps}, {"b", seen}}, wish("v0.9.0"));
    CHECK(target.commit == "c7");
    CHECK_FALSE(target.proven_by_host);
    // Nobody knows it; what another tag was proves nothing.
    target = choose_target({{"a", seen}}, wish("v0.8.0"));
    CHECK(target.commit.empty());
    CHECK_FALSE(target.proven_by_host);
}

TEST_CASE("where docker does not answer nothing is promised") {
    HostState seen = sight();
    seen.images_known = false;
    seen.back.clear();
    CHECK(refusal({{"a", seen}}, wish()) == "docker_silent");
    // Whoever names a version is in a better position to know.
    CHECK(choose_target({{"a", seen}}, wish("v1.1.0")).to_id == "run-2");
    // Nor is it said of any that it was rolled away from.
    CHECK(hint({{"a", seen}}, wish("main")).starts_with("name the version: "));
}

TEST_CASE("nothing kept is refused, a release tag may be built instead") {
    HostState seen;
    seen.serves = "sha256:0123";
    CHECK(refusal({{"a", seen}}, wish()) == "nothing_kept");
    CHECK(refusal({{"a", seen}}, wish("main")) == "not_kept");
    const auto target = choose_target({{"a", seen}}, wish("v1.0.0"));
    CHECK(target.rebuild);
    CHECK(target.from_id == "-");
}

TEST_CASE("several hosts go to one version or nowhere") {
    HostState other = sight();
    other.back = "run-1";
    CHECK(refusal({{"a", sight()}, {"b", other}}, wish()) == "targets_differ");
    CHECK(hint({{"a", sight()}, {"b", other}}, wish())
          == "name the version: loomrel rollback --env prod --service loom-content --to v1.1.0 "
             "(kept: v1.1.0, v1.0.0)");
    // Kept under another id on the second host: each finds it by its name.
    other = sight();
    other.kept[1].id = "run-2-before";
    other.back = "run-2-before";
    const auto target = choose_target({{"a", sight()}, {"b", other}}, wish());
    CHECK(target.to_id == "v1.1.0");
    CHECK(target.from_id == "run-3");
}

TEST_CASE("a host that does not answer does not stop the others") {
    CHECK(choose_target({{"a", std::nullopt}, {"b", sight()}}, wish()).to == "v1.1.0");
    CHECK(refusal({{"a", std::nullopt}}, wish()) == "host_unreachable");
}
