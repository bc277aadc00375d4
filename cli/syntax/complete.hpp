#pragma once

#include "cli/syntax/command.hpp"
#include "lib/base/language.hpp"

#include <string>
#include <vector>

namespace loomrel::cli {

// What a shell asks for a completion: `loomrel __complete WORD…`, the last word as far as it is
// typed. It is not in the tree: nobody types it.
inline constexpr const char* k_complete = "__complete";

struct Completions {
    struct Candidate {
        std::string word;
        std::string about; // "" = it says nothing that the word does not
    };

    std::vector<Candidate> candidates;
    bool files = false; // the name of a file is wanted

    // As the shells' scripts read it: a line a candidate, "WORD<tab>ABOUT"; ":files".
    [[nodiscard]] std::string text() const;
};

// What may stand where the last of `words` begins. Reads neither configuration nor ledger.
[[nodiscard]] Completions
complete(const Command& program, const std::vector<std::string>& words, Language language);

} // namespace loomrel::cli
