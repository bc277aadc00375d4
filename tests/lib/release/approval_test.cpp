#include "lib/base/error.hpp"
#include "lib/release/approval.hpp"
#include "lib/release/exclusion.hpp"
#include "tests/support/catch.hpp"

using namespace loomrel;
using namespace loomrel::release;

namespace {

ApprovalRules rules_of_three() {
    ApprovalRules rules;
    rules.approvers = {11111, 22222, 33333};
    rules.people = {{11111, "gommgo", "Аня Щукина"},
                    {22222, "Boris-K", ""},
                    {33333, "", "Жёлудь"},
                    {44444, "stranger", "Посторонний"}};
    return rules;
}

// The error's code and hint; "" if there is none.
template <typename Work> std::pair<std::string, std::string> failure_of(const Work& work) {
    try {
        work();
    } catch (const Error& error) {
        return {error.code(), error.hint().en};
    }
    return {};
}

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("an approver is found by id, login or name, however it is written") {
    struct Line {
        const char* who;
        std::int64_t id;
        const char* name;
    };

    for (const Line& line : {Line{"11111", 11111, "Аня Щукина"},
                             Line{"gommgo", 11111, "Аня Щукина"},
                             Line{"@GommGo", 11111, "Аня Щукина"},
                             Line{"аня щукина", 11111, "Аня Щукина"},
                             Line{" АНЯ ЩУКИНА ", 11111, "Аня Щукина"},
                             Line{"BORIS-k", 22222, "Boris-K"},
                             Line{"22222", 22222, "Boris-K"},
                             Line{"жЁЛУДЬ", 33333, "Жёлудь"}}) {
        CAPTURE(line.who);
        const Approver found = find_approver(rules_of_three(), line.who);
        CHECK(found.id == line.id);
        CHECK(found.name == line.name);
    }
}

TEST_CASE("who is not on the list is told who is") {
    for (const char* who : {"stranger", "44444", "Посторонний", "", "@", "0", "-11111", "111111"}) {
        CAPTURE(who);
        const auto [code, hint] = failure_of([&] { (void)find_approver(rules_of_three(), who); });
        CHECK(code == "not_an_approver");
        CHECK(has(hint, "Аня Щукина (11111), Boris-K (22222), Жёлудь (33333)"));
    }
    const auto [code, hint] = failure_of([] { (void)find_approver({}, "11111"); });
    CHECK(code == "no_approvers");
    CHECK(has(hint, "approvers"));
}

TEST_CASE("a name that two approvers have names neither") {
    ApprovalRules rules = rules_of_three();
    rules.people = {{11111, "a", "Саша"}, {22222, "b", "саша"}, {44444, "c", "Саша"}};
    CHECK(failure_of([&] { (void)find_approver(rules, "Саша"); }).first == "approver_ambiguous");
    CHECK(find_approver(rules, "B").id == 22222);
}

TEST_CASE("so many approvals are needed as the quorum says") {
    struct Line {
        int quorum;
        bool self_approval;
        const char* by;
        int needed; // 0 = it cannot be reached
        std::size_t eligible;
    };

    for (const Line& line : {Line{1, true, "gommgo", 1, 3},
                             Line{2, true, "gommgo", 2, 3},
                             Line{3, true, "gommgo", 3, 3},
                             Line{4, true, "gommgo", 0, 0},
                             Line{0, true, "gommgo", 3, 3},
                             Line{0, false, "gommgo", 2, 2},
                             Line{0, false, "somebody", 3, 3},
                             Line{2, false, "GOMMGO", 2, 2},
                             Line{3, false, "gommgo", 0, 0}}) {
        CAPTURE(line.quorum, line.self_approval, line.by);
        ApprovalRules rules = rules_of_three();
        rules.approvers.push_back(11111); // listed twice, he counts once
        rules.quorum = line.quorum;
        rules.self_approval = line.self_approval;
        if (line.needed == 0) {
            CHECK(failure_of([&] { (void)council_of(rules, {line.by}); }).first
                  == "quorum_unreachable");
            continue;
        }
        const Council council = council_of(rules, {line.by});
        CHECK(council.needed == line.needed);
        CHECK(council.ids().size() == line.eligible);
    }
}

TEST_CASE("nobody approves a release of their own where that is not wanted") {
    ApprovalRules rules = rules_of_three();
    const Approver anya = find_approver(rules, "gommgo");
    check_not_own(rules, anya, {"gommgo"});
    rules.self_approval = false;
    CHECK(failure_of([&] { check_not_own(rules, anya, {"GommGo"}); }).first == "self_approval");
    CHECK(failure_of([&] { check_not_own(rules, anya, {"аня щукина"}); }).first == "self_approval");
    check_not_own(rules, anya, {"Boris-K"});
    check_not_own(rules, anya, {""});

    // Then everybody has to be known.
    rules.approvers.push_back(55555);
    const auto [code, hint] = failure_of([&] { (void)council_of(rules, {"gommgo"}); });
    CHECK(code == "approver_unknown");
    CHECK(has(hint, "55555"));
    rules.self_approval = true;
    CHECK(council_of(rules, {"gommgo"}).approvers.back().name == "55555");
}

TEST_CASE("votes let a release in by number, by who gave them and by how long ago") {
    ApprovalRules rules = rules_of_three();
    rules.quorum = 2;
    rules.expires = Milliseconds(1000);
    const auto lack = [&](std::vector<Vote> votes, const char* by = "somebody") {
        return lack_of(rules, {by}, std::move(votes));
    };
    const auto ms = [](int count) { return Milliseconds(count); };
    CHECK(lack({}) == Lack::approvals);
    CHECK(lack({{11111, ms(5)}}) == Lack::approvals);
    CHECK(lack({{11111, ms(5)}, {22222, ms(5)}}) == Lack::nothing);
    // One person is one vote; a stranger, or one who is on the list no more, is none.
    CHECK(lack({{11111, ms(5)}, {11111, ms(6)}}) == Lack::approvals);
    CHECK(lack({{11111, ms(5)}, {44444, ms(5)}}) == Lack::approvals);
    // It is as old as the vote that made it enough: later ones make it no younger, and an old one
    // is no fault where enough came after it.
    CHECK(lack({{11111, ms(5000)}, {22222, ms(1000)}}) == Lack::nothing);
    CHECK(lack({{11111, ms(5000)}, {22222, ms(1001)}}) == Lack::age);
    CHECK(lack({{11111, ms(5000)}, {22222, ms(1001)}, {33333, ms(1)}}) == Lack::age);

    rules.quorum = 0; // all of them
    CHECK(lack({{11111, ms(5)}, {22222, ms(5)}}) == Lack::approvals);
    CHECK(lack({{11111, ms(5)}, {22222, ms(5)}, {33333, ms(5)}}) == Lack::nothing);
    rules.quorum = 1;
    rules.self_approval = false;
    CHECK(lack({{11111, ms(5)}}, "gommgo") == Lack::approvals);
    CHECK(lack({{22222, ms(5)}}, "gommgo") == Lack::nothing);
    // Whom nobody could count, nobody counts.
    rules.approvers.push_back(55555);
    CHECK(lack({{22222, ms(5)}}, "gommgo") == Lack::approvals);
    CHECK(lack_of({}, {"gommgo"}, {{11111, ms(5)}}) == Lack::approvals);
}
