#include "lib/messages/status_texts.hpp"

#include "lib/messages/messages.hpp"

#include <array>

namespace loomrel::messages {

namespace {

struct Texts {
    Id label;
    Id next;
};

// In the order of the enum.
constexpr std::array<Texts, 13> k_texts{{
    {Id::status_initiated_label, Id::status_initiated_next},
    {Id::status_building_label, Id::status_building_next},
    {Id::status_stage_deploy_label, Id::status_stage_deploy_next},
    {Id::status_staging_failed_label, Id::status_staging_failed_next},
    {Id::status_manual_testing_label, Id::status_manual_testing_next},
    {Id::status_manual_test_passed_label, Id::status_manual_test_passed_next},
    {Id::status_manual_test_failed_label, Id::status_manual_test_failed_next},
    {Id::status_deploying_label, Id::status_deploying_next},
    {Id::status_deployed_label, Id::status_deployed_next},
    {Id::status_production_failed_label, Id::status_production_failed_next},
    {Id::status_rollback_label, Id::status_rollback_next},
    {Id::status_rollback_done_label, Id::status_rollback_done_next},
    {Id::status_rollback_failed_label, Id::status_rollback_failed_next},
}};

static_assert(k_texts.size() == static_cast<std::size_t>(release::Status::rollback_failed) + 1);

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
