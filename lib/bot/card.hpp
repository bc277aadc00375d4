#pragma once

#include "lib/bot/callback.hpp"
#include "lib/bot/shown.hpp"
#include "lib/config/config.hpp"
#include "lib/messages/messages.hpp"
#include "lib/release/release.hpp"
#include "lib/store/store.hpp"
#include "lib/telegram/telegram.hpp"

#include <string>
#include <vector>

// A release as the bot's lists and questions show it. Pure: everything comes in.
namespace loomrel::bot {

// What a screen is made with.
struct Context {
    const config::Config& config;
    Time now;
    bool can_roll_back = false; // the service of the release shown
};

struct Page {
    Origin origin = Origin::active;
    const release::Release* release = nullptr; // null: the list is empty
    Known known{};
    std::size_t number = 1; // from 1
    std::size_t pages = 1;
    bool more = false; // there are more than `pages`: "1000+"
    // Of an approved release: the attempt to begin its deploy has failed, or it runs there.
    bool may_dispatch = false;
    std::string run_link{};
    bool any_outrun = false; // there is a list of outrun ones to go to
};

[[nodiscard]] telegram::Text menu(const Context& context, const std::string& name);
[[nodiscard]] telegram::Text list_page(const Context& context, const Page& page);
[[nodiscard]] telegram::Text history_page(const Context& context,
                                          Origin origin,
                                          const release::Release& release,
                                          const std::vector<release::Event>& events,
                                          bool any_outrun = false);
// `silent`: why stage said nothing when it was looked at; pressed again, that is known to whoever
// presses.
[[nodiscard]] telegram::Text approve_question(const Context& context,
                                              Origin origin,
                                              const release::Release& release,
                                              const Known& known,
                                              const std::string& silent = "");
[[nodiscard]] telegram::Text
reject_question(const Context& context, Origin origin, const release::Release& release);

// "🧪 Ручное тестирование"; a status of an older system as it stands.
[[nodiscard]] std::string status_label(Language language, const std::string& status);
// "✅ Одобрили: Аня, Борис (2 из 3)"; "" when nobody has.
[[nodiscard]] std::string approved_by(const config::Config& config,
                                      const release::Release& release,
                                      const std::vector<store::Approval>& approvals);
// "15 мин", "2 ч 5 мин", "3 д 4 ч".
[[nodiscard]] std::string duration(Language language, Milliseconds time);

[[nodiscard]] telegram::Button button(Language language, messages::Id id, const Callback& callback);
// The row that leads to the list of outrun ones.
[[nodiscard]] std::vector<telegram::Button> to_outrun(Language language);
// Back to the list's page, or to the notice.
[[nodiscard]] Callback back_to(Origin origin, std::int64_t release_id);
// Where a link may lead: http(s) only; "" for everything else.
[[nodiscard]] std::string safe_link(const std::string& link);

} // namespace loomrel::bot
