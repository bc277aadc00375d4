#include "lib/messages/messages.hpp"
#include "lib/messages/status_texts.hpp"
#include "lib/messages/step_texts.hpp"
#include "tests/support/catch.hpp"

#include <set>

using namespace loomrel;
using release::Status;

TEST_CASE("every status has its own label, and words for what it means and what comes next") {
    const Status all[] = {Status::initiated,
                          Status::building,
                          Status::stage_deploy,
                          Status::staging_failed,
                          Status::manual_testing,
                          Status::manual_test_passed,
                          Status::manual_test_failed,
                          Status::deploying,
                          Status::deployed,
                          Status::production_failed,
                          Status::rollback,
                          Status::rollback_done,
                          Status::rollback_failed};
    for (const Language language : {Language::ru, Language::en}) {
        std::set<std::string> labels;
        std::set<std::string> meanings;
        for (const Status status : all) {
            labels.insert(messages::label(language, status));
            meanings.insert(messages::meaning(language, status));
            CHECK_FALSE(messages::next_actions(language, status).empty());
        }
        CHECK(labels.size() == std::size(all));
        CHECK(meanings.size() == std::size(all));
    }
    CHECK(messages::label(Language::ru, Status::manual_testing)
          == "🧪 Ручное тестирование");
    CHECK(messages::next_actions(Language::ru, Status::rollback_done) == "Анализ проблемы");
}

TEST_CASE("every step of a run has a label, an unknown one keeps its name") {
    const char* steps[] = {"lock",
                           "repository",
                           "checkout",
                           "prune",
                           "adopt",
                           "build",
                           "before_up",
                           "up",
                           "health",
                           "verify",
                           "after_up",
                           "keep",
                           "restore"};
    for (const Language language : {Language::ru, Language::en}) {
        std::set<std::string> labels;
        for (const char* step : steps) {
            CHECK(messages::step_label(language, step) != step);
            labels.insert(messages::step_label(language, step));
        }
        CHECK(labels.size() == std::size(steps));
    }
    CHECK(messages::step_label(Language::ru, "build") == "Сборка");
    CHECK(messages::step_label(Language::ru, "polish") == "polish");
}
