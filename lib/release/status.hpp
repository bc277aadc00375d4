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

// manual_test_passed and manual_test_failed are people's decisions, not machine moves.
[[nodiscard]] bool is_decision(Status status);

// What a program may move a release to by saying so. People's decisions are not among them, nor is
// `deploying`: a decision is made by Store::decide, production is claimed by Store::claim, and
// nothing that is written down or sent as a move can hold either.
enum class Move {
    building,
    stage_deploy,
    staging_failed,
    manual_testing,
    deployed,
    production_failed,
    rollback,
    rollback_done,
    rollback_failed,
};

[[nodiscard]] Status status_of(Move move);
// The name of that status.
[[nodiscard]] std::string_view to_string(Move move);
// nullopt: no move leads there.
[[nodiscard]] std::optional<Move> move_to(Status status);

// Put on stage anew (design 5): these lead back to `building`, and only together with a new deploy
// run on stage, which ends the approvals and the rejection that were there.
[[nodiscard]] bool is_again(Status from, Status to);

// A move to it is told to people as it happens (design 7). What is on the way is not: it is seen in
// the message about what came before.
[[nodiscard]] bool is_told(Status to);

// `outrun` holds what would be active, had not another version taken its place (design 13.3).
enum class List { active, successful, failed, outrun };
[[nodiscard]] List list_of(Status status, bool outrun = false);
[[nodiscard]] std::vector<Status> statuses_in(List list);
[[nodiscard]] std::string_view to_string(List list);
[[nodiscard]] std::optional<List> parse_list(std::string_view text);
// Only of these statuses can a release be outrun: what production has begun stays as it is.
[[nodiscard]] bool can_be_outrun(Status status);

} // namespace loomrel::release
