#include "lib/server/scope.hpp"

namespace loomrel::server {

using release::Move;
using release::Status;

std::string_view environment_of(Move move) {
    switch (move) {
    case Move::building:
    case Move::stage_deploy:
    case Move::staging_failed:
    case Move::manual_testing:
        return "stage";
    case Move::deployed:
    case Move::production_failed:
    case Move::rollback:
    case Move::rollback_done:
    case Move::rollback_failed:
        break;
    }
    return "prod";
}

std::string_view environment_of(std::string_view status) {
    const auto known = release::parse_status(status);
    if (!known) {
        return "prod";
    }
    switch (*known) {
    case Status::initiated:
    case Status::building:
    case Status::stage_deploy:
    case Status::staging_failed:
    case Status::manual_testing:
    case Status::manual_test_passed:
    case Status::manual_test_failed:
        return "stage";
    case Status::deploying:
    case Status::deployed:
    case Status::production_failed:
    case Status::rollback:
    case Status::rollback_done:
    case Status::rollback_failed:
        break;
    }
    return "prod";
}

} // namespace loomrel::server
