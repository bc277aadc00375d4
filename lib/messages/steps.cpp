#include "lib/messages/steps.hpp"

#include "lib/messages/messages.hpp"

namespace loomrel::messages {

std::string step_label(Language language, std::string_view step) {
    for (const Step& known : k_steps) {
        if (known.name == step) {
            return say(language, known.label);
        }
    }
    return std::string(step);
}

} // namespace loomrel::messages
