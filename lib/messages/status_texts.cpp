#include "lib/messages/status_texts.hpp"

#include "lib/messages/messages.hpp"

#include <stdexcept>

namespace loomrel::messages {

namespace {

struct Texts {
    Id label;
    Id meaning;
    Id next;
};

Texts texts_of(release::Status status) {
    using release::Status;
    switch (status) {
    case Status::initiated:
        return {
            Id::status_initiated_label, Id::status_initiated_meaning, Id::status_initiated_next};
    case Status::building:
        return {Id::status_building_label, Id::status_building_meaning, Id::status_building_next};
    case Status::stage_deploy:
        return {Id::status_stage_deploy_label,
                Id::status_stage_deploy_meaning,
                Id::status_stage_deploy_next};
    case Status::staging_failed:
        return {Id::status_staging_failed_label,
                Id::status_staging_failed_meaning,
                Id::status_staging_failed_next};
    case Status::manual_testing:
        return {Id::status_manual_testing_label,
                Id::status_manual_testing_meaning,
                Id::status_manual_testing_next};
    case Status::manual_test_passed:
        return {Id::status_manual_test_passed_label,
                Id::status_manual_test_passed_meaning,
                Id::status_manual_test_passed_next};
    case Status::manual_test_failed:
        return {Id::status_manual_test_failed_label,
                Id::status_manual_test_failed_meaning,
                Id::status_manual_test_failed_next};
    case Status::deploying:
        return {
            Id::status_deploying_label, Id::status_deploying_meaning, Id::status_deploying_next};
    case Status::deployed:
        return {Id::status_deployed_label, Id::status_deployed_meaning, Id::status_deployed_next};
    case Status::production_failed:
        return {Id::status_production_failed_label,
                Id::status_production_failed_meaning,
                Id::status_production_failed_next};
    case Status::rollback:
        return {Id::status_rollback_label, Id::status_rollback_meaning, Id::status_rollback_next};
    case Status::rollback_done:
        return {Id::status_rollback_done_label,
                Id::status_rollback_done_meaning,
                Id::status_rollback_done_next};
    case Status::rollback_failed:
        return {Id::status_rollback_failed_label,
                Id::status_rollback_failed_meaning,
                Id::status_rollback_failed_next};
    }
    throw std::logic_error("a status outside the table");
}

} // namespace

std::string label(Language language, release::Status status) {
    return say(language, texts_of(status).label);
}

std::string meaning(Language language, release::Status status) {
    return say(language, texts_of(status).meaning);
}

std::string next_actions(Language language, release::Status status) {
    return say(language, texts_of(status).next);
}

} // namespace loomrel::messages
