#include "lib/bot/rollback_screens.hpp"

#include "lib/messages/steps.hpp"
#include "lib/telegram/text.hpp"

#include <algorithm>

namespace loomrel::bot {

namespace {

using messages::Id;
using messages::say;
using telegram::escape_line;

constexpr std::size_t k_most_choices = 8;
constexpr std::size_t k_longest_reason = 2500;

telegram::Text with_back(Language language, const std::string& html, const Callback& back) {
    return {html, {{button(language, Id::bot_button_back, back)}}};
}

// A button for each version that can be gone back to.
telegram::Text with_choices(const Context& context,
                            Origin origin,
                            const release::Release& release,
                            const Standing& standing,
                            const std::string& html) {
    const Language language = context.config.language;
    telegram::Text text{html, {}};
    for (const KeptVersion& version : standing.kept) {
        if (text.keyboard.size() == k_most_choices) {
            break;
        }
        std::string label = "🏷️ " + telegram::cut_utf16(version.tag, 40);
        if (version.deployed_at) {
            label += " · " + to_local_minute(*version.deployed_at, context.config.timezone);
        }
        text.keyboard.push_back(
            {{label, to_data({Action::ask_rollback, origin, release.id, digest_of(version.tag)})}});
    }
    text.keyboard.push_back({button(language, Id::bot_button_back, back_to(origin, release.id))});
    return text;
}

} // namespace

const KeptVersion* find_kept(const Standing& standing, const std::string& digest) {
    const auto found =
        std::find_if(standing.kept.begin(), standing.kept.end(), [&](const KeptVersion& one) {
            return digest_of(one.tag) == digest;
        });
    return found == standing.kept.end() ? nullptr : &*found;
}

telegram::Text rollback_choice(const Context& context,
                               Origin origin,
                               const release::Release& release,
                               const Standing& standing) {
    return with_choices(context,
                        origin,
                        release,
                        standing,
                        say(context.config.language,
                            Id::bot_rollback_choice,
                            fmt::arg("service", escape_line(release.service_name)),
                            fmt::arg("current", escape_line(standing.serves))));
}

telegram::Text rollback_question(const Context& context,
                                 Origin origin,
                                 const release::Release& release,
                                 const Standing& standing,
                                 const KeptVersion& target) {
    const Language language = context.config.language;
    const std::string time = target.deployed_at
                                 ? to_local_minute(*target.deployed_at, context.config.timezone)
                                 : say(language, Id::bot_rollback_time_unknown);
    return {say(language,
                Id::bot_rollback_question,
                fmt::arg("service", escape_line(release.service_name)),
                fmt::arg("current", escape_line(standing.serves)),
                fmt::arg("target", escape_line(target.tag)),
                fmt::arg("time", time)),
            {{button(language,
                     Id::bot_button_rollback_yes,
                     {Action::roll_back,
                      origin,
                      release.id,
                      digest_of(standing.serves) + "." + digest_of(target.tag)}),
              button(language, Id::bot_button_back, back_to(origin, release.id))}}};
}

telegram::Text rollback_screen(const Context& context,
                               Origin origin,
                               const release::Release& release,
                               const Standing& standing) {
    const Language language = context.config.language;
    const std::string service_name = escape_line(release.service_name);
    const std::string serving = escape_line(standing.serves);
    const std::string release_tag = escape_line(release.release_tag);
    const auto service = fmt::arg("service", service_name);
    const auto current = fmt::arg("current", serving);
    const auto tag = fmt::arg("tag", release_tag);
    const bool serves = standing.serves == release.release_tag;
    if (serves && !standing.kept.empty()) {
        return rollback_choice(context, origin, release, standing);
    }
    const KeptVersion* own = serves ? nullptr : find_kept(standing, digest_of(release.release_tag));
    if (own != nullptr) {
        return rollback_question(context, origin, release, standing, *own);
    }
    // A deploy that failed has put it back, or a rollback has.
    const bool is_back =
        !serves && !standing.serves.empty() && standing.serves == release.rollback_to_tag;
    std::string html;
    if (is_back) {
        html = say(language, Id::bot_rollback_is_back, service, tag, current);
    } else if (standing.kept.empty()) {
        html = say(language, Id::bot_rollback_nowhere, service, current);
    } else {
        html = say(language, Id::bot_rollback_not_kept, service, tag);
    }
    if (!standing.kept.empty()) {
        html += "\n\n" + say(language, Id::bot_rollback_which);
    }
    return with_choices(context, origin, release, standing, html);
}

RollbackScreen::RollbackScreen(const Context& context,
                               Origin origin,
                               std::int64_t release_id,
                               std::string service,
                               std::string current,
                               std::string target)
    : m_language(context.config.language),
      m_back(back_to(origin, release_id)),
      m_service(std::move(service)),
      m_current(std::move(current)),
      m_target(std::move(target)) {}

void RollbackScreen::took(const Progress& progress) {
    const auto known = std::find_if(m_steps.begin(), m_steps.end(), [&](const Step& step) {
        return step.name == progress.step;
    });
    if (known == m_steps.end()) {
        m_steps.push_back({progress.step, progress.ok});
    } else {
        known->ok = progress.ok;
    }
}

void RollbackScreen::ended(const Ended& end) {
    m_end = end;
}

telegram::Text RollbackScreen::text() const {
    std::string html = say(m_language,
                           Id::bot_rollback_going,
                           fmt::arg("service", escape_line(m_service)),
                           fmt::arg("current", escape_line(m_current)),
                           fmt::arg("target", escape_line(m_target)))
                       + "\n";
    for (const Step& step : m_steps) {
        const Id id = !step.ok
                          ? Id::bot_rollback_step
                          : (*step.ok ? Id::bot_rollback_step_good : Id::bot_rollback_step_bad);
        html +=
            "\n"
            + say(m_language,
                  id,
                  fmt::arg("step", escape_line(messages::step_label(m_language, step.name), 60)));
    }
    if (!m_end) {
        return {html, {}};
    }
    html +=
        "\n\n"
        + (m_end->good
               ? say(m_language,
                     Id::bot_rollback_done,
                     fmt::arg("target", escape_line(m_end->serves)))
               : say(m_language, Id::bot_rollback_failed) + "\n"
                     + telegram::escape_html(telegram::cut_utf16(m_end->reason, k_longest_reason)));
    return with_back(m_language, html, m_back);
}

} // namespace loomrel::bot
