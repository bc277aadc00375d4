#pragma once

#include "lib/base/clock.hpp"
#include "lib/release/actors.hpp"
#include "lib/release/status.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace loomrel::release {

// One tag of one service on its way to production: a row of `releases`, with the spec's names.
struct Release {
    std::int64_t id = 0;
    std::string service_name;
    std::string release_tag;
    std::string rollback_to_tag;
    std::string status; // as the ledger has it; state() is the one of the table, if it is
    std::string initiated_by;
    std::string github_run_id;
    std::string github_action_link;
    std::string github_ref;
    std::optional<Time> created_at; // a row of the spec's own system may not say
    std::optional<Time> started_at;
    std::optional<Time> completed_at;
    std::optional<std::string> commit_sha;
    // The release whose version took this one's place before it came to production (design 13.3),
    // or, of two rows of one tag and commit, the first.
    std::optional<std::int64_t> superseded_by;
    // Its status is a script's word: no run of loomrel's stands behind it (design 13.6).
    bool unverified = false;
    std::optional<Actors> actors; // who acted on it; a row of before has none

    [[nodiscard]] Origin origin() const { return {initiated_by, actors}; }

    [[nodiscard]] bool is_outrun() const {
        const auto known = state();
        return superseded_by && known && can_be_outrun(*known);
    }

    [[nodiscard]] std::optional<Status> state() const { return parse_status(status); }
};

// One line of the release's history; append-only.
struct Event {
    Time at; // the database's clock
    std::string from;
    std::string to;
    std::string actor;         // who: a login, "telegram:11111", "loomrel"
    std::string source;        // through what: cli, journal, bot, api, serve
    std::string detail = "{}"; // a JSON object
};

// How often people were asked about the release. What whoever decides was shown belongs to one such
// question; asked anew, they may be shown something else.
[[nodiscard]] inline std::int64_t times_asked(const std::vector<Event>& events) {
    return std::count_if(events.begin(), events.end(), [](const Event& event) {
        return event.from != event.to && event.to == to_string(Status::manual_testing);
    });
}

} // namespace loomrel::release
