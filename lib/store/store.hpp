#pragma once

#include "lib/base/cleartext.hpp"
#include "lib/base/clock.hpp"
#include "lib/base/secret.hpp"
#include "lib/release/approval.hpp"
#include "lib/release/release.hpp"
#include "lib/store/decision.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace loomrel::store {

// What a client of the Release API said of itself, where `actor` and `source` are what the server
// knows. It stands in the detail of the events. Empty where whoever writes is the ledger.
struct Said {
    std::string by;
    std::string source;
};

struct NewRelease {
    std::string service;
    std::string tag;
    std::string run_id; // the GitHub run's, or local-<uuid>
    std::string by;
    std::string link;
    std::string ref;
    std::string commit;  // empty = not known yet
    std::string source;  // of the event: cli, api
    std::string actor{}; // of the event; "" = `by`
    Said said{};
    // Begun by hand: the newest release of the service and tag whose way to stage is not over (and
    // whose commit is this one, where both are known) is taken instead of a new one.
    bool continues = false;
    // Who acted, as Actors has it: by whose word, of `sender`, is one of k_new_words.
    std::string sender{};
    std::string resender{};
    std::string event{};
    std::string word{};
};

struct Created {
    std::int64_t id = 0;
    // False: the same service, tag and run id was there already, or the same service, tag and
    // commit: two rows of those are one release (design 13.3).
    bool created = false;
    std::string status;
};

enum class RunKind { deploy, rollback, restore, rehearsal };
[[nodiscard]] std::string_view to_string(RunKind kind);

enum class RunOutcome { good, failed, cancelled, refused, unknown };
[[nodiscard]] std::string_view to_string(RunOutcome outcome);

// Settings by key: a hash of each value.
using Settings = std::map<std::string, std::string>;

// In Run::settings: how the record was made. A record without it says nothing about settings; a
// loomrel from before them made it.
inline constexpr std::string_view k_settings_form = "form";

// One command's execution over the hosts of an environment (design 2).
struct Run {
    std::string id; // a UUID, made before any SSH
    std::string service;
    std::string environment;
    RunKind kind = RunKind::deploy;
    std::optional<std::int64_t> release_id;
    std::string ref; // refs/tags/T or refs/heads/B
    std::string commit;
    std::string github_run_id;
    int github_run_attempt = 0; // 0 = not started by GitHub
    std::vector<std::string> hosts;
    // Production's settings as whoever starts the run has them: key -> hash of its value (design
    // 13.4). Of runs on stage and in production; what is not in it has its default.
    Settings settings;
    // "" = opened before it began · "spool" = told afterwards · "host" = nobody told it, a host did
    // when it was looked at. What was told afterwards proves nothing.
    std::string source;
    // Who asked for it, by his own word, and through what: "cli", "github", "bot", "serve", "host".
    // "" = a loomrel from before these fields opened it.
    std::string began_by;
    std::string began_via;
    // The API key that opened it: the server's word. "" = it was opened on the ledger itself.
    std::string key;
    // Written by the store:
    std::string cancelled_by; // "" = nobody did
    Time started_at;
    std::optional<Time> ended_at;
    Milliseconds unseen_for{0}; // since the last heartbeat, by the database's clock
    std::optional<RunOutcome> outcome;
    std::string result; // the JSON object that the command printed; "" while it runs
};

struct HostResult {
    std::string host;
    std::string state;   // waiting, running, ended, unreachable
    std::string outcome; // ok, failed, restored, … ; "" while it runs
    std::string serves;  // the tag or commit that answers there now; "" = not known
};

struct RunEnd {
    std::string run_id;
    RunOutcome outcome = RunOutcome::unknown;
    std::string result; // JSON
    std::vector<HostResult> hosts;
    std::string commit{}; // by its hosts' journals; "" = unknown, or they differ
    // By them too: who had it stopped. The store leaves an event and a notice of it.
    std::string cancelled_by{};
    std::string key{}; // as Run::key: of whoever tells the end
};

// What becomes of a release in one transaction, wholly or not at all.
struct Change {
    std::string id; // a UUID made by the caller; the same change sent twice is done once
    std::int64_t release_id = 0;

    // Statuses to reach one after the other. The store starts behind the last of them that is the
    // present status; each move is one conditional UPDATE … WHERE status = ANY(sources). None
    // left = already there, no event. One refused = nothing of the change is done.
    struct Step {
        release::Move to;
        std::string detail = "{}"; // JSON object for the event
    };

