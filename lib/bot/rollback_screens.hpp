#pragma once

#include "lib/bot/card.hpp"
#include "lib/bot/operations.hpp"

#include <string>
#include <vector>

// The rollback as the bot shows it: choice, the spec's last question, live progress. Pure.
namespace loomrel::bot {

[[nodiscard]] telegram::Text rollback_choice(const Context& context,
                                             Origin origin,
                                             const release::Release& release,
                                             const Standing& standing);
[[nodiscard]] telegram::Text rollback_question(const Context& context,
                                               Origin origin,
                                               const release::Release& release,
                                               const Standing& standing,
                                               const KeptVersion& target);
// What there is to press on the card of `release`: the choice where it serves, else the question
// for its own tag, else why there is none and the choice.
[[nodiscard]] telegram::Text rollback_screen(const Context& context,
                                             Origin origin,
                                             const release::Release& release,
                                             const Standing& standing);

// The message while it goes on and when it has ended.
class RollbackScreen {
public:
    RollbackScreen(const Context& context,
                   Origin origin,
                   std::int64_t release_id,
                   std::string service,
                   std::string current,
                   std::string target);

    void took(const Progress& progress);
    void ended(const Ended& end);

    [[nodiscard]] telegram::Text text() const;

private:
    struct Step {
        std::string name;
        std::optional<bool> ok;
    };

    Language m_language;
    Callback m_back;
    std::string m_service;
    std::string m_current;
    std::string m_target;
    std::vector<Step> m_steps;
    std::optional<Ended> m_end;
};

// The version whose digest a button carries; null if the host does not keep it any more.
[[nodiscard]] const KeptVersion* find_kept(const Standing& standing, const std::string& digest);

} // namespace loomrel::bot
