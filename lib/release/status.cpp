#include "lib/release/status.hpp"

#include <algorithm>
#include <array>

namespace loomrel::release {

namespace {

using enum Status;

constexpr std::array k_all{
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
    Status::rollback,
    rollback_done,
    rollback_failed,
};

constexpr std::array k_after_initiated{building, staging_failed};
constexpr std::array k_after_building{stage_deploy, staging_failed};
constexpr std::array k_after_stage_deploy{manual_testing, staging_failed};
constexpr std::array k_after_staging_failed{building};
constexpr std::array k_after_manual_testing{manual_test_passed, manual_test_failed, building};
constexpr std::array k_after_manual_test_passed{
    deploying, manual_testing, manual_test_failed, building};
constexpr std::array k_after_manual_test_failed{building};
constexpr std::array k_after_deploying{deployed, production_failed};
constexpr std::array k_after_production_failed{deploying, manual_testing, Status::rollback};
constexpr std::array k_after_deployed{Status::rollback};
constexpr std::array k_after_rollback{rollback_done, rollback_failed};
constexpr std::array k_after_rollback_failed{Status::rollback};
constexpr std::array k_after_rollback_done{deployed};

} // namespace

std::span<const Status> all_statuses() {
    return k_all;
}

std::string_view to_string(Status status) {
    switch (status) {
    case initiated:
        return "initiated";
    case building:
        return "building";
    case stage_deploy:
        return "stage_deploy";
    case staging_failed:
        return "staging_failed";
    case manual_testing:
        return "manual_testing";
    case manual_test_passed:
        return "manual_test_passed";
    case manual_test_failed:
        return "manual_test_failed";
    case deploying:
        return "deploying";
    case deployed:
        return "deployed";
    case production_failed:
        return "production_failed";
    case Status::rollback:
        return "rollback";
    case rollback_done:
        return "rollback_done";
    case rollback_failed:
        return "rollback_failed";
    }
    return {};
}

std::optional<Status> parse_status(std::string_view text) {
    const auto found = std::find_if(
        k_all.begin(), k_all.end(), [&](Status status) { return to_string(status) == text; });
    return found == k_all.end() ? std::nullopt : std::optional(*found);
}

std::span<const Status> next_of(Status from) {
    switch (from) {
    case initiated:
        return k_after_initiated;
    case building:
        return k_after_building;
    case stage_deploy:
        return k_after_stage_deploy;
    case staging_failed:
        return k_after_staging_failed;
    case manual_testing:
        return k_after_manual_testing;
    case manual_test_passed:
        return k_after_manual_test_passed;
    case manual_test_failed:
        return k_after_manual_test_failed;
    case deploying:
        return k_after_deploying;
    case deployed:
        return k_after_deployed;
    case production_failed:
        return k_after_production_failed;
    case Status::rollback:
        return k_after_rollback;
    case rollback_done:
        return k_after_rollback_done;
    case rollback_failed:
        return k_after_rollback_failed;
    }
    return {};
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
    switch (move) {
    case Move::building:
        return building;
    case Move::stage_deploy:
        return stage_deploy;
    case Move::staging_failed:
        return staging_failed;
    case Move::manual_testing:
        return manual_testing;
    case Move::deployed:
        return deployed;
    case Move::production_failed:
        return production_failed;
    case Move::rollback:
        return Status::rollback;
    case Move::rollback_done:
        return rollback_done;
    case Move::rollback_failed:
        return rollback_failed;
    }
    return initiated;
}

std::optional<Move> move_to(Status status) {
    switch (status) {
    case building:
        return Move::building;
    case stage_deploy:
        return Move::stage_deploy;
    case staging_failed:
        return Move::staging_failed;
    case manual_testing:
        return Move::manual_testing;
    case deployed:
        return Move::deployed;
    case production_failed:
        return Move::production_failed;
    case Status::rollback:
        return Move::rollback;
    case rollback_done:
        return Move::rollback_done;
    case rollback_failed:
        return Move::rollback_failed;
    case initiated:
    case manual_test_passed:
    case manual_test_failed:
    case deploying:
        return std::nullopt;
    }
    return std::nullopt;
}

bool is_again(Status from, Status to) {
    return to == building
           && (from == manual_testing || from == manual_test_passed || from == manual_test_failed);
}

bool is_told(Status to) {
    switch (to) {
    case staging_failed:
    case manual_testing:
    case manual_test_passed:
    case manual_test_failed:
    case deployed:
    case production_failed:
    case Status::rollback:
    case rollback_done:
    case rollback_failed:
        return true;
    case initiated:
    case building:
    case stage_deploy:
    case deploying:
        return false;
    }
    return false;
}

bool can_be_outrun(Status status) {
    return status == initiated || status == building || status == stage_deploy
           || status == manual_testing || status == manual_test_passed;
}

List list_of(Status status, bool outrun) {
    if (outrun && can_be_outrun(status)) {
        return List::outrun;
    }
    switch (status) {
    case initiated:
    case building:
    case stage_deploy:
    case manual_testing:
    case manual_test_passed:
    case deploying:
    case Status::rollback:
        return List::active;
    case deployed:
    case rollback_done:
        return List::successful;
    case staging_failed:
    case manual_test_failed:
    case production_failed:
    case rollback_failed:
        return List::failed;
    }
    return List::active;
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
    for (const List list : {List::active, List::successful, List::failed, List::outrun}) {
        if (to_string(list) == text) {
            return list;
        }
    }
    return std::nullopt;
}

} // namespace loomrel::release