    std::vector<Step> steps;
    std::string actor;
    std::string source;
    Said said{};
    // Written down by a script that deploys by itself (design 13.6): it counts without proof, and
    // is marked so, as long as the service has never had a run of loomrel's.
    bool by_script = false;
    // Pins commit_sha where it is null; never overwrites another. Where the service has a release
    // of this tag and commit already, this one is superseded by it (Changed::joined).
    std::optional<std::string> commit;
    std::optional<std::string> run_id; // github_run_id
    std::optional<std::string> link;   // github_action_link
    std::optional<std::string> rollback_to_tag;
    // Inserted with the moves. A release that was tested or rejected goes back to `building` only
    // together with a deploy to stage.
    std::optional<Run> open_run;
    // What a run's journal says counts while the run is open: of one whose end the ledger has been
    // told (here or by `end_run`) the release may have moved on. Then: What::already.
    std::optional<std::string> during_run;
    std::optional<RunEnd> end_run;
    // Of the commit that the host has checked out. Kept where that is the release's, the first ones
    // that come.
    std::optional<release::Signatures> signatures{};
};

struct Changed {
    enum class What { done, already, refused, absent } what = What::done;
    std::string status; // the present one (of What::absent: empty)
    // Of What::refused, which rule: "status", "commit", "run", or "not_proven": no production run
    // left this commit serving.
    std::string conflict;
    std::optional<Run> there; // of "run": the one that is open instead
    // The release of this tag and commit that was there first: the run is now that one's, and
    // `status` is its status.
    std::optional<std::int64_t> joined;
};

// Production is asked for (design 13.2). The one transaction that moves a release to `deploying`
// proves, by what the ledger itself holds, that it may: no caller and no other call can.
struct Claim {
    std::string id; // a UUID made by the caller; the same claim sent twice is made once
    std::int64_t release_id = 0;
    std::string actor;
    std::string source;
    Said said{};
    bool by_script = false; // as of a Change; its approvals are proven all the same
    std::string detail = "{}";
    // Its row, inserted with the move; its commit must be the release's, and its settings those
    // that were shown. Absent: an older system deploys by itself and only says so.
    std::optional<Run> run;
    bool older = false; // an operator wants it although a newer version has been deployed
    // The API key that asks has no right to production: refused as "key", whatever else holds.
    // Never travels.
    bool barred = false;
    // Whoever asks tells people of a refusal himself. Never travels.
    bool tells_people = false;
    // Counts where no `serve` ever wrote the ledger's rules; never leaves this process.
    release::ApprovalRules rules;
};

struct Claimed {
    enum class What { done, already, refused, absent } what = What::done;
    std::string status; // the present one: a refusal may have moved it back to manual_testing
    // Of What::refused: "status", "commit", "no_commit", "sender", "approvals", "expired",
    // "outrun", "settings", "run" or "key". Expired, too few by the present rules, settings that
    // were not shown: people are asked anew.
    std::string conflict;
    std::string outrun_by;             // of "outrun": the tag, or the number of its release
    std::vector<std::string> settings; // of "settings": the keys that were not shown
    std::optional<Run> there;          // the open run of this claim, somebody else's or our own
};

[[nodiscard]] std::string_view to_string(Claimed::What what);

// Something happened to a release that moved nothing (a stranger pressed a button): an event that
// begins and ends at the present status.
struct NewNote {
    std::string id; // a UUID made by the caller; the same note sent twice is one
    std::int64_t release_id = 0;
    std::string actor;
    std::string source;
    std::string detail = "{}"; // a JSON object that says what
    Said said{};
};

// A fact that people are to be told; its text is rendered where it is delivered. Those of a
// release's moves are written by the store itself, with the event, in the same transaction.
struct NewNotice {
    std::string key;  // unique: the same notice sent twice is one
    std::string kind; // text, dev, refused_press, ...
    std::optional<std::int64_t> release_id;
    std::string fact = "{}"; // a JSON object
};

struct ReleaseQuery {
    std::optional<release::List> list;
    std::string service;                // "" = all
    std::string tag;                    // "" = all
    std::optional<std::int64_t> before; // ids below this one: the next page
    int limit = 20;
};

struct RunQuery {
    std::string service;
    std::string environment;
    std::optional<std::int64_t> release_id;
    std::string ref; // refs/tags/T; "" = all
    std::string id;  // the beginning of the run's id; "" = all
    bool open_only = false;
    bool good_only = false;
    int limit = 20;
};

