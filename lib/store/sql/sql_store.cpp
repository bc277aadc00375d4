#include "lib/store/sql/sql_store.hpp"

#include "lib/base/random.hpp"
#include "lib/store/sql/actors.hpp"
#include "lib/store/sql/changes.hpp"
#include "lib/store/sql/check.hpp"
#include "lib/store/sql/claims.hpp"
#include "lib/store/sql/decisions.hpp"
#include "lib/store/sql/keys.hpp"
#include "lib/store/sql/outbox.hpp"
#include "lib/store/sql/releases.hpp"
#include "lib/store/sql/rules.hpp"
#include "lib/store/sql/runs.hpp"
#include "lib/store/sql/server.hpp"
#include "lib/store/sql/transactions.hpp"

#include <algorithm>

namespace loomrel::store {

namespace {

class SqlStore : public ServerLedger {
public:
    explicit SqlStore(SqlPlace place)
        : m_transactions(std::move(place)) {}

    Created create_release(const NewRelease& release) override {
        const std::string change_id = random_uuid();
        Created created;
        m_transactions.write([&](Session& session, bool) {
            created = store::create_release(session, release, change_id);
        });
        return created;
    }

    std::optional<release::Release> find_release(std::int64_t id) override {
        return read<std::optional<release::Release>>(
            [&](Session& session) { return store::find_release(session, id); });
    }

    std::vector<release::Release> list_releases(const ReleaseQuery& query) override {
        return read<std::vector<release::Release>>(
            [&](Session& session) { return store::list_releases(session, query); });
    }

    std::vector<release::Event> events(std::int64_t release_id) override {
        return read<std::vector<release::Event>>(
            [&](Session& session) { return store::events(session, release_id); });
    }

    Changed apply(const Change& change) override {
        Changed changed;
        try {
            m_transactions.write(
                [&](Session& session, bool) { changed = apply_change(session, change); });
        } catch (const Refusal& refusal) {
            return refusal.changed;
        }
        return changed;
    }

    Claimed claim(const Claim& claim) override {
        Claimed claimed;
        m_transactions.write(
            [&](Session& session, bool) { claimed = store::claim(session, claim); });
        return claimed;
    }

    Claimed foresee_claim(const Claim& claim) override {
        // The claim itself, in a transaction that is rolled back.
        struct Foreseen {
            Claimed claimed;
        };

        try {
            m_transactions.write(
                [&](Session& session, bool) { throw Foreseen{store::claim(session, claim)}; });
        } catch (const Foreseen& foreseen) {
            return foreseen.claimed;
        }
        return {};
    }

    std::optional<release::ApprovalRules> approval_rules() override {
        return read<std::optional<release::ApprovalRules>>(
            [](Session& session) { return store::approval_rules(session); });
    }

    bool keep_approval_rules(const release::ApprovalRules& rules,
                             const std::string& actor) override {
        bool changed = false;
        m_transactions.write([&](Session& session, bool) {
            changed = store::keep_approval_rules(session, rules, actor);
        });
        return changed;
    }

    void keep_sender(const SenderAnswer& answer) override {
        m_transactions.write([&](Session& session, bool) { store::keep_sender(session, answer); });
    }

    std::optional<Key> find_key(const std::string& digest) override {
        const auto found = read<std::optional<FoundKey>>(
            [&](Session& session) { return store::find_key(session, digest); });
        if (found && found->is_note_due) {
            try {
                m_transactions.write(
                    [&](Session& session, bool) { note_use_of_key(session, digest); });
            } catch (const Error&) { // whoever asks is let in all the same
            }
        }
        return found ? std::optional(found->key) : std::nullopt;
    }

    std::optional<Key> create_key(const NewKey& key) override {
        std::optional<Key> there;
        m_transactions.write(
            [&](Session& session, bool) { there = store::create_key(session, key); });
        return there;
    }

    std::vector<Key> list_keys() override {
        return read<std::vector<Key>>([](Session& session) { return store::list_keys(session); });
    }

    std::size_t revoke_keys(const std::string& name, bool all_but_last) override {
        std::size_t revoked = 0;
        m_transactions.write([&](Session& session, bool in_doubt) {
            const std::size_t now = store::revoke_keys(session, name, all_but_last);
            revoked = in_doubt ? std::max(revoked, now) : now;
        });
        return revoked;
    }

    Decided decide(const Decision& decision) override {
        Decided decided;
        m_transactions.write(
            [&](Session& session, bool) { decided = store::decide(session, decision); });
        return decided;
    }

    std::vector<Approval> approvals(std::int64_t release_id) override {
        return read<std::vector<Approval>>(
            [&](Session& session) { return store::approvals(session, release_id); });
    }

    [[nodiscard]] bool note_event(const NewNote& note) override {
        bool noted = false;
        m_transactions.write(
            [&](Session& session, bool) { noted = store::note_event(session, note); });
        return noted;
    }

    void add_notice(const NewNotice& notice) override {
        m_transactions.write([&](Session& session, bool) { store::add_notice(session, notice); });
    }

    [[nodiscard]] Opened open_run(const Run& run) override {
        Opened opened;
        m_transactions.write([&](Session& session, bool in_doubt) {
            opened = insert_run(session, run);
            // The id is a UUID of the caller's: found after a lost COMMIT, it is the caller's.
            opened.opened =
                opened.opened || (in_doubt && opened.there && opened.there->id == run.id);
        });
        return opened;
    }

