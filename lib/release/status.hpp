#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace loomrel::release {

// The spec's status table plus the two that only its diagram names (design 5).
enum class Status {
    initiated,
    building,
    stage_deploy,
    staging_failed,
    manual_testing,
    manual_test_passed,
    manual_test_failed,
    deploying,
    deployed,
    production_failed,
    rollback,
    rollback_done,
    rollback_failed,
};

[[nodiscard]] std::span<const Status> all_statuses();
[[nodiscard]] std::string_view to_string(Status status);

// nullopt for a status that an older system wrote: it is shown as text and has no moves.
[[nodiscard]] std::optional<Status> parse_status(std::string_view text);

// The transition table of design 5, both ways.
[[nodiscard]] std::span<const Status> next_of(Status from);
[[nodiscard]] std::vector<Status> sources_of(Status to);
[[nodiscard]] bool may_become(Status from, Status to);

// The shortest way through the table, without `from`, with `to`; empty if there is none. Never
// leads through an approval: no catching up may take a person's decision.
[[nodiscard]] std::vector<Status> path(Status from, Status to);

// manual_test_passed and manual_test_failed are people's decisions, not machine moves.
[[nodiscard]] bool is_decision(Status status);

// A move to it is told to people as it happens (design 7). What is on the way is not: it is seen in
// the message about what came before.
[[nodiscard]] bool is_told(Status to);

enum class List { active, successful, failed };
[[nodiscard]] List list_of(Status status);
[[nodiscard]] std::vector<Status> statuses_in(List list);

} // namespace loomrel::release
