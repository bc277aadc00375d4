#include "lib/deploy/rollback.hpp"

#include "lib/base/shell_quote.hpp"
#include "lib/base/text.hpp"
#include "lib/messages/messages.hpp"
#include "lib/release/names.hpp"

#include <algorithm>
#include <set>

namespace loomrel::deploy {

namespace {

using messages::Id;
using messages::phrase;

std::string command(const RollbackWish& wish, const std::string& to) {
    std::string typed = fmt::format(
        "loomrel rollback --env {} --service {}", wish.environment, shell_quote(wish.service));
    for (const auto& [flag, value] :
         {std::pair{" --host ", &wish.host}, {" --identity ", &wish.identity}}) {
        typed += value->empty() ? "" : flag + shell_quote(*value);
    }
    return typed + " --to " + shell_quote(to);
}

// What else is kept, by name, newest first: for the person who has to name one.
std::vector<std::string> others(const std::vector<HostLook>& hosts) {
    std::vector<std::string> names;
    for (const HostLook& host : hosts) {
        for (const Kept& kept : host.sight ? host.sight->kept : std::vector<Kept>{}) {
            const bool known = std::find(names.begin(), names.end(), kept.name) != names.end();
            if (!known && kept.name != host.sight->serves) {
                names.push_back(kept.name);
            }
        }
    }
    return names;
}

std::vector<const HostState*> answers(const std::vector<HostLook>& hosts) {
    std::vector<const HostState*> sights;
    for (const HostLook& host : hosts) {
        if (host.sight) {
            sights.push_back(&*host.sight);
        }
    }
    return sights;
}

// Whoever goes back once more is hardly after a version that was rolled away from: the host knows
// which is not. Where hosts differ, what the rollback has brought to some of them. "" = none.
std::string next_step(const std::vector<HostLook>& hosts, const HostState& second) {
    bool same = true;
    std::string led_to = second.serves;
    for (const HostState* sight : answers(hosts)) {
        same = same && sight->serves == second.serves;
        if (sight->how == "rollback") {
            led_to = sight->serves;
        }
    }
    if (!same) {
        return led_to;
    }
    const Kept* next = second.next.empty() ? nullptr : second.find_kept(second.next);
    return next == nullptr ? "" : next->name;
}

// Where the first host that knows one would go back to, else what it may propose; "" = nowhere.
std::string default_of(const std::vector<HostLook>& hosts) {
    for (const auto wanted : {&HostState::back, &HostState::next}) {
        for (const HostState* sight : answers(hosts)) {
            if (const Kept* kept = sight->find_kept(sight->*wanted)) {
                return kept->name;
            }
        }
    }
    return "";
}

// What is there and cannot be read is not said to be missing.
void check_unread(const std::vector<HostLook>& hosts, const RollbackWish& wish) {
    for (const HostLook& host : hosts) {
        if (!host.sight || host.sight->unread.empty()) {
            continue;
        }
        std::vector<std::string> records;
        bool newer = false;
        for (const UnreadRecord& unread : host.sight->unread) {
            records.push_back(unread.what);
            newer = newer || unread.newer;
        }
        throw Error(ErrorKind::refused,
                    newer ? "written_by_newer" : "host_unread",
                    phrase(newer ? Id::rollback_written_by_newer : Id::rollback_unread,
                           fmt::arg("host", host.host),
                           fmt::arg("records", join(records, ", "))),
                    newer ? phrase(Id::deploy_written_by_newer_hint)
                          : phrase(Id::rollback_never_served_hint,
                                   fmt::arg("environment", wish.environment),
                                   fmt::arg("service", wish.service)));
    }
}

// The next command can be pasted. What was rolled away from is never simply proposed: where nothing
// else is left, the hint says that it was.
[[noreturn]] void refuse(const char* code,
                         Phrase message,
                         const std::vector<HostLook>& hosts,
                         const RollbackWish& wish,
                         const std::string& best = "") {
    const auto names = others(hosts);
    if (names.empty()) {
        throw Error(ErrorKind::refused,
                    code,
                    std::move(message),
                    // Whoever named a version knows that one can be named.
                    phrase(wish.to ? Id::rollback_kept_hint : Id::rollback_nothing_kept_hint,
                           fmt::arg("environment", wish.environment),
                           fmt::arg("service", wish.service)));
    }
    const std::string proposed = best.empty() ? default_of(hosts) : best;
    const auto sights = answers(hosts);
    // Where docker is silent a host proposes nothing, whatever was rolled away from.
    const bool all_left =
        proposed.empty() && std::all_of(sights.begin(), sights.end(), [](const HostState* sight) {
            return sight->images_known;
        });
    throw Error(
        ErrorKind::refused,
        code,
        std::move(message),
        phrase(all_left ? Id::rollback_left_one_hint : Id::rollback_name_one_hint,
               fmt::arg("command", command(wish, proposed.empty() ? names.front() : proposed)),
               fmt::arg("kept", join(names, ", "))));
}

// The kept version on one host; nullptr = none.
const Kept* kept_target(const HostState& sight, const RollbackWish& wish) {
    return sight.find_kept(wish.to ? *wish.to : sight.back);
}

template <typename Get>
std::string same_everywhere(const std::vector<const HostState*>& sights, Get get) {
    std::set<std::string> values;
    for (const HostState* sight : sights) {
        values.insert(get(*sight));
    }
    return values.size() == 1 ? *values.begin() : "";
}

// What the hosts' own records say of a version that has to be built: which commit it was, the
// newest good run counting where a tag has moved between two.
void take_record(RollbackTarget& target, const std::vector<const HostState*>& sights) {
    std::int64_t newest = -1;
    const bool is_known = !target.commit.empty();
    for (const HostState* sight : sights) {
        for (const GoodRun& run : sight->good_runs) {
            if (!is_known && run.name == target.to && run.at > newest) {
                newest = run.at;
                target.commit = run.commit;
            }
        }
    }
    target.proven_by_host =
        !target.commit.empty()
        && std::any_of(sights.begin(), sights.end(), [&](const HostState* sight) {
               return std::any_of(sight->good_runs.begin(),
                                  sight->good_runs.end(),
                                  [&](const GoodRun& run) { return run.commit == target.commit; });
           });
}

// Without a target each host must know one, and all of them the same.
void check_defaults(const std::vector<HostLook>& hosts, const RollbackWish& wish) {
    std::set<std::string> names;
    for (const HostLook& host : hosts) {
        if (!host.sight) {
            continue;
        }
        const HostState* sight = &*host.sight;
        if (!sight->images_known) {
            const std::string command = "loomrel doctor --env " + wish.environment;
            throw Error(ErrorKind::refused,
                        "docker_silent",
                        phrase(Id::rollback_docker_silent, fmt::arg("host", host.host)),
                        Phrase{command, command});
        }
        if (sight->second_step) {
            refuse("second_step",
                   sight->serves.empty()
                       ? phrase(Id::rollback_second_step_down)
                       : phrase(Id::rollback_second_step, fmt::arg("serves", sight->serves)),
                   hosts,
                   wish,
                   next_step(hosts, *sight));
        }
        const Kept* kept = kept_target(*sight, wish);
        if (kept == nullptr) {
            check_unread(hosts, wish);
            refuse("nothing_kept",
                   phrase(Id::rollback_nothing_kept, fmt::arg("service", wish.service)),
                   hosts,
                   wish);
        }
        names.insert(kept->name);
    }
    if (names.size() > 1) {
        refuse("targets_differ",
               phrase(Id::rollback_targets_differ,
                      fmt::arg("names", join({names.begin(), names.end()}, ", "))),
               hosts,
               wish);
    }
}

} // namespace

RollbackTarget choose_target(const std::vector<HostLook>& hosts, const RollbackWish& wish) {
    const auto sights = answers(hosts);
    if (sights.empty()) {
        throw Error(ErrorKind::no_host, "host_unreachable", phrase(Id::rollback_no_host));
    }
    if (!wish.to) {
        check_defaults(hosts, wish);
    }
    RollbackTarget target;
    target.from = sights.front()->serves;
    target.to = wish.to.value_or("");
    for (const HostState* sight : sights) {
        if (const Kept* kept = kept_target(*sight, wish)) {
            target.to = kept->name;
            target.commit = kept->commit;
            target.kept_at = kept->kept_at;
            target.changed = target.changed || sight->changed;
            target.change_unknown = target.change_unknown || sight->change_unknown;
        } else {
            target.rebuild = true;
        }
    }
    take_record(target, sights);
    target.from_id = same_everywhere(
        sights, [](const HostState& sight) { return sight.serving.empty() ? "-" : sight.serving; });
    target.to_id = same_everywhere(sights, [&](const HostState& sight) {
        const Kept* kept = kept_target(sight, wish);
        return kept == nullptr ? std::string() : kept->id;
    });
    if (target.to_id.empty()) {
        target.to_id = target.to;
    }
    target.already =
        sights.size() == hosts.size()
        && std::all_of(sights.begin(), sights.end(), [&](const HostState* sight) {
               const Kept* serves = sight->find_kept(sight->serving);
               return serves != nullptr && serves->name == target.to && sight->healthy != "no";
           });
    // Only a release's tag can be built anew, and what once served is known to one of the hosts;
    // anything else is a mistyped name.
    const bool is_there = std::any_of(sights.begin(), sights.end(), [](const HostState* sight) {
        return sight->has_tag || !sight->has_repository;
    });
    if (target.rebuild && !(is_there && release::is_release_tag(target.to))) {
        check_unread(hosts, wish);
        refuse("not_kept",
               phrase(Id::rollback_not_kept, fmt::arg("name", sanitize_line(target.to))),
               hosts,
               wish);
    }
    return target;
}

} // namespace loomrel::deploy
