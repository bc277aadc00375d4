#include "lib/bot/shown.hpp"

#include "lib/base/text.hpp"
#include "lib/bot/actor_lines.hpp"
#include "lib/bot/callback.hpp"
#include "lib/bot/card.hpp"
#include "lib/bot/event_words.hpp"
#include "lib/bot/notice_lines.hpp"
#include "lib/operations/stage_sight.hpp"
#include "lib/release/names.hpp"
#include "lib/telegram/text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>
#include <iterator>
#include <utility>

namespace loomrel::bot {

namespace {

using messages::Id;
using messages::say;
using release::Status;
using telegram::escape_html;
using telegram::escape_line;

constexpr std::string_view k_enterprise_api = "/api/v3";

// GitHub's pages, of the address that its API has: api.github.com, or https://HOST/api/v3.
std::string web_of(std::string api) {
    while (api.ends_with('/')) {
        api.pop_back();
    }
    if (api == "https://api.github.com") {
        return "https://github.com";
    }
    return api.ends_with(k_enterprise_api) ? api.substr(0, api.size() - k_enterprise_api.size())
                                           : "";
}

std::string link_to(const std::string& address, const std::string& html) {
    const std::string link = safe_link(address);
    return link.empty() ? html : "<a href=\"" + escape_html(link) + "\">" + html + "</a>";
}

std::string commit_line(const config::Config& config, const release::Release& release) {
    const std::string commit = release.commit_sha.value_or("");
    if (commit.empty()) {
        return say(config.language, Id::shown_no_commit);
    }
    const std::string shown = "<code>" + escape_line(short_commit(commit)) + "</code>";
    return say(config.language,
               Id::shown_commit,
               fmt::arg("commit", link_to(commit_link(config, release), shown)));
}

// By these settings, not by what somebody wrote into the ledger. "" = they do not say.
std::string stage_line(const config::Config& config, const std::string& service, bool as_link) {
    std::string where;
    try {
        std::vector<std::string> hosts;
        for (const config::Host& host : config.hosts("stage", service)) {
            const bool has_scheme = host.domain.find("://") != std::string::npos;
            const std::string domain =
                host.domain.empty() || has_scheme ? host.domain : "https://" + host.domain;
            const std::string shown = domain.empty() ? host.address : domain;
            if (std::find(hosts.begin(), hosts.end(), shown) == hosts.end() && hosts.size() < 3) {
                hosts.push_back(shown);
            }
        }
        for (std::string& host : hosts) {
            const std::string html = escape_line(host, 100);
            host = as_link ? link_to(host, html) : "<code>" + html + "</code>";
        }
        where = join(hosts, ", ");
    } catch (const Error&) {
        return ""; // not configured here
    }
    return where.empty() ? "" : say(config.language, Id::shown_stage, fmt::arg("where", where));
}

} // namespace

std::optional<release::Event> last_move(const std::vector<release::Event>& events) {
    const auto last = std::find_if(
        events.rbegin(), events.rend(), [](const auto& event) { return event.from != event.to; });
    return last == events.rend() ? std::nullopt : std::optional(*last);
}

std::vector<std::string> settings_named(const std::vector<release::Event>& events) {
    const auto called = std::find_if(events.rbegin(), events.rend(), [](const auto& event) {
        return event.from == to_string(Status::stage_deploy)
               && event.to == to_string(Status::manual_testing);
    });
    std::vector<std::string> keys;
    for (auto event = called == events.rend() ? events.begin() : std::prev(called.base());
         event != events.end();
         ++event) {
        for (std::string& key : settings_in(object_of(event->detail))) {
            if (std::find(keys.begin(), keys.end(), key) == keys.end()) {
                keys.push_back(std::move(key));
            }
        }
    }
    return keys;
}

Known known_of(store::Store& ledger, const release::Release& release) {
    Known known;
    known.approvals = ledger.approvals(release.id);
    const std::vector<release::Event> events = ledger.events(release.id);
    known.last = last_move(events);
    known.settings = settings_named(events);
    known.question = release::times_asked(events);
    if (release.is_outrun()) {
        const auto by = ledger.find_release(*release.superseded_by);
        known.outrun_by = by && by->release_tag != release.release_tag
                              ? by->release_tag
                              : "#" + std::to_string(*release.superseded_by);
    }
    return known;
}

bool can_be_approved(const release::Release& release) {
    return release.state() == Status::manual_testing && !release.commit_sha.value_or("").empty()
           && !release.is_outrun();
}

std::string commit_link(const config::Config& config, const release::Release& release) {
    const std::string commit = release.commit_sha.value_or("");
    const std::string web = web_of(config.github.api_url);
    if (config.github.owner.empty() || web.empty() || !release::is_commit(commit)) {
        return "";
    }
    std::string repository = release.service_name;
    try {
        const std::string set = config.deploy(release.service_name, "stage").repo;
        repository = set.empty() ? repository : set;
    } catch (const Error&) {
        // No settings for it: repositories are called as their services are.
    }
    // GitHub's own rule for both names; anything else would lead somewhere else.
    const auto is_name = [](const std::string& name) {
        return !name.empty() && name.find("..") == std::string::npos
               && std::all_of(name.begin(), name.end(), [](unsigned char letter) {
                      return std::isalnum(letter) != 0 || letter == '-' || letter == '_'
                             || letter == '.';
                  });
    };
    return is_name(config.github.owner) && is_name(repository)
               ? web + "/" + config.github.owner + "/" + repository + "/commit/" + commit
               : "";
}

std::string what_is_approved(const config::Config& config,
                             const release::Release& release,
                             const Known& known) {
    if (release.state() != Status::manual_testing || release.is_outrun()) {
        return "";
    }
    const Language language = config.language;
    std::string lines = commit_line(config, release);
    const auto add = [&](const std::string& line) { lines += line.empty() ? "" : "\n" + line; };
    const bool looks = known.looks && operations::can_look_at_stage(config, release.service_name);
    for (const std::string& line : actor_lines(config, release)) {
        add(line);
    }
    add(stage_line(config, release.service_name, known.looks));
    const std::string keys = setting_keys(language, known.settings);
    if (!keys.empty()) {
        add(say(language, Id::shown_settings, fmt::arg("keys", escape_html(keys))));
    }
    if (!looks) {
        add(say(language, Id::shown_ci_word));
    }
    return lines;
}

std::string outrun_line(Language language, const release::Release& release, const Known& known) {
    if (known.outrun_by.empty()) {
        return "";
    }
    return known.outrun_by.starts_with('#')
               ? say(language, Id::shown_same, fmt::arg("id", *release.superseded_by))
               : say(language, Id::shown_outrun, fmt::arg("by", escape_line(known.outrun_by)));
}

} // namespace loomrel::bot
