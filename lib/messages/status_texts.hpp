#pragma once

#include "lib/base/language.hpp"
#include "lib/release/status.hpp"

#include <string>

// A release's status in words. A status that the table does not know is shown as it stands; that
// is the caller's to do.
namespace loomrel::messages {

// "🧪 Ручное тестирование": design 7.
[[nodiscard]] std::string label(Language language, release::Status status);

// "QA проверка": the spec's column "Следующие действия".
[[nodiscard]] std::string next_actions(Language language, release::Status status);

} // namespace loomrel::messages
