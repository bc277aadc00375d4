#include "lib/messages/status_texts.hpp"

#include "lib/messages/messages.hpp"

#include <array>

namespace loomrel::messages {

namespace {

using enum release::Status;

struct Texts {
    release::Status status;
    Id label;
    Id next;
};

// In the order of the enum.
constexpr std::array<Texts, 13> k_texts{{
    {initiated, Id::status_initiated_label, Id::status_initiated_next},
    {building, Id::status_building_label, Id::status_building_next},
    {stage_deploy, Id::status_stage_deploy_label, Id::status_stage_deploy_next},
    {staging_failed, Id::status_staging_failed_label, Id::status_staging_failed_next},
    {manual_testing, Id::status_manual_testing_label, Id::status_manual_testing_next},
    {manual_test_passed, Id::status_manual_test_passed_label, Id::status_manual_test_passed_next},
    {manual_test_failed, Id::status_manual_test_failed_label, Id::status_manual_test_failed_next},
    {deploying, Id::status_deploying_label, Id::status_deploying_next},
    {deployed, Id::status_deployed_label, Id::status_deployed_next},
    {production_failed, Id::status_production_failed_label, Id::status_production_failed_next},
    {release::Status::rollback, Id::status_rollback_label, Id::status_rollback_next},
    {rollback_done, Id::status_rollback_done_label, Id::status_rollback_done_next},
    {rollback_failed, Id::status_rollback_failed_label, Id::status_rollback_failed_next},
}};

constexpr bool is_in_order() {
    for (std::size_t i = 0; i < k_texts.size(); ++i) {
        if (k_texts[i].status != static_cast<release::Status>(i)) {
            return false;
        }
    }
    return k_texts.back().status == rollback_failed;
}

static_assert(is_in_order(), "every status has its texts, in the order of the enum");

const Texts& texts_of(release::Status status) {
    return k_texts.at(static_cast<std::size_t>(status));
}

} // namespace

std::string label(Language language, release::Status status) {
    return say(language, texts_of(status).label);
}

std::string next_actions(Language language, release::Status status) {
    return say(language, texts_of(status).next);
}

} // namespace loomrel::messages
