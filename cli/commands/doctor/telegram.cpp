#include "cli/commands/doctor/telegram.hpp"

#include "cli/context/notices.hpp"
#include "lib/bot/settings.hpp"
#include "lib/operations/production_hosts.hpp"
#include "lib/store/server_ledger.hpp"

namespace loomrel::cli {

namespace {

using messages::Id;
using messages::phrase;

constexpr const char* k_where = "telegram";
constexpr int k_most = 1000;
constexpr int k_most_parked = 5;
// A warning that nothing can end teaches people to overlook warnings.
constexpr std::chrono::hours k_parked_lately{7 * 24};
constexpr std::chrono::minutes k_soon{1};

void check_bot(const config::Config& config, Findings& findings) {
    telegram::Options options = telegram_options(config);
    options.timeout = Milliseconds{5000};
    telegram::Api api(options);
    try {
        findings.add(k_where, "getMe", Verdict::ok, "@" + api.get_me().username);
        const telegram::WebhookInfo hook = api.webhook_info();
        const bool wanted = config.telegram.updates == "webhook";
        findings.add(k_where,
                     "webhook",
                     wanted == !hook.url.empty() ? Verdict::ok : Verdict::warning,
                     "updates = " + config.telegram.updates
                         + (hook.url.empty() ? "" : ", " + hook.url) + ", "
                         + std::to_string(hook.pending),
                     phrase(Id::doctor_mend_webhook));
        if (!hook.last_error.empty()) {
            findings.add(k_where,
                         "webhook",
                         Verdict::warning,
                         hook.last_error,
                         phrase(Id::doctor_mend_webhook_error));
        }
    } catch (const telegram::Problem& problem) {
        // Notices wait and a deploy goes on, whatever Telegram says. A wrong token is mended
        // otherwise than a network.
        using Kind = telegram::Problem::Kind;
        const bool refused = problem.kind() != Kind::away && problem.kind() != Kind::too_many;
        findings.add(k_where,
                     "getMe",
                     Verdict::warning,
                     problem.what(),
                     refused ? phrase(Id::doctor_mend_bot_token)
                             : phrase(Id::doctor_mend_telegram_away,
                                      fmt::arg("url", config.telegram.api_url)));
    }
}

// What the bot leaves out, nobody finds by looking at the bot.
void check_rollback(Services& services, Findings& findings) {
    for (const std::string& service : services.config().services) {
        std::string why;
        const bool can = operations::can_roll_back(services.context(), service, why);
        findings.add(k_where,
                     "⏪ " + service,
                     can ? Verdict::ok : Verdict::warning,
                     why,
                     phrase(Id::doctor_mend_no_env_servers));
    }
}

// Approved releases whose production deploy nobody has begun.
void check_dispatches(Services& services, store::ServerLedger& ledger, Findings& findings) {
    store::ReleaseQuery active;
    active.list = release::List::active;
    active.limit = k_most;
    for (const release::Release& release : ledger.list_releases(active)) {
        const auto row = release.state() == release::Status::manual_test_passed
                             ? ledger.newest_dispatch(release.id)
                             : std::nullopt;
        using State = store::Notice::State;
        const bool stuck =
            row && row->state != State::sent
            && (row->state == State::parked || services.now() - row->created_at > k_soon);
        if (stuck) {
            findings.add("ledger",
                         "dispatch " + std::to_string(release.id),
                         Verdict::warning,
                         row->error,
                         phrase(Id::doctor_mend_dispatch,
                                fmt::arg("service", release.service_name),
                                fmt::arg("tag", release.release_tag),
                                fmt::arg("release", release.id)));
        }
    }
}

void check_outbox(Services& services, store::ServerLedger& ledger, Findings& findings) {
    for (const store::Notice& notice : ledger.parked_notices(k_most_parked)) {
        if (services.now() - notice.created_at > k_parked_lately) {
            break;
        }
        findings.add(k_where,
                     "notice " + std::to_string(notice.id) + " (" + notice.kind + ")",
                     Verdict::warning,
                     notice.error,
                     phrase(Id::doctor_mend_parked));
    }
    std::size_t late = 0;
    std::string why;
    store::NoticeQuery told;
    told.kind = store::NoticeQuery::Kind::told;
    told.limit = k_most;
    for (const store::Notice& notice : ledger.waiting_notices(told)) {
        if (services.now() - notice.created_at > k_soon) {
            ++late;
            why = why.empty() ? notice.error : why;
        }
    }
    findings.add(k_where,
                 "outbox",
                 late == 0 ? Verdict::ok : Verdict::warning,
                 std::to_string(late) + (why.empty() ? "" : ": " + why),
                 phrase(Id::doctor_mend_waiting));
}

void check_told(Services& services, Findings& findings) {
    try {
        const auto store =
            services.open_another_store(Services::Purpose::looking, Milliseconds{5000});
        // Behind the Release API it is the server's business.
        if (auto* ledger = dynamic_cast<store::ServerLedger*>(store.get())) {
            check_dispatches(services, *ledger, findings);
            if (!services.config().telegram.token.empty()) {
                check_outbox(services, *ledger, findings);
            }
        }
    } catch (const Error&) {
        // Said where the ledger is looked at.
    }
}

} // namespace

void check_telegram(Services& services, Findings& findings) {
    const config::Config& config = services.config();
    if (config.telegram.token.empty()) {
        findings.add(k_where,
                     "token",
                     Verdict::warning,
                     services.say(Id::doctor_token_missing),
                     phrase(Id::doctor_mend_bot_token));
        check_told(services, findings);
        return;
    }
    check_bot(config, findings);
    if (!bot::place_of(config, "stage")) {
        findings.add(k_where, "chat_id", Verdict::warning, "0", phrase(Id::doctor_mend_chat));
    }
    findings.add(k_where,
                 "approvers",
                 config.telegram.approvers.empty() ? Verdict::warning : Verdict::ok,
                 std::to_string(config.telegram.approvers.size()),
                 phrase(Id::doctor_mend_approvers));
    check_rollback(services, findings);
    check_told(services, findings);
}

} // namespace loomrel::cli
