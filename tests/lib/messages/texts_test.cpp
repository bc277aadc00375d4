#include "lib/messages/messages.hpp"
#include "lib/messages/status_texts.hpp"
#include "lib/messages/steps.hpp"
#include "tests/support/catch.hpp"

#include <set>

using namespace loomrel;
using release::Status;

TEST_CASE("every status has its own label, and words for what comes next") {
    for (const Language language : {Language::ru, Language::en}) {
        std::set<std::string> labels;
        for (const Status status : release::all_statuses()) {
            labels.insert(messages::label(language, status));
            CHECK_FALSE(messages::next_actions(language, status).empty());
        }
        CHECK(labels.size() == release::all_statuses().size());
    }
    CHECK(messages::label(Language::ru, Status::manual_testing)
          == "🧪 Ручное тестирование");
    CHECK(messages::next_actions(Language::ru, Status::rollback_done) == "Анализ проблемы");
}

TEST_CASE("every step of a run has a label, an unknown one keeps its name") {
    for (const Language language : {Language::ru, Language::en}) {
        std::set<std::string> labels;
        for (const messages::Step& step : messages::k_steps) {
            CHECK(messages::step_label(language, step.name) != step.name);
            labels.insert(messages::step_label(language, step.name));
        }
        CHECK(labels.size() == messages::k_steps.size());
    }
    CHECK(messages::step_label(Language::ru, "build") == "Сборка");
    CHECK(messages::step_label(Language::ru, "polish") == "polish");
}
