#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace loomrel::bot {

enum class Action : char {
    menu = 'm',
    page = 'l', // a release of a list; extra: + the older one, - the newer one
    card = 'c', // back to the notice
    history = 'h',
    ask_approve = 'a', // extra of these four: the commit's first digits
    approve = 'A',     // and k_question with its number, and k_silence_shown
    ask_reject = 'r',
    reject = 'R',
    choose_rollback = 'o',
    ask_rollback = 't', // extra: a digest of the tag
    roll_back = 'Y',    // extra: digests of the tag that serves and of the target
    dispatch = 'g',
    nothing = 'x', // the page's number
};

// Behind an approval's commit: the question that it answers (Decision::question).
inline constexpr char k_question = '+';
// At the end of that: whoever presses has been told that stage does not answer.
inline constexpr char k_silence_shown = '.';

// Where a message came from, and so what it becomes again: one of the four lists, or a notice.
enum class Origin : char {
    active = 'a',
    successful = 's',
    failed = 'f',
    outrun = 'o',
    notice = 'n',
};

// All that a button needs to know, in at most 64 bytes. It comes back from a client who may have
// forged it: it only says what is asked for; who may and whether it still can be is decided by
// configuration and ledger.
struct Callback {
    Action action = Action::menu;
    Origin origin = Origin::active;
    std::int64_t release_id = 0;
    std::string extra;

    bool operator==(const Callback&) const = default;
};

[[nodiscard]] std::string to_data(const Callback& callback);
[[nodiscard]] std::optional<Callback> parse_callback(std::string_view data);

// A commit's first digits, as buttons carry them. "-" where the commit is not known.
[[nodiscard]] std::string short_commit(std::string_view commit);
// Eight hexadecimal digits (FNV-1a): tags may be longer than a button's data.
[[nodiscard]] std::string digest_of(std::string_view tag);

} // namespace loomrel::bot
