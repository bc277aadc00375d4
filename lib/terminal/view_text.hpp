#pragma once

#include "lib/base/clock.hpp"
#include "lib/base/language.hpp"
#include "lib/deploy/run_event.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace loomrel::terminal {

// "4,2" in Russian, "4.2" in English: seconds without their unit.
[[nodiscard]] std::string seconds_text(Language language, Milliseconds duration);

// "1,2 с", "2 мин 05 с", "1 ч 10 мин".
[[nodiscard]] std::string duration_text(Language language, Milliseconds duration);

// The longest beginning that takes at most so many columns; with "…" at its end if it was cut.
[[nodiscard]] std::string cut_columns(std::string_view text, std::size_t columns);

// With blanks behind it, to take so many columns.
[[nodiscard]] std::string pad_columns(std::string_view text, std::size_t columns);

// "✅ Сборка 1,2 с"
[[nodiscard]] std::string
step_line(Language language, const std::string& step, bool ok, Milliseconds took);

struct EventText {
    std::string text;
    bool names_host = false; // who shows several hosts need not say whose it is
};

// The sentence that tells of an event; nullopt: none does.
[[nodiscard]] std::optional<EventText>
event_text(Language language, const std::string& host, const deploy::RunEvent& event);

} // namespace loomrel::terminal
