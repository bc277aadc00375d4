#pragma once

#include "lib/config/config.hpp"
#include "lib/release/release.hpp"
#include "lib/store/store.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

// What is approved is shown (design 13.4): what whoever decides is told of a release, as Telegram's
// HTML. Pure.
namespace loomrel::bot {

// What the ledger says of a release beside its row.
struct Known {
    std::vector<store::Approval> approvals; // of its present commit
    std::optional<release::Event> last;     // the move that made it what it is
    std::vector<std::string> settings;      // of production, that differ: by their keys
    std::int64_t question = 0;              // whose settings these are (release::times_asked)
    std::string outrun_by;                  // a tag, or "#17"; "" = it is not outrun
    // Whoever shows it is asked for approvals, and looks at stage himself then. Else what is known
    // of stage is what a job said.
    bool looks = false;
};

// Of the events the last that moved the release.
[[nodiscard]] std::optional<release::Event> last_move(const std::vector<release::Event>& events);

// The settings that people are to see before they approve: those that differed when stage last put
// the release before them, and those that a claim has found since. Each key once.
[[nodiscard]] std::vector<std::string> settings_named(const std::vector<release::Event>& events);

[[nodiscard]] Known known_of(store::Store& ledger, const release::Release& release);

// Waits for a decision, and may be approved: its commit is known, and it is not outrun.
[[nodiscard]] bool can_be_approved(const release::Release& release);

// Lines for whoever decides; "" where nothing is to be decided.
[[nodiscard]] std::string
what_is_approved(const config::Config& config, const release::Release& release, const Known& known);

// "⏭️ Обогнан: v1.2.4"; "" = it is not.
[[nodiscard]] std::string
outrun_line(Language language, const release::Release& release, const Known& known);

// Where the commit is shown at GitHub; "" = not known.
[[nodiscard]] std::string commit_link(const config::Config& config,
                                      const release::Release& release);

} // namespace loomrel::bot
