#pragma once

#include <exception>
#include <string>
#include <string_view>

namespace loomrel {

// A text for people, in both languages at once: whoever makes one cannot forget the other.
struct Phrase {
    std::string ru;
    std::string en;

    [[nodiscard]] bool empty() const { return en.empty(); }
};

// What went wrong, from the caller's point of view. Each kind has one exit code (design 3, the
// table of exit codes; cli/syntax/exit_code.hpp maps them).
enum class ErrorKind {
    run_failed,      // the run failed on a host
    usage,           // bad flags or arguments
    config,          // bad configuration
    refused,         // not approved, expired, superseded, not allowed by the status
    no_host,         // no host could be started on
    ledger,          // ledger not reachable before anything was started
    spooled,         // the run ended, the ledger could not be told
    unknown_outcome, // link lost for longer than allowed
    interrupted,     // by a signal
    internal,        // a bug in loomrel
};

// The one family of exceptions. `code` is a stable word for machines ("unknown_key"), `message`
// says what happened to what, `hint` what to type next. Neither ever holds a secret.
class Error : public std::exception {
public:
    Error(ErrorKind kind, std::string code, Phrase message, Phrase hint = {});

    [[nodiscard]] ErrorKind kind() const { return m_kind; }

    [[nodiscard]] const std::string& code() const { return m_code; }

    [[nodiscard]] const Phrase& message() const { return m_message; }

    [[nodiscard]] const Phrase& hint() const { return m_hint; }

    // The English message: for logs of last resort. People get message() in their language.
    [[nodiscard]] const char* what() const noexcept override { return m_message.en.c_str(); }

private:
    ErrorKind m_kind;
    std::string m_code;
    Phrase m_message;
    Phrase m_hint;
};

// Of what nobody foresaw: Error(internal), with what it says of itself.
[[nodiscard]] Error bug_error(const std::exception& bug);

} // namespace loomrel
