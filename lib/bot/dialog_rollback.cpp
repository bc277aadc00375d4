#include "lib/bot/dialog.hpp"
#include "lib/bot/rollback_screens.hpp"
#include "lib/bot/settings.hpp"
#include "lib/telegram/text.hpp"

// What needs hosts: asked and done after the press has been answered.
namespace loomrel::bot {

namespace {

using messages::Id;
using messages::say;
using telegram::escape_line;

} // namespace

Reply Dialog::ask_rollback(const telegram::Press& press,
                           const Callback& callback,
                           const release::Release& release) {
    std::string why;
    if (m_operations == nullptr || !m_operations->can_roll_back(release.service_name, why)) {
        return no(press.from,
                  why.empty() ? say(m_config.language, Id::bot_unknown_button) : why,
                  "cannot_roll_back",
                  release.id,
                  "bot:" + press.id);
    }
    Reply reply;
    reply.toast = say(m_config.language, Id::bot_asking_host);
    const Context with = context(release.service_name);
    reply.work = [callback, release, with](Operations& operations, const auto& show) {
        const Standing standing = operations.standing(release.service_name);
        if (callback.action == Action::choose_rollback) {
            show(rollback_screen(with, callback.origin, release, standing));
            return;
        }
        const KeptVersion* target = find_kept(standing, callback.extra);
        show(target == nullptr
                 ? rollback_screen(with, callback.origin, release, standing)
                 : rollback_question(with, callback.origin, release, standing, *target));
    };
    return reply;
}

Reply Dialog::roll_back(const telegram::Press& press,
                        const Callback& callback,
                        const release::Release& release) {
    std::string why;
    const std::size_t dot = callback.extra.find('.');
    if (m_operations == nullptr || !m_operations->can_roll_back(release.service_name, why)
        || dot == std::string::npos) {
        return no(press.from,
                  why.empty() ? say(m_config.language, Id::bot_unknown_button) : why,
                  "cannot_roll_back",
                  release.id,
                  "bot:" + press.id);
    }
    Reply reply;
    reply.toast = say(m_config.language, Id::bot_rollback_started);
    reply.once = true;
    const Context with = context(release.service_name);
    const std::string actor = name_of(m_config, press.from.id, press.from.name);
    reply.work = [=](Operations& operations, const auto& show) {
        const Standing standing = operations.standing(release.service_name);
        const KeptVersion* target = find_kept(standing, callback.extra.substr(dot + 1));
        if (digest_of(standing.serves) != callback.extra.substr(0, dot) || target == nullptr) {
            telegram::Text text{say(with.config.language,
                                    Id::bot_rollback_changed,
                                    fmt::arg("current", escape_line(standing.serves))),
                                {}};
            text.keyboard = {{button(
                with.config.language, Id::bot_button_back, back_to(callback.origin, release.id))}};
            show(text);
            return;
        }
        RollbackScreen screen(
            with, callback.origin, release.id, release.service_name, standing.serves, target->tag);
        show(screen.text());
        Ended end;
        try {
            end = operations.roll_back(release.service_name,
                                       standing.serves,
                                       target->tag,
                                       actor,
                                       [&](const Progress& progress) {
                                           screen.took(progress);
                                           show(screen.text());
                                       });
        } catch (const Error& error) {
            end.reason = in(with.config.language, error.message());
            if (!error.hint().empty()) {
                end.reason += "\n" + in(with.config.language, error.hint());
            }
        }
        screen.ended(end);
        show(screen.text());
    };
    return reply;
}

} // namespace loomrel::bot
