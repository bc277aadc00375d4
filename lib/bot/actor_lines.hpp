#pragma once

#include "lib/config/config.hpp"
#include "lib/release/actors.hpp"
#include "lib/release/release.hpp"

#include <string>
#include <vector>

// Who acted on a release, in words (design 13.7): whoever approves sees whose it is, by whose word,
// and who may not approve it, and why.
namespace loomrel::bot {

// All of it, a line each, made harmless; of a release from before this was written down only who
// may not approve it.
[[nodiscard]] std::vector<std::string> actor_texts(Language language,
                                                   const release::ApprovalRules& rules,
                                                   const release::Release& release);
// The same as Telegram's HTML.
[[nodiscard]] std::vector<std::string> actor_lines(const config::Config& config,
                                                   const release::Release& release);

// "" = not known.
[[nodiscard]] std::string sender_text(Language language, const release::Release& release);
// That GitHub's run was of another commit than the release's.
[[nodiscard]] std::string run_commit_text(Language language, const release::Release& release);
[[nodiscard]] std::string author_text(const release::Actors& actors);
// "" also where GitHub itself made the commit.
[[nodiscard]] std::string committer_text(const release::Actors& actors);
// Who may not approve it by these rules, and why; a person each.
[[nodiscard]] std::vector<std::string> excluded_texts(Language language,
                                                      const release::ApprovalRules& rules,
                                                      const release::Release& release);

} // namespace loomrel::bot
