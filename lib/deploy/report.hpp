#pragma once

#include "lib/base/secret.hpp"
#include "lib/deploy/failure.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace loomrel::deploy {

// What a run came to, over all its hosts: the result of design 3, and what the ledger is told.
struct Report {
    Subject subject;
    std::optional<std::int64_t> release_id;
    std::string status; // the release's, after it; "" without a release
    std::string commit;
    std::string log;      // on the host; of the first host that has one
    std::string log_host; // that host
    Milliseconds took{0};
    std::vector<Followed> hosts;
    store::RunOutcome outcome = store::RunOutcome::unknown;
    int exit = 0;                   // by the table of exit codes, before 6 and 130
    std::optional<Failure> failure; // the first host's that failed
    bool unchecked = false;         // it is good as far as anybody asked: health = "none"
    std::string lost;               // kept versions whose images are gone from a host, by name
    std::string cancelled_by;       // by its hosts' journals; "" = nobody, or nobody knows
    std::optional<Time> past;       // it ended before it was asked for, and began then
};

// Of several hosts what came of it on each, a line a host; empty where there is one, or all is
// well.
[[nodiscard]] std::vector<std::string> host_lines(const Report& report, Language language);

// Instead of what served when it ended.
[[nodiscard]] std::string serves_of_then(const store::Run& run, Language language);

// What programs on a host printed is quoted without the secrets that `redactor` knows: ledger, chat
// and page keep it for good.
[[nodiscard]] Report make_report(Subject subject,
                                 std::vector<Followed> hosts,
                                 Language language,
                                 const Redactor& redactor);

// Of what was told before (runs.result): why it failed. What serves now `status` will say. nullopt
// = it did not, or that cannot be read.
[[nodiscard]] std::optional<Failure>
failure_of_then(const store::Run& run, Language language, const Redactor& redactor);

// For the ledger: run_hosts and runs.result.
[[nodiscard]] store::RunEnd to_run_end(const Report& report);

// The object of --json, one line.
[[nodiscard]] std::string to_json(const Report& report);

// {"run_id", "outcome", "at" of one that was caught up with, "health": "none" where nobody asked,
// and of a failure what Failure holds}: the event's detail.
[[nodiscard]] std::string to_event_detail(const Report& report);

} // namespace loomrel::deploy
