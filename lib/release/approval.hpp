#pragma once

#include "lib/base/clock.hpp"
#include "lib/release/actors.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

// Who may approve a release, and how many of them it takes (design 3, 5, 7). The texts of the
// errors are for whoever tried: they name who may.
namespace loomrel::release {

// One [[people]] entry: who is who.
struct Person {
    std::int64_t telegram = 0;
    std::string github;
    std::string name;
    std::vector<std::string> emails{}; // that the commits of his bear

    friend bool operator==(const Person&, const Person&) = default;
};

// Who may approve and what it takes, as one value: what `serve` writes into the ledger, and what
// its decisions and claims are held to (design 13.2).
struct ApprovalRules {
    std::vector<std::int64_t> approvers; // Telegram ids
    int quorum = 1;                      // 0 = all of them
    bool self_approval = true;
    std::vector<Person> people;
    Milliseconds expires{24 * 3600 * 1000}; // from the last needed approval to the claim

    friend bool operator==(const ApprovalRules&, const ApprovalRules&) = default;
};

struct Approver {
    std::int64_t id = 0;
    std::string name; // what people call him; the id where nobody says
};

// Those who may approve one release.
struct Council {
    std::vector<Approver> approvers;
    int needed = 1;

    [[nodiscard]] std::vector<std::int64_t> ids() const;
};

[[nodiscard]] bool is_approver(const ApprovalRules& rules, std::int64_t id);
[[nodiscard]] Approver approver_of(const ApprovalRules& rules, std::int64_t id);

// `who`: a Telegram id, or the GitHub login or the name of a [[people]] entry, in any case.
// Error(refused) if that is nobody on the list, Error(usage) if it is two.
[[nodiscard]] Approver find_approver(const ApprovalRules& rules, std::string_view who);

// Has the [[people]] entry this GitHub login or name, in any case?
[[nodiscard]] bool is_called(const Person& person, std::string_view who);

// Without those whose own release it is (exclusion.hpp). Error(config) if nobody may, or fewer than
// are needed, or if it cannot be told who is who where self_approval = false wants that.
[[nodiscard]] Council council_of(const ApprovalRules& rules, const Origin& origin);

// An approval of the commit in question that nothing has made void.
struct Vote {
    std::int64_t approver = 0;
    Milliseconds ago{0}; // by the ledger's clock
};

// What keeps these votes from letting a release into production by these rules.
// `sender`: nothing says who that is (check_sender).
enum class Lack { nothing, sender, approvals, age };

// Only eligible approvers count, each once. The approval is as old as the vote that completed the
// quorum.
[[nodiscard]] Lack
lack_of(const ApprovalRules& rules, const Origin& origin, std::vector<Vote> votes);

} // namespace loomrel::release
