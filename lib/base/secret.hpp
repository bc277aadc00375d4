#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace loomrel {

// Writes over all that the string has reserved, and empties it.
void wipe(std::string& text) noexcept;

// A value that must never be shown. Printing it in any way gives "********"; reveal() is the one
// way to the value and stands only where it is handed to the outside system it is for. No copy of
// it stays in memory once the last Secret is gone.
class Secret {
public:
    Secret() = default;

    explicit Secret(std::string value);
    Secret(const Secret&) = default;
    Secret(Secret&& other) noexcept;
    Secret& operator=(const Secret& other);
    Secret& operator=(Secret&& other) noexcept;

    ~Secret() { wipe(m_value); }

    [[nodiscard]] bool empty() const { return m_value.empty(); }

    [[nodiscard]] const std::string& reveal() const { return m_value; }

    [[nodiscard]] static constexpr std::string_view masked() { return "********"; }

    bool operator==(const Secret&) const = default;

private:
    std::string m_value;
};

// Finds known secrets in text about to leave the program, in the forms in which they usually leak:
// as they are, line by line, base64 (all three alignments), URL, JSON and hex encoded.
class Redactor {
public:
    Redactor() = default;
    Redactor(const Redactor&) = default;
    Redactor(Redactor&&) noexcept = default;
    Redactor& operator=(const Redactor&) = default;
    Redactor& operator=(Redactor&&) noexcept = default;
    ~Redactor();

    // Values shorter than 4 bytes are not looked for: they would blank half the text.
    void add(const Secret& secret);

    [[nodiscard]] std::string redact(std::string_view text) const;

    // For output that comes in pieces: what may be the beginning of a secret is held back until
    // the next piece or flush().
    class Stream {
    public:
        explicit Stream(const Redactor& redactor)
            : m_redactor(&redactor) {}

        [[nodiscard]] std::string feed(std::string_view piece);
        [[nodiscard]] std::string flush();

    private:
        const Redactor* m_redactor;
        std::string m_held;
    };

    // Every form that is looked for, longest first (GitHub's ::add-mask:: wants them one by one).
    [[nodiscard]] const std::vector<std::string>& forms() const { return m_forms; }

private:
    std::vector<std::string> m_forms;
};

} // namespace loomrel

template <> struct fmt::formatter<loomrel::Secret> : fmt::formatter<std::string_view> {
    template <typename Context> auto format(const loomrel::Secret&, Context& context) const {
        return fmt::formatter<std::string_view>::format(loomrel::Secret::masked(), context);
    }
};
