#include "lib/deploy/take_over.hpp"

#include "lib/base/clock.hpp"
#include "lib/base/random.hpp"
#include "lib/base/text.hpp"
#include "lib/release/names.hpp"
#include "lib/store/spool/rollback.hpp"
#include "lib/store/spool/spool.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace loomrel::deploy {

namespace {

using nlohmann::json;

constexpr std::string_view k_prod = "prod";
constexpr const char* k_by_host = "host"; // store::Run::source
// So many runs back a commit is looked for.
constexpr int k_most_runs = 200;

store::RunQuery runs_of(const std::string& service, const std::string& environment) {
    store::RunQuery query;
    query.service = service;
    query.environment = environment;
    query.limit = 1;
    return query;
}

bool is_busy(const HostLook& host) {
    return host.sight
           && (!host.sight->lock.empty()
               || std::any_of(host.sight->runs.begin(),
                              host.sight->runs.end(),
                              [](const auto& run) { return run.state == "running"; }));
}

// By the last run that ended good; "" = none did.
std::string
last_deployed(store::Store& ledger, const std::string& service, const std::string& environment) {
    const auto run = last_good_run(ledger, service, environment);
    return run ? tag_of_run(*run) : "";
}

// Hosts are named in several ways, the run is not.
std::string id_of_row(const Untold& untold, const HostChange& change) {
    return uuid_of_name(untold.service + ' ' + untold.environment + ' ' + change.run + ' '
                        + change.serves);
}

void find_by_hand(store::Store& ledger, const std::vector<HostLook>& hosts, Untold& untold) {
    for (const HostLook& host : hosts) {
        std::string before;
        for (const HostChange& change :
             host.sight ? host.sight->changes : std::vector<HostChange>{}) {
            if (change.is_by_hand()) {
                const std::string id = id_of_row(untold, change);
                const auto row = ledger.find_run(id);
                if (!row || !row->ended_at) {
                    untold.by_hand.push_back({id, host.host, change, before});
                }
            }
            before = change.serves;
        }
    }
    std::stable_sort(
        untold.by_hand.begin(), untold.by_hand.end(), [](const auto& left, const auto& right) {
            return left.change.at < right.change.at;
        });
}

// The release of what served moves with the last of them, and only when no host serves it any more.
void find_moved(store::Store& ledger, const std::vector<HostLook>& hosts, Untold& untold) {
    if (untold.by_hand.empty()) {
        return;
    }
    for (RestoredByHand& one : untold.by_hand) {
        if (one.from.empty()) {
            one.from = last_deployed(ledger, untold.service, untold.environment);
        }
    }
    RestoredByHand& last = untold.by_hand.back();
    last.moves = untold.environment == k_prod && last.change.outcome == "good"
                 && last.from != last.change.serves
                 && std::none_of(hosts.begin(), hosts.end(), [&](const HostLook& host) {
                        return !host.sight || host.sight->serves == last.from;
                    });
}

// Somebody asked loomrel for it, whatever became of that.
bool is_known(store::Store& ledger, const std::string& service, const std::string& version) {
    store::RunQuery query = runs_of(service, std::string(k_prod));
    query.ref = "refs/tags/" + version;
    if (!ledger.list_runs(query).empty()) {
        return true;
    }
    query.ref.clear();
    query.limit = k_most_runs;
    const auto runs = ledger.list_runs(query);
    return std::any_of(runs.begin(), runs.end(), [&](const store::Run& run) {
        return !run.commit.empty() && run.commit == version;
    });
}

// The first good run that the ledger still tells of had ended by then: what it found was there by
// right.
bool was_found_first(store::Store& ledger, const std::string& service, std::int64_t kept_at) {
    store::RunQuery query = runs_of(service, std::string(k_prod));
    query.good_only = true;
    query.limit = k_most_runs;
    const auto runs = ledger.list_runs(query);
    return runs.empty() || !runs.back().ended_at
           || Time(std::chrono::seconds(kept_at)) <= *runs.back().ended_at;
}

// The ledger is asked only of what the host did not get by a run of its own: of what it does not
// keep, and of what a run found and kept, under a name that the tree has by chance.
bool is_proven(store::Store& ledger, const std::string& service, const HostState& state) {
    const Kept* kept = state.serving.empty() ? nullptr : state.find_kept(state.serving);
    if (kept == nullptr) {
        return is_known(ledger, service, state.serves);
    }
    return kept->how != "adopt" || was_found_first(ledger, service, kept->kept_at);
}

void find_unproven(store::Store& ledger, const std::vector<HostLook>& hosts, Untold& untold) {
    if (untold.environment != k_prod) {
        return;
    }
    for (const HostLook& host : hosts) {
        if (!host.sight || host.sight->serves.empty() || !host.sight->images_known
            || is_proven(ledger, untold.service, *host.sight)) {
            continue;
        }
        const std::string approved = last_deployed(ledger, untold.service, untold.environment);
        if (!approved.empty()) { // else loomrel has put nothing here yet
            untold.unproven.push_back({host.host, sanitize_line(host.sight->serves), approved});
        }
    }
}

std::string to_text(std::int64_t seconds) {
    return to_rfc3339(Time(std::chrono::seconds(seconds)));
}

json fact_of(const Untold& untold, const RestoredByHand& one) {
    return {{"by_hand", true},
            {"service", untold.service},
            {"environment", untold.environment},
            {"host", one.host},
            {"by", one.change.by},
            {"from", one.from},
            {"tag", one.change.serves},
            {"ok", one.change.outcome == "good"},
            {"at", to_text(one.change.at)},
            {"run_id", one.run}};
}

std::string actor_of(const RestoredByHand& one) {
    return one.change.by.empty() ? one.host : one.change.by;
}

// Without a commit: a host's word that something served proves nothing for another one.
store::Run row_of(const Untold& untold, const RestoredByHand& one) {
    store::Run run;
    run.id = one.run;
    run.service = untold.service;
    run.environment = untold.environment;
    run.kind = store::RunKind::rollback;
    run.hosts = {one.host};
    run.source = k_by_host;
    run.began_by = actor_of(one);
    run.began_via = k_by_host;
    run.started_at = Time(std::chrono::seconds(one.change.at));
    if (release::is_release_tag(one.change.serves)) {
        run.ref = "refs/tags/" + one.change.serves;
    }
    return run;
}

store::RunEnd end_of(const RestoredByHand& one, const json& fact) {
    const bool good = one.change.outcome == "good";
    store::RunEnd end;
    end.run_id = one.run;
    end.outcome = good ? store::RunOutcome::good : store::RunOutcome::failed;
    end.result = fact.dump();
    end.hosts = {{one.host, "ended", good ? "ok" : "failed", one.change.serves}};
    return end;
}

void tell_by_hand(store::Store& ledger, const Untold& untold, const RestoredByHand& one) {
    const json fact = fact_of(untold, one);
    const bool moved =
        one.moves && store::release_to_roll_back(ledger, untold.service, one.from).has_value();
    if (moved) {
        store::Rollback rollback;
        rollback.id = uuid_of_name("moved by " + one.run);
        rollback.from_tag = one.from;
        rollback.to_tag = one.change.serves;
        rollback.good = true;
        rollback.detail = fact.dump();
        rollback.actor = actor_of(one);
        rollback.run = row_of(untold, one);
        rollback.end = end_of(one, fact);
        (void)store::tell(ledger, rollback);
        return; // people are told of the move
    }
    ledger.add_notice({"by-hand:" + one.run, "by_hand", std::nullopt, fact.dump()});
    store::tell_late(ledger, row_of(untold, one));
    ledger.end_run(end_of(one, fact));
}

std::optional<std::int64_t>
release_of(store::Store& ledger, const std::string& service, const std::string& tag) {
    store::ReleaseQuery query;
    query.service = service;
    query.tag = tag;
    query.limit = 1;
    const auto releases = ledger.list_releases(query);
    return releases.empty() ? std::nullopt : std::optional(releases[0].id);
}

void tell_unproven(store::Store& ledger, const Untold& untold, const Unproven& one) {
    const std::string now_text = to_rfc3339(now());
    const std::string key = "unproven:" + untold.service + ':' + one.host + ':' + one.serves + ':'
                            + now_text.substr(0, 10);
    const json fact{{"unproven", one.serves},
                    {"service", untold.service},
                    {"environment", untold.environment},
                    {"host", one.host},
                    {"tag", one.serves},
                    {"approved", one.approved},
                    {"at", now_text}};
    if (const auto id = release_of(ledger, untold.service, one.approved)) {
        (void)ledger.note_event({uuid_of_name(key), *id, one.host, "journal", fact.dump()});
    }
    ledger.add_notice({key, "unproven", std::nullopt, fact.dump()});
}

} // namespace

