#include "lib/release/status.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>
#include <map>
#include <set>

using namespace loomrel::release;

namespace {

using Names = std::vector<std::string>;

// The table of the design, written once more by hand and in words.
const std::map<std::string, std::set<std::string>> k_table{
    {"initiated", {"building", "staging_failed"}},
    {"building", {"stage_deploy", "staging_failed"}},
    {"stage_deploy", {"manual_testing", "staging_failed"}},
    {"staging_failed", {"building"}},
    {"manual_testing", {"manual_test_passed", "manual_test_failed"}},
    {"manual_test_passed", {"deploying", "manual_testing", "manual_test_failed"}},
    {"manual_test_failed", {}},
    {"deploying", {"deployed", "production_failed"}},
    {"production_failed", {"deploying", "rollback"}},
    {"deployed", {"rollback"}},
    {"rollback", {"rollback_done", "rollback_failed"}},
    {"rollback_failed", {"rollback"}},
    {"rollback_done", {"deployed"}},
};

Status status(const std::string& name) {
    const auto parsed = parse_status(name);
    REQUIRE(parsed);
    return *parsed;
}

Names way(const std::string& from, const std::string& to) {
    Names names;
    for (const Status step : path(status(from), status(to))) {
        names.emplace_back(to_string(step));
    }
    return names;
}

} // namespace

TEST_CASE("there are thirteen statuses and each is known by its name") {
    CHECK(all_statuses().size() == 13);
    std::set<std::string> names;
    for (const Status each : all_statuses()) {
        CHECK(parse_status(to_string(each)) == each);
        names.emplace(to_string(each));
        CHECK(k_table.count(std::string(to_string(each))) == 1);
    }
    CHECK(names.size() == 13);
    for (const char* unknown : {"", "Deployed", "deployed ", "staging", "cancelled"}) {
        CHECK_FALSE(parse_status(unknown));
    }
}

TEST_CASE("every pair of statuses is allowed exactly as the table says") {
    for (const Status from : all_statuses()) {
        const auto& allowed = k_table.at(std::string(to_string(from)));
        CHECK(next_of(from).size() == allowed.size());
        for (const Status to : all_statuses()) {
            CAPTURE(to_string(from), to_string(to));
            CHECK(may_become(from, to) == (allowed.count(std::string(to_string(to))) == 1));
            const auto sources = sources_of(to);
            CHECK((std::find(sources.begin(), sources.end(), from) != sources.end())
                  == may_become(from, to));
        }
    }
}

TEST_CASE("catching up takes the shortest way") {
    CHECK(way("initiated", "manual_testing")
          == Names{"building", "stage_deploy", "manual_testing"});
    CHECK(way("initiated", "staging_failed") == Names{"staging_failed"});
    CHECK(way("staging_failed", "manual_testing")
          == Names{"building", "stage_deploy", "manual_testing"});
    CHECK(way("manual_test_passed", "deployed") == Names{"deploying", "deployed"});
    CHECK(way("production_failed", "deployed") == Names{"deploying", "deployed"});
    CHECK(way("deployed", "rollback_failed") == Names{"rollback", "rollback_failed"});
    CHECK(way("rollback_done", "rollback_failed")
          == Names{"deployed", "rollback", "rollback_failed"});
    CHECK(way("deployed", "deployed").empty());
}

TEST_CASE("catching up never takes a person's decision") {
    for (const Status from : all_statuses()) {
        for (const Status to : all_statuses()) {
            Status at = from;
            for (const Status step : path(from, to)) {
                CHECK_FALSE(is_decision(step));
                CHECK(may_become(at, step));
                at = step;
            }
            if (!path(from, to).empty()) {
                CHECK(at == to);
            }
        }
    }
    CHECK(way("manual_testing", "deployed").empty());
    CHECK(way("initiated", "deploying").empty());
    CHECK(way("manual_testing", "manual_test_passed").empty());
    CHECK(way("manual_test_failed", "building").empty());
}

TEST_CASE("only the two results of manual testing are decisions") {
    for (const Status each : all_statuses()) {
        CHECK(is_decision(each) == to_string(each).starts_with("manual_test_"));
    }
}

TEST_CASE("every status stands in one list") {
    const auto names = [](List list) {
        std::set<std::string> found;
        for (const Status each : statuses_in(list)) {
            found.emplace(to_string(each));
            CHECK(list_of(each) == list);
        }
        return found;
    };
    using Set = std::set<std::string>;
    CHECK(names(List::active)
          == Set{"initiated",
                 "building",
                 "stage_deploy",
                 "manual_testing",
                 "manual_test_passed",
                 "deploying",
                 "rollback"});
    CHECK(names(List::successful) == Set{"deployed", "rollback_done"});
    CHECK(names(List::failed)
          == Set{"staging_failed", "manual_test_failed", "production_failed", "rollback_failed"});
}