struct Opened {
    bool opened = false;
    // Not opened: the run of this id, or the one that is open for the same service, environment,
    // kind and release. Whoever asked joins it.
    std::optional<Run> there;
};

struct SchemaState {
    std::string product; // "PostgreSQL 15.18", "SQLite 3.40.1"
    std::vector<std::string> applied;
    std::vector<std::string> pending;
    std::vector<std::string> problems; // broken invariants, a sentence each
};

// The ledger. Every call is one transaction and safe to repeat; a lost connection is tried again
// within the deadline, and an unknown COMMIT is looked up, never guessed. When the ledger cannot be
// reached in time: Error(ErrorKind::ledger). One Store, one thread.
class Store {
public:
    virtual ~Store() = default;

    // The same service + tag + run id again gives the same release.
    virtual Created create_release(const NewRelease& release) = 0;
    virtual std::optional<release::Release> find_release(std::int64_t id) = 0;
    // Newest first.
    virtual std::vector<release::Release> list_releases(const ReleaseQuery& query) = 0;
    // Oldest first; empty for an unknown release. Where `from` is `to`, nothing moved: somebody's
    // word on the release, or a note.
    virtual std::vector<release::Event> events(std::int64_t release_id) = 0;
    virtual Changed apply(const Change& change) = 0;

    // Leaves an event when it is granted; when it is refused, one event and one notice an hour for
    // each release and reason, and of a barred key one an hour in all. What::already leaves none.
    virtual Claimed claim(const Claim& claim) = 0;
    virtual Claimed foresee_claim(const Claim& claim) = 0; // what it would answer; rolled back
    // The rules of decisions and claims, as a `serve` wrote them; nullopt: none ever did.
    virtual std::optional<release::ApprovalRules> approval_rules() = 0;

    // Leaves an event whether it moves the release or not; What::already leaves none.
    virtual Decided decide(const Decision& decision) = 0;
    // Of the release's present commit, oldest first; empty for an unknown release.
    virtual std::vector<Approval> approvals(std::int64_t release_id) = 0;
    // False: there is no such release.
    [[nodiscard]] virtual bool note_event(const NewNote& note) = 0;
    virtual void add_notice(const NewNotice& notice) = 0;

    // A run without a move (stage, dev, rollback). Of one service, environment other than dev, kind
    // and release, one is open at a time; an abandoned rollback gives way to another.
    [[nodiscard]] virtual Opened open_run(const Run& run) = 0;
    // Heartbeat: seen_at by the database's clock. An unknown run is ignored.
    virtual void touch_run(const std::string& run_id) = 0;
    // A run without a release, or whose release has moved on. Ending it twice is harmless.
    virtual void end_run(const RunEnd& end) = 0;
    virtual std::optional<Run> find_run(const std::string& run_id) = 0;
    virtual std::vector<Run> list_runs(const RunQuery& query) = 0;
    virtual std::vector<HostResult> run_hosts(const std::string& run_id) = 0;

    // Applies what is pending, each migration under a lock; gives the names applied. A schema newer
    // than this binary knows is Error(config).
    virtual std::vector<std::string> migrate() = 0;
    virtual SchemaState check() = 0;
};

// Codes of errors of the ledger's that are answers: the same again gets the same one.
inline constexpr const char* k_no_release = "release_unknown"; // ErrorKind::refused
inline constexpr const char* k_rejected = "ledger_rejected";   // ErrorKind::ledger
// Another key may be told something else: not an answer to keep.
inline constexpr const char* k_out_of_scope = "out_of_scope"; // ErrorKind::refused

struct Options {
    std::string url;              // sqlite:///path · postgresql://… · https://host/prefix
    Secret password;              // never part of url
    Milliseconds deadline{15000}; // of one call, all its retries included
    // The same where nobody has ever answered at the only address there is.
    Milliseconds first_contact{5000};
    // A ledger that is not there has failed then; else it has no rows yet, and is made by the first
    // write. One that was there once must be there from then on.
    bool must_exist = false;
    Cleartext cleartext{}; // where it may go without TLS though strangers are on the way
};

// By URL scheme. Opens nothing yet that could hang: the first call connects. The schema is migrated
// at the first call of a writing command.
[[nodiscard]] std::unique_ptr<Store> open_store(const Options& options);
[[nodiscard]] std::string shown_url(const std::string& url); // no password, no parameters

} // namespace loomrel::store