bool is_under_way(store::Store& ledger,
                  const std::string& service,
                  const std::string& environment,
                  const std::vector<HostLook>& hosts) {
    store::RunQuery query = runs_of(service, environment);
    query.open_only = true;
    query.limit = k_most_runs;
    const auto open = ledger.list_runs(query);
    // One that was being told here, and was cut short, is told again.
    return std::any_of(hosts.begin(), hosts.end(), is_busy)
           || std::any_of(open.begin(), open.end(), [](const store::Run& run) {
                  return run.source != k_by_host;
              });
}

std::optional<store::Run>
last_good_run(store::Store& ledger, const std::string& service, const std::string& environment) {
    store::RunQuery query = runs_of(service, environment);
    query.good_only = true;
    auto runs = ledger.list_runs(query);
    return runs.empty() ? std::nullopt : std::optional(std::move(runs[0]));
}

std::string tag_of_run(const store::Run& run) {
    constexpr std::string_view k_tags = "refs/tags/";
    return run.ref.starts_with(k_tags) ? run.ref.substr(k_tags.size()) : "";
}

Untold compare(store::Store& ledger,
               const std::string& service,
               const std::string& environment,
               const std::vector<HostLook>& hosts) {
    Untold untold{service, environment, {}, {}};
    if (is_under_way(ledger, service, environment, hosts)) {
        return untold;
    }
    find_by_hand(ledger, hosts, untold);
    find_moved(ledger, hosts, untold);
    find_unproven(ledger, hosts, untold);
    return untold;
}

void take_over(store::Store& ledger, const Untold& untold) {
    for (const RestoredByHand& one : untold.by_hand) {
        tell_by_hand(ledger, untold, one);
    }
    for (const Unproven& one : untold.unproven) {
        tell_unproven(ledger, untold, one);
    }
}

} // namespace loomrel::deploy
