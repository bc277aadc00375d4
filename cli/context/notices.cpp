#include "cli/context/notices.hpp"

#include "lib/base/random.hpp"
#include "lib/bot/delivery.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>

namespace loomrel::cli {

namespace {

constexpr Milliseconds k_patience{3000};

constexpr std::array k_telling{"dev-deploy",
                               "stage-deploy",
                               "prod-deploy",
                               "rollback",
                               "attach",
                               "cancel",
                               "reconcile",
                               "release patch",
                               "release approve",
                               "release reject"};

} // namespace

telegram::Options telegram_options(const config::Config& config) {
    const config::TelegramSettings& telegram = config.telegram;
    return {telegram.api_url,
            telegram.token.for_place(place_of_url(telegram.api_url)),
            Milliseconds{10000},
            http::cleartext_to(telegram.api_url, config.cleartext)};
}

loomrel::github::Options github_options(const config::Config& config) {
    const config::GithubSettings& github = config.github;
    return {github.api_url,
            github.token.for_place(place_of_url(github.api_url)),
            Milliseconds{15000},
            http::cleartext_to(github.api_url, config.cleartext)};
}

std::string lease_owner() {
    return std::to_string(::getpid()) + "-" + random_hex(6);
}

bool tells_people(const std::string& command) {
    return std::find(k_telling.begin(), k_telling.end(), command) != k_telling.end();
}

void deliver_notices(Services& services) {
    // A command that never got as far as its ledger has told it nothing.
    auto* ledger = dynamic_cast<store::ServerLedger*>(services.opened_store());
    if (ledger == nullptr) {
        return;
    }
    try {
        const config::Config& config = services.config();
        if (config.telegram.token.empty()) {
            return;
        }
        telegram::Options options = telegram_options(config);
        options.timeout = k_patience;
        telegram::Api api(options);
        bot::Delivery delivery(*ledger, api, config, lease_owner());
        (void)delivery.run_in_turn(deadline_in(k_patience));
    } catch (const Error&) {
        // The ledger is away: the notices are in it.
    }
}

} // namespace loomrel::cli
