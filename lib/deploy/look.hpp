#pragma once

#include "lib/config/config.hpp"
#include "lib/deploy/ask_host.hpp"
#include "lib/deploy/script.hpp"
#include "lib/ssh/ssh.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace loomrel::deploy {

struct OpenRun {
    std::string id;
    std::string state; // running, died, unread (ended, the ledger was not told)
    std::string step;  // of a running one
};

// A version that is kept on the host and can be brought back (design 6, "Capsule").
struct Kept {
    std::string id;
    std::string name; // a tag, else a commit
    std::string commit;
    std::string how;          // deploy, adopt, rollback
    std::int64_t kept_at = 0; // seconds since 1970
    std::string healthy;      // yes, no, unknown
};

// A record of the host that could not be read.
struct UnreadRecord {
    std::string what;   // a kept version's id, else the word that the record began with
    bool newer = false; // a newer loomrel wrote it
};

// A line of the host's record of good runs (design 13.2): kept for ever, whatever is pruned.
struct GoodRun {
    std::string run;
    std::string name; // a tag, else a branch
    std::string commit;
    std::int64_t at = 0; // seconds since 1970, by the host's clock
    std::string kind;    // deploy, rollback, restore
};

// A run that may have changed what serves on the host (its $D/changes): also what nobody sent.
struct HostChange {
    std::string run;     // a run's name; of a restore by hand "by-hand-…"
    std::string kind;    // deploy, rollback, restore, rehearsal
    std::string outcome; // as the run's end has it
    std::string serves;  // since then; "" = nothing, or not known
    std::string commit;  // "" = not known
    std::int64_t at = 0; // seconds since 1970, by the host's clock
    std::string by;      // of a restore by hand, whose log-in; sanitized

    [[nodiscard]] bool is_by_hand() const { return run.starts_with("by-hand-"); }
};

// What one host says of one service, just now.
struct HostState {
    std::string serves;                // tag, commit or image; "" = nothing that we know
    std::string commit;                // of what was last deployed here, if that is what serves
    std::optional<std::int64_t> since; // seconds since 1970, likewise
    std::string how;                   // how it came to serve: deploy, adopt, rollback, restore
    std::string healthy;               // yes, no, unknown
    std::string lock;                  // who holds the service; "" = nobody
    std::vector<OpenRun> runs;
    std::vector<Kept> kept;   // newest first; docker has just said that their images are there
    std::vector<Kept> lost;   // kept once, and the images are gone: id, name, commit
    bool images_known = true; // false: docker does not answer, so `kept` may be lost too
    std::string serving;      // of `kept`, what serves; "" = it is none of them
    std::string back;         // of `kept`, where a rollback without a target leads; "" = nowhere
    bool second_step = false; // because what serves was itself put there by one
    std::string next;         // then, of `kept`, what may be proposed; "" = nothing
    bool changed = false; // compose's configuration is another than when the target was deployed
    bool change_unknown = false; // another compose made the sums: it cannot be told
    bool has_tag = true;         // what is wanted is kept, or a tag of the clone: it can be built
    // Good runs that left `to` (as a name, or the commit that the tag means now) here, newest
    // first, 20 at most.
    std::vector<GoodRun> good_runs;
    std::vector<HostChange> changes; // the last 20, oldest first
    bool has_repository = true;
    int protocol = 1; // of the program that answered; ours where it came from here
    // What of all this is missing here because it could not be read.
    std::vector<UnreadRecord> unread;
    std::vector<std::string> services; // look_kept: all that are on this host

    [[nodiscard]] const Kept* find_kept(const std::string& id_or_name) const;
};

// A run's name: a UUID, the same with "-back" for the run that puts it back, or that of a restore
// by hand. Anything else was written by somebody else and is not shown.
[[nodiscard]] bool is_run_id(std::string_view text);

// Of a lock's text, "v1.2.3, by whom[, link], since, run id", the parts that have their form; "?"
// if that is not enough to know the run by. Whoever owns the tree may have written the rest.
[[nodiscard]] std::string shown_holder(const std::string& line);

// What the lines of a look tell, of whichever loomrel's program.
[[nodiscard]] HostState read_look(const std::vector<ControlLine>& told);

// `to`: the version that somebody wants to go back to; "" = `back`. `until`: when whoever asked has
// waited long enough; an answer that is not whole by then is Error(no_host). Settings that are
// unproven are not used: the kept program is asked; Error(refused) where there is none.
[[nodiscard]] HostState look(ssh::Connection& connection,
                             const std::string& host,
                             const config::DeploySettings& settings,
                             const std::string& to = "",
                             std::optional<Deadline> until = std::nullopt);

// Without a configuration: by the program that the last deploy left there. Of `place` the run does
// not count, and an empty service = the only one there is. `chosen` is the one that was looked at,
// "" = none.
struct KeptState {
    std::string chosen;
    HostState sight;
};

[[nodiscard]] KeptState look_kept(ssh::Connection& connection,
                                  const std::string& host,
                                  const RunPlace& place,
                                  const std::string& to,
                                  std::optional<Deadline> until = std::nullopt);

struct Check {
    std::string name;
    bool ok = false;
    std::string detail; // sanitized
};

struct Diagnosis {
    std::vector<Check> checks;
    std::string machine_id;
};

[[nodiscard]] Diagnosis diagnose(ssh::Connection& connection,
                                 const std::string& host,
                                 const config::DeploySettings& settings);

} // namespace loomrel::deploy
