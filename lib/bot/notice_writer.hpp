#pragma once

#include "lib/bot/notice_text.hpp"
#include "lib/messages/messages.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>

namespace loomrel::bot {

// A notice line by line; of the room's own.
class Writer {
public:
    explicit Writer(const NoticeFacts& facts)
        : m_facts(facts),
          m_language(facts.config.language) {}

    template <typename... Arguments> void line(messages::Id id, Arguments&&... arguments) {
        text(messages::format(m_language, id, fmt::make_format_args(arguments...)));
    }

    void text(const std::string& html);

    void gap() { m_text += "\n"; }

    // Of a release whose place another took that is what there is to know. False: none did.
    bool outrun_title();
    // The spec's four lines under a notice's title.
    void release_lines();
    void decision_lines(const release::Event& event, const nlohmann::json& detail);
    void unchecked_line(const nlohmann::json& detail);
    // Repeats of a message carry the same one: "#r17 #e42" finds all about a release.
    void footer(const store::Notice* notice);

    // What may be decided about the release as it is now.
    [[nodiscard]] telegram::Keyboard decisions() const;
    [[nodiscard]] telegram::Keyboard dispatch_again() const;

    [[nodiscard]] const std::string& html() const { return m_text; }

private:
    void rejection_lines(const release::Event& event, const nlohmann::json& detail);

    const NoticeFacts& m_facts;
    Language m_language;
    std::string m_text;
};

} // namespace loomrel::bot
