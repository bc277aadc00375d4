#pragma once

#include "lib/store/keys.hpp"
#include "lib/store/store.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace loomrel::store {

// A `serve` that begins production deploys keeps this lease as long as it runs: while it is held,
// people are told that the server does what is next (Decided::server_is_up).
inline constexpr const char* k_serve_lease = "serve";

// How far the production deploy of an approved release has come to begin.
struct DispatchState {
    enum class Phase {
        unsent,    // nobody was asked for it, or who was asked said that nothing began
        requested, // asked for and not answered: a run may have begun
        started,   // the run has begun
        obsolete,  // the release moved on; nothing begins any more
    };

    Phase phase = Phase::unsent;
    int looks = 0;        // of requested: how often its run was looked for and not found
    std::string run_link; // of started: where the run is; "" = GitHub did not say, or it runs here
};

// A row of the outbox.
struct Notice {
    enum class State { waiting, parked, sent };

    std::int64_t id = 0;
    State state = State::waiting;
    std::string kind; // "event", "dispatch", or what add_notice() was given
    std::optional<std::int64_t> release_id;
    std::optional<std::int64_t> event_id;
    std::optional<release::Event> event; // the one that it tells
    std::string fact;                    // a JSON object
    std::string key;
    int attempts = 0;
    std::string error;           // why the last attempt failed, for people
    DispatchState dispatch;      // of kind "dispatch"
    std::int64_t message_id = 0; // of the message that tells it; its file may be missing yet
    Time created_at;
    Milliseconds due_in{0}; // by the database's clock; 0 = due
};

// Which of those that wait. Rows for people and rows for a machine lie in one outbox, and neither
// kind may stand in the way of the other, however many there are.
struct NoticeQuery {
    enum class Kind { any, told, dispatch } kind = Kind::any; // told = all but dispatches
    std::optional<std::int64_t> release_id;
    std::int64_t after = 0; // ids above this one: the next page
    bool newest_first = false;
    int limit = 100;
};

// What became of an attempt to deliver.
struct Settlement {
    enum class What { sent, parked, waiting } what = What::sent;
    std::int64_t notice_id = 0;
    std::string error;         // why not, for people, without secrets
    Milliseconds due_again{0}; // of What::waiting: not before
    // As they are from now on.
    DispatchState dispatch{};
    std::int64_t message_id = 0;
};

// GitHub's answer to who began a release (release::Actors).
struct SenderAnswer {
    std::int64_t release_id = 0;
    std::string sender;
    std::string resender;
    std::string event;
    std::string run_commit;
};

// An approval that nobody has used.
struct OldApproval {
    std::int64_t release_id = 0;
    Time at; // when it reached its quorum
};

// Where a message about a release stands, and what it is for (card, call to test, …). One message
// is kept for each.
struct MessagePlace {
    std::int64_t release_id = 0;
    std::int64_t chat_id = 0;
    std::int64_t thread_id = 0;
    std::string purpose;
};

// An event of a release's history, and which release that is.
struct Happening {
    std::int64_t id = 0; // the event's
    std::int64_t release_id = 0;
    std::string service;
    std::string tag;
    release::Event event;
};

// The ledger as a process needs it that speaks to Telegram and GitHub: what is to be told, to whom
// it was told, what was heard. Only databases have it; behind the Release API the server does this.
class ServerLedger : public ApiLedger {
public:
    // Oldest first, those not due yet included: such a one holds up what comes after it to the same
    // chat, and nothing else.
    virtual std::vector<Notice> waiting_notices(const NoticeQuery& query) = 0;

    std::vector<Notice> waiting_notices(int limit) {
        NoticeQuery query;
        query.limit = limit;
        return waiting_notices(query);
    }

    // By its key, whatever has become of it.
    virtual std::optional<Notice> find_notice(const std::string& key) = 0;
    // The last attempt to begin the production deploy of a release, whatever has become of it.
    virtual std::optional<Notice> newest_dispatch(std::int64_t release_id) = 0;
    // What people were not told: given up, until somebody settles it as waiting again. Newest
    // first: a fault of today is not hidden behind those of last year.
    virtual std::vector<Notice> parked_notices(int limit) = 0;
    // Counts the attempt. What was sent stays sent.
    virtual void settle_notice(const Settlement& settlement) = 0;

    // What decisions and claims are held to from now on. True: it was something else before.
    virtual bool keep_approval_rules(const release::ApprovalRules& rules,
                                     const std::string& actor) = 0;

    // What GitHub says of the run that began a release; once, and it wins. "" as the sender: GitHub
    // knows no such run.
    virtual void keep_sender(const SenderAnswer& answer) = 0;

    // nullopt: it was made. Else what stands in its way: one of its name is in force, and may do
    // something else.
    virtual std::optional<Key> create_key(const NewKey& key) = 0;
    // By name, and of one name in the order in which they were made; those that are over included.
    virtual std::vector<Key> list_keys() = 0;
    // How many of this name are revoked by it; all but the one made last, if so wanted.
    virtual std::size_t revoke_keys(const std::string& name, bool all_but_last) = 0;

    // The id of the newest event of all; 0 = there is none.
    virtual std::int64_t newest_event() = 0;
    // Events with ids above `after` that are not among `seen`, oldest first. Transactions end in
    // another order than their events' ids: whoever follows asks for the last ones once more.
    virtual std::vector<Happening>
    happened(std::int64_t after, const std::set<std::int64_t>& seen, int limit) = 0;

    // Releases that wait for production with an approval older than this, by the database's clock;
    // oldest first, with the instant of the approval.
    virtual std::vector<OldApproval> old_approvals(Milliseconds age) = 0;

    virtual std::optional<std::int64_t> find_message(const MessagePlace& place) = 0;
    // Instead of the one that is kept there.
    virtual void keep_message(const MessagePlace& place, std::int64_t message_id) = 0;

    // Groups that became supergroups: the number that the configuration has -> the present one.
    virtual std::map<std::int64_t, std::int64_t> moved_chats() = 0;
    // Forgets the messages in the old one: they have other numbers now, if any.
    virtual void keep_moved_chat(std::int64_t old_id, std::int64_t new_id) = 0;

    // False: seen before, by whichever server. After a lost COMMIT the answer may be true twice:
    // rather a press handled again, which changes nothing, than one that nobody handles.
    [[nodiscard]] virtual bool take_update(std::int64_t update_id) = 0;
    // Forgets updates of more than 7 days ago; Telegram keeps them for one.
    virtual void prune_updates() = 0;

    // True: `owner` has it from now on for so long, newly or still. By the database's clock.
    [[nodiscard]] virtual bool
    take_lease(const std::string& name, const std::string& owner, Milliseconds for_long) = 0;
    virtual void drop_lease(const std::string& name, const std::string& owner) = 0;
};

// As open_store(), for URLs of databases; Error(config) for others.
[[nodiscard]] std::unique_ptr<ServerLedger> open_server_ledger(const Options& options);

} // namespace loomrel::store
