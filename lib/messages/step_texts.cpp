#include "lib/messages/step_texts.hpp"

#include "lib/messages/messages.hpp"

namespace loomrel::messages {

namespace {

struct Step {
    std::string_view name;
    Id label;
};

constexpr Step k_steps[] = {
    {"lock", Id::step_lock},
    {"repository", Id::step_repository},
    {"checkout", Id::step_checkout},
    {"prune", Id::step_prune},
    {"adopt", Id::step_adopt},
    {"choose", Id::step_choose},
    {"before_rollback", Id::step_before_rollback},
    {"build", Id::step_build},
    {"before_up", Id::step_before_up},
    {"up", Id::step_up},
    {"health", Id::step_health},
    {"verify", Id::step_verify},
    {"after_up", Id::step_after_up},
    {"keep", Id::step_keep},
    {"rehearse", Id::step_rehearse},
    {"restore", Id::step_restore},
};

} // namespace

std::string step_label(Language language, std::string_view step) {
    for (const Step& known : k_steps) {
        if (known.name == step) {
            return say(language, known.label);
        }
    }
    return std::string(step);
}

} // namespace loomrel::messages
