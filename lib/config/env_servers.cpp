#include "lib/base/error.hpp"
#include "lib/base/text.hpp"
#include "lib/config/values.hpp"

#include <cctype>

namespace loomrel::config {

namespace {

bool is_name(std::string_view text) {
    if (text.empty()) {
        return false;
    }
    for (const char c : text) {
        // GitHub logins hold hyphens and begin with digits; no shell reads this file.
        if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '_' && c != '-') {
            return false;
        }
    }
    return true;
}

// Takes the text line by line, and values over several lines where they are quoted.
class EnvParser {
public:
    EnvParser(std::string_view text, std::string place, std::vector<Phrase>* passed_over)
        : m_text(text),
          m_place(std::move(place)),
          m_passed_over(passed_over) {
        if (m_text.starts_with("\xEF\xBB\xBF")) {
            m_text.remove_prefix(3);
        }
    }

    EnvValues parse() {
        while (!m_text.empty()) {
            ++m_line;
            const std::size_t end = m_text.find('\n');
            const std::string_view line = trim(m_text.substr(0, end));
            if (line.empty() || line.front() == '#') {
                skip_line();
            } else {
                take_or_pass_over();
            }
        }
        return std::move(m_values);
    }

private:
    [[noreturn]] void bad(const std::string& ru, const std::string& en) const {
        const std::string where = m_place + ":" + std::to_string(m_line) + ": ";
        throw Error(ErrorKind::config, "bad_env_servers", {where + ru, where + en});
    }

    // One broken line does not hide the hosts of the others from whoever must go on.
    void take_or_pass_over() {
        const std::string_view rest = m_text;
        const int line = m_line;
        try {
            take_assignment();
        } catch (const Error& error) {
            if (m_passed_over == nullptr) {
                throw;
            }
            m_passed_over->push_back(error.message());
            m_text = rest;
            m_line = line;
            skip_line();
        }
    }

    void skip_line() {
        const std::size_t end = m_text.find('\n');
        m_text.remove_prefix(end == std::string_view::npos ? m_text.size() : end + 1);
    }

    void take_assignment() {
        const int began = m_line;
        const std::size_t end = m_text.find('\n');
        const std::size_t equals = m_text.find('=');
        // Never the line itself in an error: it may hold a password.
        if (equals == std::string_view::npos || (end != std::string_view::npos && equals > end)) {
            bad("нужно ИМЯ=значение", "NAME=value is wanted");
        }
        std::string_view name = trim(m_text.substr(0, equals));
        if (name.starts_with("export ") || name.starts_with("export\t")) {
            name = trim(name.substr(7));
        }
        if (!is_name(name)) {
            bad("слева от = нужно имя переменной", "the name of a variable is wanted before =");
        }
        m_text.remove_prefix(equals + 1);
        const std::size_t whole = m_text.size();
        while (!m_text.empty() && (m_text.front() == ' ' || m_text.front() == '\t')) {
            m_text.remove_prefix(1);
        }
        const bool behind_blank = m_text.size() < whole;
        const bool quoted = !m_text.empty() && (m_text.front() == '"' || m_text.front() == '\'');
        std::string value = quoted ? take_quoted(m_text.front()) : take_plain(behind_blank);
        m_values[std::string(name)] = {std::move(value), began};
    }

    // Up to the end of the line, without a comment that stands behind a blank. Directly behind "="
    // a "#" is the value's first letter, as it is for a shell.
    std::string take_plain(bool behind_blank) {
        const std::size_t end = m_text.find('\n');
        std::string_view line = m_text.substr(0, end);
        skip_line();
        for (std::size_t at = line.find('#'); at != std::string_view::npos;
             at = line.find('#', at + 1)) {
            if (at == 0 ? behind_blank : (line[at - 1] == ' ' || line[at - 1] == '\t')) {
                line = line.substr(0, at);
                break;
            }
        }
        return std::string(trim(line));
    }

    std::string take_quoted(char quote) {
        const int began = m_line;
        std::string value;
        std::size_t at = 1;
        for (; at < m_text.size() && m_text[at] != quote; ++at) {
            const char c = m_text[at];
            if (c == '\n') {
                ++m_line;
            }
            // In double quotes a shell takes away the backslash before these.
            if (quote == '"' && c == '\\' && at + 1 < m_text.size()
                && std::string_view("\"\\$`").find(m_text[at + 1]) != std::string_view::npos) {
                value += m_text[++at];
            } else if (c != '\r' || at + 1 >= m_text.size() || m_text[at + 1] != '\n') {
                value += c;
            }
        }
        if (at == m_text.size()) {
            m_line = began; // where the quote was opened
            bad("кавычка не закрыта", "the quote is not closed");
        }
        m_text.remove_prefix(at + 1);
        const std::string_view rest = trim(m_text.substr(0, m_text.find('\n')));
        if (!rest.empty() && rest.front() != '#') {
            bad("после закрывающей кавычки что-то ещё стоит",
                "something stands behind the closing quote");
        }
        skip_line();
        return value;
    }

    std::string_view m_text;
    std::string m_place;
    std::vector<Phrase>* m_passed_over; // null: the first mistake is thrown
    int m_line = 0;
    EnvValues m_values;
};

} // namespace

EnvValues parse_env_servers(std::string_view text,
                            const std::string& place,
                            std::vector<Phrase>* passed_over) {
    if (text.find('\0') != std::string_view::npos || !is_valid_utf8(text)) {
        throw Error(ErrorKind::config,
                    "not_utf8",
                    {place + ": это не текст в UTF-8", place + ": this is not text in UTF-8"});
    }
    return EnvParser(text, place, passed_over).parse();
}

} // namespace loomrel::config
