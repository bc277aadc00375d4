#include "lib/release/status.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>
#include <map>
#include <set>

using namespace loomrel::release;

namespace {

// The table of the design, written once more by hand and in words.
const std::map<std::string, std::set<std::string>> k_table{
    {"initiated", {"building", "staging_failed"}},
    {"building", {"stage_deploy", "staging_failed"}},
    {"stage_deploy", {"manual_testing", "staging_failed"}},
    {"staging_failed", {"building"}},
    {"manual_testing", {"manual_test_passed", "manual_test_failed", "building"}},
    {"manual_test_passed", {"deploying", "manual_testing", "manual_test_failed", "building"}},
    {"manual_test_failed", {"building"}},
    {"deploying", {"deployed", "production_failed"}},
    {"production_failed", {"deploying", "manual_testing", "rollback"}},
    {"deployed", {"rollback"}},
    {"rollback", {"rollback_done", "rollback_failed"}},
    {"rollback_failed", {"rollback"}},
    {"rollback_done", {"deployed"}},
};

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

TEST_CASE("a program moves a release anywhere but to a decision and into production") {
    std::set<std::string> reached;
    for (const Status each : all_statuses()) {
        const auto move = move_to(each);
        CAPTURE(to_string(each));
        const bool other = is_decision(each) || each == Status::deploying;
        CHECK(move.has_value() == (!other && each != Status::initiated));
        if (move) {
            CHECK(status_of(*move) == each);
            reached.emplace(to_string(each));
        }
    }
    CHECK(reached.size() == 9);
}

TEST_CASE("back to the build from a test or a rejection is the way to stage anew, no other is") {
    for (const Status from : all_statuses()) {
        for (const Status to : all_statuses()) {
            CAPTURE(to_string(from), to_string(to));
            const bool tested = to_string(from).starts_with("manual_test");
            const bool again = tested && to == Status::building;
            CHECK(is_again(from, to) == again);
            CHECK((!again || may_become(from, to)));
        }
    }
}

TEST_CASE("only the two results of manual testing are decisions") {
    for (const Status each : all_statuses()) {
        CHECK(is_decision(each) == to_string(each).starts_with("manual_test_"));
    }
}

TEST_CASE("every status stands in one list, outrun or not") {
    const auto names = [](List list) {
        std::set<std::string> found;
        for (const Status each : statuses_in(list)) {
            found.emplace(to_string(each));
            CHECK(list_of(each, list == List::outrun) == list);
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
    // What production has begun, and what is over, stays what it is.
    CHECK(names(List::outrun)
          == Set{"initiated", "building", "stage_deploy", "manual_testing", "manual_test_passed"});
    for (const Status each : all_statuses()) {
        CHECK(can_be_outrun(each) == (list_of(each, true) == List::outrun));
        CHECK((can_be_outrun(each) || list_of(each, true) == list_of(each)));
    }
}

TEST_CASE("each list is known by its name") {
    for (const List list : {List::active, List::successful, List::failed, List::outrun}) {
        CHECK(parse_list(to_string(list)) == list);
    }
    for (const char* unknown : {"", "Active", "all"}) {
        CHECK_FALSE(parse_list(unknown));
    }
}
