#include "lib/bot/sender_check.hpp"

#include "lib/base/text.hpp"

#include <algorithm>
#include <utility>

namespace loomrel::bot {

namespace {

constexpr int k_most_releases = 100;
constexpr std::chrono::hours k_young{1};
constexpr Milliseconds k_again{15000};

// GitHub's number of the run; nullopt: it did not come from GitHub, or there is nothing to ask.
std::optional<std::int64_t> run_to_ask(const release::Release& release, Time now) {
    const auto id = parse_integer(release.github_run_id);
    const bool young = release.created_at && now - *release.created_at < k_young;
    return release.actors && !release.actors->asked && young && id && *id > 0 ? id : std::nullopt;
}

} // namespace

SenderCheck::SenderCheck(store::ServerLedger& ledger,
                         github::Client& github,
                         const config::Config& config,
                         WallClock clock,
                         OnTold on_told,
                         OnTrouble on_trouble)
    : m_ledger(ledger),
      m_github(github),
      m_config(config),
      m_clock(std::move(clock)),
      m_on_told(std::move(on_told)),
      m_on_trouble(std::move(on_trouble)) {}

void SenderCheck::run(const std::function<bool()>& stopped) {
    if (left_until(m_in_peace).count() > 0) {
        return;
    }
    store::ReleaseQuery query;
    query.list = release::List::active;
    query.limit = k_most_releases;
    for (const release::Release& release : m_ledger.list_releases(query)) {
        const auto run_id = run_to_ask(release, m_clock());
        if (stopped && stopped()) {
            return;
        }
        if (run_id) {
            ask(release, *run_id);
        }
        if (left_until(m_in_peace).count() > 0) {
            return;
        }
    }
}

void SenderCheck::ask(const release::Release& release, std::int64_t run_id) {
    const std::string repository = m_config.deploy(release.service_name, "stage").repo;
    const github::RunOrigin origin = m_github.origin_of_run(
        m_config.github.owner, repository.empty() ? release.service_name : repository, run_id);
    if (origin.what == github::RunOrigin::What::unknown) {
        m_in_peace = deadline_in(std::max(origin.retry_after, k_again));
        m_on_trouble(release.id, origin.reason);
        return;
    }
    const bool told = origin.what == github::RunOrigin::What::told;
    const std::string sender = told ? origin.actor : "";
    m_ledger.keep_sender(
        {release.id, sender, origin.triggering_actor, origin.event, origin.commit});
    m_on_told({release.id, release.actors->sender, sender});
}

} // namespace loomrel::bot
