#pragma once

#include "lib/base/language.hpp"
#include "lib/deploy/follow.hpp"
#include "lib/deploy/plan.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace loomrel::deploy {

// What failed is known by more than the host: for the next command to type.
struct Subject {
    std::string service;
    std::string environment;
    std::string ref; // tag or branch
    bool is_tag = true;
    std::string run_id;
    int health_attempts = 0;
    store::RunKind kind = store::RunKind::deploy;
    std::optional<std::int64_t> release_id{};
};

// Why it failed: one object, rendered for the terminal, GitHub, Telegram and --json. Everything in
// it is sanitized: it came from a host.
struct Failure {
    std::string host;
    std::string code;                   // "health_failed"
    std::string message;                // the sentence, in the run's language
    std::string step;                   // "health"; "" before any
    std::string command;                // "docker compose build loom-content"; "" = none
    std::string how;                    // "exit code 1", "killed by signal KILL"; ""
    std::vector<std::string> lines;     // the first real error lines
    std::vector<std::string> container; // its last lines
    std::string serves;                 // a sentence: what serves now
    std::string next;                   // the command to type
};

// nullopt if it did not fail.
[[nodiscard]] std::optional<Failure>
explain(const Followed& followed, const Subject& subject, Language language);

// At most `most` lines that look like the cause, in order; else the last ones.
[[nodiscard]] std::vector<std::string>
error_lines(const std::string& head, const std::string& tail, std::size_t most);

// For people: several lines, the sentence first, the command to type last.
[[nodiscard]] std::string to_text(const Failure& failure, Language language);

} // namespace loomrel::deploy
