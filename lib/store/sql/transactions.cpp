#include "lib/store/sql/transactions.hpp"

#include "lib/base/text.hpp"
#include "lib/messages/messages.hpp"

#include <algorithm>
#include <optional>
#include <random>
#include <thread>

namespace loomrel::store {

namespace {

using messages::Id;
using messages::phrase;

constexpr unsigned k_most_transient = 20;
// Building the indexes of a large table that was there before takes its time.
constexpr Milliseconds k_migration_deadline{600000};

bool may_try_again(const Fault& fault, unsigned attempt) {
    switch (fault.kind) {
    case Fault::Kind::lost:
        return true; // until the deadline
    case Fault::Kind::transient:
        return attempt < k_most_transient;
    case Fault::Kind::io:
        return fault.in_commit && attempt == 0; // once, to look whether it was written
    case Fault::Kind::busy:
    case Fault::Kind::no_space:
    case Fault::Kind::read_only:
    case Fault::Kind::replaced:
    case Fault::Kind::damaged:
    case Fault::Kind::denied:
    case Fault::Kind::no_rights:
    case Fault::Kind::absent:
    case Fault::Kind::bad_url:
    case Fault::Kind::no_release:
    case Fault::Kind::rejected:
    case Fault::Kind::failed:
        return false;
    }
    return false;
}

// 20 ms, 40 ms, … up to a second, each between a half and the whole of it: those who collided do
// not collide again.
Milliseconds pause_before(unsigned attempt) {
    thread_local std::minstd_rand dice{std::random_device{}()};
    const int whole = std::min(20 << std::min(attempt, 6U), 1000);
    return Milliseconds(std::uniform_int_distribution<int>(whole / 2, whole)(dice));
}

} // namespace

SqlTransactions::SqlTransactions(SqlPlace place)
    : m_place(std::move(place)),
      m_must_exist(m_place.must_exist) {}

void SqlTransactions::write(const Work& work) {
    Deadline deadline = deadline_in(m_place.deadline);
    if (prepare_for_write(deadline)) {
        deadline = deadline_in(m_place.deadline); // migrating may have taken all of it
    }
    call(Access::write, deadline, work);
}

bool SqlTransactions::read(const std::function<void(Session& session)>& work) {
    bool there = true;
    const bool found = look([&](Session& session) {
        if (!m_schema_present) {
            const Applied applied = read_applied(session);
            check_newer(applied);
            there = !applied.empty || !applied.names.empty();
            if (!there) {
                return;
            }
            if (!applied.pending.empty()) {
                throw Error(ErrorKind::config,
                            "schema_older",
                            phrase(Id::store_schema_older,
                                   fmt::arg("url", m_place.shown),
                                   fmt::arg("names", join(applied.pending, ", "))),
                            phrase(Id::store_schema_older_hint));
            }
            m_schema_present = true;
        }
        work(session);
    });
    return found && there;
}

bool SqlTransactions::look(const std::function<void(Session& session)>& work) {
    try {
        call(Access::read, deadline_in(m_place.deadline), [&](Session& session, bool) {
            work(session);
        });
    } catch (const Fault& fault) {
        if (fault.kind != Fault::Kind::absent) {
            throw;
        }
        return false;
    }
    return true;
}

std::vector<std::string> SqlTransactions::migrate() {
    std::vector<std::string> names;
    // Whoever is away is told apart from what takes long: only the migrations may.
    const std::vector<std::string> pending = read_pending(deadline_in(m_place.deadline));
    const Deadline deadline = deadline_in(std::max(m_place.deadline, k_migration_deadline));
    for (const Migration& migration : migrations()) {
        if (std::find(pending.begin(), pending.end(), migration.name) == pending.end()) {
            continue;
        }
        bool applied = false;
        call(Access::migrate, deadline, [&](Session& session, bool in_doubt) {
            // Ours, if the COMMIT was ours; somebody else's is as good.
            applied = apply_migration(session, migration) || (applied && in_doubt);
        });
        if (applied) {
            names.emplace_back(migration.name);
        }
    }
    m_schema_present = true;
    return names;
}

bool SqlTransactions::prepare_for_write(Deadline deadline) {
    const bool migrates = !m_schema_present && !read_pending(deadline).empty();
    if (migrates) {
        migrate();
    }
    m_schema_present = true;
    return migrates;
}

std::vector<std::string> SqlTransactions::read_pending(Deadline deadline) {
    std::vector<std::string> pending;
    call(Access::write, deadline, [&](Session& session, bool) {
        const Applied applied = read_applied(session);
        check_newer(applied);
        pending = applied.pending;
    });
    return pending;
}

void SqlTransactions::check_newer(const Applied& applied) const {
    if (!applied.newer.empty()) {
        throw Error(ErrorKind::config,
                    "schema_newer",
                    phrase(Id::store_schema_newer,
                           fmt::arg("url", m_place.shown),
                           fmt::arg("names", join(applied.newer, ", "))),
                    phrase(Id::store_schema_newer_hint));
    }
}

void SqlTransactions::call(Access access, Deadline deadline, const Work& work) {
    bool in_doubt = false;
    std::optional<Fault> earlier;
    // To find a server that answers, however long the work itself may take.
    Deadline connected_by = std::min(deadline, deadline_in(m_place.deadline));
    const Deadline met_by = std::min(connected_by, deadline_in(m_place.first_contact));
    for (unsigned attempt = 0;; ++attempt) {
        try {
            connect(access, connected_by, attempt);
            once(access, deadline, work, in_doubt);
            return;
        } catch (const Fault& thrown) {
            const bool gone = thrown.kind == Fault::Kind::absent && m_must_exist;
            const Fault fault = gone ? Fault(Fault::Kind::replaced, "") : thrown;
            if (m_session) {
                connected_by = std::min(deadline, deadline_in(m_place.deadline));
            }
            after_fault(fault);
            const Deadline last = fault.kind != Fault::Kind::lost ? deadline
                                  : fault.nobody_there && !m_met  ? met_by
                                                                  : connected_by;
            in_doubt = in_doubt || fault.in_commit;
            if (fault.kind == Fault::Kind::absent) {
                throw;
            }
            const Milliseconds pause = pause_before(attempt);
            if (!may_try_again(fault, attempt) || left_until(last) <= pause) {
                // Cut short by our own deadline, the last try knows less than the one before it.
                const bool cut = earlier && left_until(last) <= Milliseconds(0);
                throw error_of_fault(cut ? *earlier : fault, m_place.shown, in_doubt);
            }
            earlier = fault;
            std::this_thread::sleep_for(pause);
        } catch (...) {
            if (m_session && !m_session->rollback()) {
                m_session.reset();
            }
            throw;
        }
    }
}

void SqlTransactions::connect(Access access, Deadline deadline, unsigned attempt) {
    if (!m_session) {
        const Access may_make = m_must_exist ? Access::read : access;
        m_session = m_place.open(may_make, deadline, attempt, m_after_io_error);
        m_after_io_error = false;
        m_met = true;
        m_must_exist = true;
    }
}

void SqlTransactions::once(Access access, Deadline deadline, const Work& work, bool in_doubt) {
    m_session->set_deadline(deadline);
    m_session->begin(access);
    work(*m_session, in_doubt);
    m_session->commit();
}

void SqlTransactions::after_fault(const Fault& fault) {
    m_after_io_error = m_after_io_error || fault.kind == Fault::Kind::io;
    // What stands there now may be of another age.
    m_schema_present = m_schema_present && fault.kind != Fault::Kind::replaced;
    const bool usable = fault.kind == Fault::Kind::transient || fault.kind == Fault::Kind::busy
                        || fault.kind == Fault::Kind::no_rights
                        || fault.kind == Fault::Kind::no_release
                        || fault.kind == Fault::Kind::rejected || fault.kind == Fault::Kind::failed;
    if (m_session && !(usable && m_session->rollback())) {
        m_session.reset();
    }
}

} // namespace loomrel::store