    void touch_run(const std::string& run_id) override {
        m_transactions.write([&](Session& session, bool) { store::touch_run(session, run_id); });
    }

    void end_run(const RunEnd& end) override {
        m_transactions.write([&](Session& session, bool) { store::end_run(session, end); });
    }

    std::optional<Run> find_run(const std::string& run_id) override {
        return read<std::optional<Run>>(
            [&](Session& session) { return store::find_run(session, run_id); });
    }

    std::vector<Run> list_runs(const RunQuery& query) override {
        return read<std::vector<Run>>(
            [&](Session& session) { return store::list_runs(session, query); });
    }

    std::vector<HostResult> run_hosts(const std::string& run_id) override {
        return read<std::vector<HostResult>>(
            [&](Session& session) { return store::run_hosts(session, run_id); });
    }

    std::vector<std::string> migrate() override { return m_transactions.migrate(); }

    SchemaState check() override {
        SchemaState state;
        const bool there = m_transactions.look([&](Session& session) {
            Applied applied = read_applied(session);
            state = {session.product(), std::move(applied.names), std::move(applied.pending), {}};
            for (const std::string& name : applied.newer) {
                state.problems.push_back("migration \"" + name + "\" is not known to this loomrel");
            }
            if (state.pending.empty()) {
                const auto problems = find_problems(session);
                state.problems.insert(state.problems.end(), problems.begin(), problems.end());
            }
        });
        if (!there) {
            for (const Migration& migration : migrations()) {
                state.pending.emplace_back(migration.name);
            }
        }
        return state;
    }

    std::vector<Notice> waiting_notices(const NoticeQuery& query) override {
        return read<std::vector<Notice>>(
            [&](Session& session) { return list_notices(session, "waiting", query); });
    }

    std::optional<Notice> find_notice(const std::string& key) override {
        return read<std::optional<Notice>>(
            [&](Session& session) { return store::find_notice(session, key); });
    }

    std::optional<Notice> newest_dispatch(std::int64_t release_id) override {
        return read<std::optional<Notice>>(
            [&](Session& session) { return store::newest_dispatch(session, release_id); });
    }

    std::vector<Notice> parked_notices(int limit) override {
        NoticeQuery query;
        query.kind = NoticeQuery::Kind::told;
        query.newest_first = true;
        query.limit = limit;
        return read<std::vector<Notice>>(
            [&](Session& session) { return list_notices(session, "parked", query); });
    }

    void settle_notice(const Settlement& settlement) override {
        m_transactions.write(
            [&](Session& session, bool) { store::settle_notice(session, settlement); });
    }

    std::int64_t newest_event() override {
        return read<std::int64_t>([](Session& session) { return store::newest_event(session); });
    }

    std::vector<Happening>
    happened(std::int64_t after, const std::set<std::int64_t>& seen, int limit) override {
        return read<std::vector<Happening>>(
            [&](Session& session) { return store::happened(session, after, seen, limit); });
    }

    std::vector<OldApproval> old_approvals(Milliseconds age) override {
        return read<std::vector<OldApproval>>(
            [&](Session& session) { return store::old_approvals(session, age); });
    }

    std::optional<std::int64_t> find_message(const MessagePlace& place) override {
        return read<std::optional<std::int64_t>>(
            [&](Session& session) { return store::find_message(session, place); });
    }

    void keep_message(const MessagePlace& place, std::int64_t message_id) override {
        m_transactions.write(
            [&](Session& session, bool) { store::keep_message(session, place, message_id); });
    }

    std::map<std::int64_t, std::int64_t> moved_chats() override {
        return read<std::map<std::int64_t, std::int64_t>>(
            [](Session& session) { return store::moved_chats(session); });
    }

    void keep_moved_chat(std::int64_t old_id, std::int64_t new_id) override {
        m_transactions.write(
            [&](Session& session, bool) { store::keep_moved_chat(session, old_id, new_id); });
    }

    [[nodiscard]] bool take_update(std::int64_t update_id) override {
        bool taken = false;
        m_transactions.write([&](Session& session, bool in_doubt) {
            taken = store::take_update(session, update_id) || in_doubt;
        });
        return taken;
    }

    void prune_updates() override {
        m_transactions.write([&](Session& session, bool) { store::prune_updates(session); });
    }

    [[nodiscard]] bool
    take_lease(const std::string& name, const std::string& owner, Milliseconds for_long) override {
        bool taken = false;
        m_transactions.write([&](Session& session, bool) {
            taken = store::take_lease(session, name, owner, for_long);
        });
        return taken;
    }

    void drop_lease(const std::string& name, const std::string& owner) override {
        m_transactions.write(
            [&](Session& session, bool) { store::drop_lease(session, name, owner); });
    }

private:
    // What is not there yet has no releases and no runs.
    template <typename Found, typename Work> Found read(const Work& work) {
        Found found{};
        (void)m_transactions.read([&](Session& session) { found = work(session); });
        return found;
    }

    SqlTransactions m_transactions;
};

} // namespace

std::unique_ptr<ServerLedger> make_sql_store(SqlPlace place) {
    return std::make_unique<SqlStore>(std::move(place));
}

} // namespace loomrel::store
