#include "cli/syntax/complete.hpp"

#include "cli/syntax/parse.hpp"
#include "lib/messages/messages.hpp"

#include <string_view>
#include <utility>

namespace loomrel::cli {

namespace {

// How far the words in front of the one that is completed have led.
class Typed {
public:
    Typed(const Command& program, const std::vector<Parameter>& globals)
        : m_command(&program),
          m_globals(globals) {}

    void take(const std::string& word) {
        if (m_waiting != nullptr) {
            // bash takes "--lang=ru" for three words.
            m_waiting = word == "=" ? m_waiting : nullptr;
        } else if (m_only_arguments || !word.starts_with("-")) {
            take_name(word);
        } else if (word == "--") {
            m_only_arguments = true;
        } else if (const Parameter* flag = find(word); flag != nullptr && !flag->value.empty()) {
            m_waiting = flag;
        }
    }

    [[nodiscard]] const Command& command() const { return *m_command; }

    // The flag whose value comes next; null = none does.
    [[nodiscard]] const Parameter* waiting() const { return m_waiting; }

    // The argument that comes next; null = none does.
    [[nodiscard]] const Parameter* argument() const {
        const auto& all = m_command->arguments();
        return m_argument < all.size() ? &all[m_argument] : nullptr;
    }

    [[nodiscard]] bool only_arguments() const { return m_only_arguments; }

    [[nodiscard]] const Parameter* find(std::string_view name) const {
        for (const auto* all : {&m_command->options(), &m_globals}) {
            for (const Parameter& one : *all) {
                if (one.long_name == name || one.short_name == name) {
                    return &one;
                }
            }
        }
        return nullptr;
    }

private:
    void take_name(const std::string& word) {
        if (const Command* next = m_only_arguments ? nullptr : m_command->find(word)) {
            m_command = next;
        } else {
            ++m_argument;
        }
    }

    const Command* m_command;
    const std::vector<Parameter>& m_globals;
    const Parameter* m_waiting = nullptr;
    std::size_t m_argument = 0;
    bool m_only_arguments = false;
};

class Offer {
public:
    Offer(std::string begun, Language language)
        : m_begun(std::move(begun)),
          m_language(language) {}

    void word(const std::string& word) {
        if (!word.empty() && word.starts_with(m_begun)) {
            m_offered.candidates.push_back({word, ""});
        }
    }

    void word(const std::string& word, messages::Id about) {
        if (!word.empty() && word.starts_with(m_begun)) {
            m_offered.candidates.push_back({word, std::string(messages::say(m_language, about))});
        }
    }

    void values(const Parameter& parameter, const std::string& prefix = "") {
        for (const std::string& choice : parameter.choices) {
            word(prefix + choice);
        }
        m_offered.files = m_offered.files || parameter.value == "FILE";
    }

    void flags(const std::vector<Parameter>& all) {
        for (const Parameter& one : all) {
            word(one.long_name, one.help);
            word(one.short_name, one.help);
        }
    }

    [[nodiscard]] Completions take() { return std::move(m_offered); }

private:
    std::string m_begun;
    Language m_language;
    Completions m_offered;
};

} // namespace

std::string Completions::text() const {
    std::string lines;
    for (const Candidate& one : candidates) {
        lines += one.word + (one.about.empty() ? "" : "\t" + one.about) + "\n";
    }
    return lines + (files ? ":files\n" : "");
}

Completions
complete(const Command& program, const std::vector<std::string>& words, Language language) {
    GlobalOptions unused;
    const std::vector<Parameter> globals = global_parameters(unused);
    Typed typed(program, globals);
    for (std::size_t i = 0; i + 1 < words.size(); ++i) {
        typed.take(words[i]);
    }
    const std::string last = words.empty() ? "" : words.back();
    const std::size_t equals = last.find('=');
    if (typed.waiting() != nullptr) {
        Offer offer(last == "=" ? "" : last, language);
        offer.values(*typed.waiting());
        return offer.take();
    }
    Offer offer(last, language);
    if (typed.only_arguments() || !last.starts_with("-")) {
        for (const Command& one : typed.command().commands()) {
            offer.word(one.name(), one.about());
        }
        if (typed.argument() != nullptr) {
            offer.values(*typed.argument());
        }
    } else if (equals == std::string::npos) {
        offer.flags(typed.command().options());
        offer.flags(globals);
    } else if (const Parameter* flag = typed.find(last.substr(0, equals))) {
        offer.values(*flag, last.substr(0, equals + 1));
    }
    return offer.take();
}

} // namespace loomrel::cli
