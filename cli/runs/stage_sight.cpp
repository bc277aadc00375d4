#include "cli/runs/stage_sight.hpp"

#include "cli/hosts/targets.hpp"
#include "lib/deploy/look.hpp"

#include <thread>

namespace loomrel::cli {

namespace {

constexpr Milliseconds k_stage_patience{10000};

bot::StageSight compare(const deploy::HostState& seen, const release::Release& release) {
    const std::string commit = release.commit_sha.value_or("");
    if (!commit.empty() && (seen.commit == commit || seen.serves == commit)) {
        return {bot::StageSight::What::same, "", ""};
    }
    // The tag was moved: what differs is the commit.
    const bool named_alike = seen.serves == release.release_tag && !seen.commit.empty();
    return {bot::StageSight::What::other,
            seen.serves.empty() || named_alike ? seen.commit : seen.serves,
            ""};
}

bot::StageSight unanswered(Services& services, const Error& error) {
    std::string reason = in(services.language(), error.message());
    return {bot::StageSight::What::silent, "", services.redactor().redact(reason)};
}

} // namespace

bot::StageSight look_at_stage(Services& services, const release::Release& release) {
    const Deadline until = deadline_in(k_stage_patience);
    std::vector<bot::StageSight> sights;
    try {
        const auto settings = services.config().deploy(release.service_name, "stage");
        const auto hosts = services.config().hosts("stage", release.service_name);
        sights.resize(hosts.size());
        // Joined on every way out, a host that cannot be named included.
        std::vector<std::jthread> threads;
        for (std::size_t i = 0; i < hosts.size(); ++i) {
            threads.emplace_back([&, i, endpoint = endpoint_of(services, hosts[i])] {
                try {
                    const auto connection =
                        ssh::connect(endpoint, std::max(left_until(until), Milliseconds{1}));
                    sights[i] = compare(
                        deploy::look(*connection, endpoint.shown(), settings, "", until), release);
                } catch (const Error& error) {
                    sights[i] = unanswered(services, error);
                } catch (const std::exception& bug) {
                    sights[i].reason = bug.what();
                }
            });
        }
        threads.clear();
    } catch (const Error& error) {
        return unanswered(services, error);
    }
    bot::StageSight all{bot::StageSight::What::same, "", ""};
    for (bot::StageSight& one : sights) {
        // Something else somewhere outweighs a host that does not answer.
        if (one.what == bot::StageSight::What::other
            || (one.what == bot::StageSight::What::silent
                && all.what == bot::StageSight::What::same)) {
            all = std::move(one);
        }
        if (all.what == bot::StageSight::What::other) {
            break;
        }
    }
    return sights.empty() ? bot::StageSight{} : all;
}

} // namespace loomrel::cli
