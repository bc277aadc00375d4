#include "lib/operations/stage_sight.hpp"

#include "lib/deploy/look.hpp"
#include "lib/operations/targets.hpp"

#include <thread>

namespace loomrel::operations {

namespace {

constexpr Milliseconds k_stage_patience{10000};

StageSight compare(const deploy::HostState& seen, const release::Release& release) {
    const std::string commit = release.commit_sha.value_or("");
    if (!commit.empty() && (seen.commit == commit || seen.serves == commit)) {
        return {StageSight::What::same, "", ""};
    }
    // The tag was moved: what differs is the commit.
    const bool named_alike = seen.serves == release.release_tag && !seen.commit.empty();
    return {StageSight::What::other,
            seen.serves.empty() || named_alike ? seen.commit : seen.serves,
            ""};
}

StageSight unanswered(const Context& context, const Error& error) {
    std::string reason = in(context.language, error.message());
    return {StageSight::What::silent, "", context.redactor.redact(reason)};
}

} // namespace

bool can_look_at_stage(const config::Config& config, const std::string& service) {
    try {
        return can_log_in(config, config.hosts("stage", service));
    } catch (const Error&) {
        return false;
    }
}

StageSight look_at_stage(const Context& context, const release::Release& release) {
    const Deadline until = deadline_in(k_stage_patience);
    std::vector<StageSight> sights;
    try {
        const auto settings = context.config.deploy(release.service_name, "stage");
        const auto hosts = context.config.hosts("stage", release.service_name);
        sights.resize(hosts.size());
        // Joined on every way out, a host that cannot be named included.
        std::vector<std::jthread> threads;
        for (std::size_t i = 0; i < hosts.size(); ++i) {
            threads.emplace_back([&, i, endpoint = endpoint_of(context, hosts[i])] {
                try {
                    const auto connection =
                        context.connect(endpoint, std::max(left_until(until), Milliseconds{1}));
                    sights[i] = compare(
                        deploy::look(*connection, endpoint.shown(), settings, "", until), release);
                } catch (const Error& error) {
                    sights[i] = unanswered(context, error);
                } catch (const std::exception& bug) {
                    sights[i].reason = bug.what();
                }
            });
        }
        threads.clear();
    } catch (const Error& error) {
        return unanswered(context, error);
    }
    StageSight all{StageSight::What::same, "", ""};
    for (StageSight& one : sights) {
        // Something else somewhere outweighs a host that does not answer.
        if (one.what == StageSight::What::other
            || (one.what == StageSight::What::silent && all.what == StageSight::What::same)) {
            all = std::move(one);
        }
        if (all.what == StageSight::What::other) {
            break;
        }
    }
    return sights.empty() ? StageSight{} : all;
}

} // namespace loomrel::operations
