#include "lib/release/status.hpp"

#include "lib/base/words.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>

namespace loomrel::release {

namespace {

using enum Status;

// The transition table's right side.
struct Next {
    constexpr Next(std::initializer_list<Status> statuses)
        : count(statuses.size()) {
        std::copy(statuses.begin(), statuses.end(), all.begin());
    }

    std::array<Status, 4> all{};
    std::size_t count;
};

struct Row {
    Status status;
    std::string_view name;
    List list;
    bool is_told;
    bool can_be_outrun;
    std::optional<Move> move; // the one that leads here
    Next next;
};

constexpr bool k_told = true;
constexpr bool k_untold = false;
constexpr bool k_outrun = true;
constexpr bool k_stays = false;
constexpr std::nullopt_t k_no_move = std::nullopt;

// clang-format off
constexpr std::array k_table{
    Row{initiated, "initiated", List::active, k_untold, k_outrun, k_no_move,
        {building, staging_failed}},
    Row{building, "building", List::active, k_untold, k_outrun, Move::building,
        {stage_deploy, staging_failed}},
    Row{stage_deploy, "stage_deploy", List::active, k_untold, k_outrun, Move::stage_deploy,
        {manual_testing, staging_failed}},
    Row{staging_failed, "staging_failed", List::failed, k_told, k_stays, Move::staging_failed,
        {building}},
    Row{manual_testing, "manual_testing", List::active, k_told, k_outrun, Move::manual_testing,
        {manual_test_passed, manual_test_failed, building}},
    Row{manual_test_passed, "manual_test_passed", List::active, k_told, k_outrun, k_no_move,
        {deploying, manual_testing, manual_test_failed, building}},
    Row{manual_test_failed, "manual_test_failed", List::failed, k_told, k_stays, k_no_move,
        {building}},
    Row{deploying, "deploying", List::active, k_untold, k_stays, k_no_move,
        {deployed, production_failed}},
    Row{deployed, "deployed", List::successful, k_told, k_stays, Move::deployed,
        {Status::rollback}},
    Row{production_failed, "production_failed", List::failed, k_told, k_stays, Move::production_failed,
        {deploying, manual_testing, Status::rollback}},
    Row{Status::rollback, "rollback", List::active, k_told, k_stays, Move::rollback,
        {rollback_done, rollback_failed}},
    Row{rollback_done, "rollback_done", List::successful, k_told, k_stays, Move::rollback_done,
        {deployed}},
    Row{rollback_failed, "rollback_failed", List::failed, k_told, k_stays, Move::rollback_failed,
        {Status::rollback}},
};
// clang-format on

constexpr std::array<Status, k_table.size()> k_all = [] {
    std::array<Status, k_table.size()> all{};
    std::transform(
        k_table.begin(), k_table.end(), all.begin(), [](const Row& row) { return row.status; });
    return all;
}();

constexpr bool is_in_order() {
    for (std::size_t i = 0; i < k_table.size(); ++i) {
        if (k_table[i].status != static_cast<Status>(i)) {
            return false;
        }
    }
    return k_table.back().status == rollback_failed;
}

static_assert(is_in_order(), "every status has its row, in the order of the enum");

constexpr bool has_each_move_once() {
    for (int move = 0; move <= static_cast<int>(Move::rollback_failed); ++move) {
        if (std::count_if(k_table.begin(),
                          k_table.end(),
                          [&](const Row& row) { return row.move == static_cast<Move>(move); })
            != 1) {
            return false;
        }
    }
    return true;
}

static_assert(has_each_move_once(), "every move leads to one status");

const Row& row_of(Status status) {
    return k_table.at(static_cast<std::size_t>(status));
}

} // namespace

std::span<const Status> all_statuses() {
    return k_all;
}

std::string_view to_string(Status status) {
    const auto place = static_cast<std::size_t>(status);
    return place < k_table.size() ? k_table[place].name : std::string_view();
}

std::optional<Status> parse_status(std::string_view text) {
    return parse_word<Status>(text);
}

std::span<const Status> next_of(Status from) {
    const Next& next = row_of(from).next;
    return std::span(next.all).first(next.count);
}

std::vector<Status> sources_of(Status to) {
    std::vector<Status> sources;
    std::copy_if(k_all.begin(), k_all.end(), std::back_inserter(sources), [&](Status from) {
        return may_become(from, to);
    });
    return sources;
}

bool may_become(Status from, Status to) {
    const auto next = next_of(from);
    return std::find(next.begin(), next.end(), to) != next.end();
}

bool is_decision(Status status) {
    return status == manual_test_passed || status == manual_test_failed;
}

Status status_of(Move move) {
    return std::find_if(
               k_table.begin(), k_table.end(), [&](const Row& row) { return row.move == move; })
        ->status;
}

std::string_view to_string(Move move) {
    const auto found = std::find_if(
        k_table.begin(), k_table.end(), [&](const Row& row) { return row.move == move; });
    return found == k_table.end() ? std::string_view() : found->name;
}

std::optional<Move> move_to(Status status) {
    return row_of(status).move;
}

bool is_again(Status from, Status to) {
    return to == building
           && (from == manual_testing || from == manual_test_passed || from == manual_test_failed);
}

bool is_told(Status to) {
    return row_of(to).is_told;
}

bool can_be_outrun(Status status) {
    return row_of(status).can_be_outrun;
}

List list_of(Status status, bool outrun) {
    return outrun && can_be_outrun(status) ? List::outrun : row_of(status).list;
}

std::vector<Status> statuses_in(List list) {
    std::vector<Status> statuses;
    std::copy_if(k_all.begin(), k_all.end(), std::back_inserter(statuses), [&](Status status) {
        return list_of(status, list == List::outrun) == list;
    });
    return statuses;
}

std::string_view to_string(List list) {
    switch (list) {
    case List::active:
        return "active";
    case List::successful:
        return "successful";
    case List::failed:
        return "failed";
    case List::outrun:
        return "outrun";
    }
    return {};
}

std::optional<List> parse_list(std::string_view text) {
    return parse_word<List>(text);
}

} // namespace loomrel::release
