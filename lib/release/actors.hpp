#pragma once

#include <optional>
#include <string>
#include <string_view>

// Who acted on what a release is (design 13.7). All of it comes from outside: it is checked where
// it comes in, and made harmless where it is shown.
namespace loomrel::release {

// Of a commit, as git has it on the host that checked it out.
struct Signatures {
    std::string commit;
    std::string author_name;
    std::string author_email;
    std::string committer_name;
    std::string committer_email;

    friend bool operator==(const Signatures&, const Signatures&) = default;
};

inline constexpr std::string_view k_word_ci = "ci";
inline constexpr std::string_view k_word_terminal = "terminal";
inline constexpr std::string_view k_word_github = "github";

struct Actors {
    std::string sender;   // a GitHub login, or a terminal's user; "" = nobody said
    std::string resender; // who ran GitHub's run again, where it is another
    std::string event;    // GitHub's: push, workflow_dispatch, …
    std::string word;     // whose word all that is: k_word_…
    bool asked = false;   // GitHub was, whatever it answered
    // By GitHub's own word, what its run is of: not always the release's commit.
    std::string run_commit;
    std::string author_name;
    std::string author_email;
    std::string committer_name;
    std::string committer_email;

    friend bool operator==(const Actors&, const Actors&) = default;
};

// Where a release comes from, as the ledger has it. A row of a loomrel from before this was written
// down has no actors.
struct Origin {
    std::string initiated_by; // a GitHub login or a name
    std::optional<Actors> actors{};
};

// An e-mail as it is compared.
[[nodiscard]] std::string fold_email(std::string_view email);

// "NNN+login@users.noreply.github.com" says who it is; "" = it is another address.
[[nodiscard]] std::string login_in_email(std::string_view email);

// GitHub itself, where it made the commit: nobody's address.
[[nodiscard]] bool is_github_itself(std::string_view email);

// Room for one @ and no blanks, brackets or control characters, at most 254 bytes.
[[nodiscard]] bool is_email(std::string_view email);

struct Signature {
    std::string name;
    std::string email;
};

// "<e-mail> Name" out of a commit, as a host has read it: cut and made harmless, and empty where it
// is no such thing.
[[nodiscard]] Signature parse_signature(std::string_view text);

} // namespace loomrel::release
