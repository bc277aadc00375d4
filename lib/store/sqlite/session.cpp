#include "lib/store/sqlite/session.hpp"

#include "lib/base/handle.hpp"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <system_error>
#include <thread>

namespace loomrel::store {

namespace {

using Database = Handle<sqlite3, sqlite3_close_v2>;
using Prepared = Handle<sqlite3_stmt, sqlite3_finalize>;

constexpr Dialect k_sqlite{
    Dialect::Kind::sqlite,
    "strftime('%Y-%m-%d %H:%M:%f', 'now')",
    "strftime('%Y-%m-%d %H:%M:%f', 'now')",
    "", // BEGIN IMMEDIATE holds the whole file
    // A table made by the spec's own statement numbers no rows by itself here (SERIAL).
    "(SELECT COALESCE(MAX(id), 0) + 1 FROM releases)",
};

Fault::Kind kind_of(int code) {
    switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return Fault::Kind::busy;
    case SQLITE_FULL:
        return Fault::Kind::no_space;
    case SQLITE_IOERR:
        return Fault::Kind::io;
    case SQLITE_READONLY:
        return code == SQLITE_READONLY_DBMOVED ? Fault::Kind::replaced : Fault::Kind::read_only;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return Fault::Kind::damaged;
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return Fault::Kind::denied;
    case SQLITE_CONSTRAINT:
        return code == SQLITE_CONSTRAINT_FOREIGNKEY ? Fault::Kind::no_release
                                                    : Fault::Kind::rejected;
    case SQLITE_TOOBIG:
    case SQLITE_MISMATCH:
        return Fault::Kind::rejected;
    default:
        return Fault::Kind::failed;
    }
}

class SqliteSession : public Session {
public:
    SqliteSession(const std::filesystem::path& path, Deadline deadline)
        : m_deadline(deadline) {
        sqlite3* opened = nullptr;
        const int code = sqlite3_open_v2(
            path.c_str(), &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_FULLMUTEX, nullptr);
        m_database.reset(opened);
        if (code != SQLITE_OK) {
            fail(code);
        }
        sqlite3_extended_result_codes(opened, 1);
        sqlite3_busy_handler(opened, &SqliteSession::wait_for_others, this);
        // WAL is left alone: 3.7.0 to 3.51.2 can damage a file that two processes checkpoint, and
        // the distributions still carry those. Syncing is said aloud: builds differ in what they
        // do by default.
        for (const char* setting : {"PRAGMA journal_mode = TRUNCATE",
                                    "PRAGMA synchronous = FULL",
                                    "PRAGMA mmap_size = 0",
                                    "PRAGMA foreign_keys = ON",
                                    "PRAGMA recursive_triggers = ON",
                                    "PRAGMA trusted_schema = OFF",
                                    "PRAGMA cell_size_check = ON"}) {
            run({setting});
        }
    }

    // The busy handler holds a pointer to this.
    SqliteSession(const SqliteSession&) = delete;
    SqliteSession& operator=(const SqliteSession&) = delete;

    [[nodiscard]] const Dialect& dialect() const override { return k_sqlite; }

    [[nodiscard]] std::string product() const override {
        return std::string("SQLite ") + sqlite3_libversion();
    }

    void set_deadline(Deadline deadline) override { m_deadline = deadline; }

    void begin(Access access) override {
        int moved = 0;
        sqlite3_file_control(m_database.get(), "main", SQLITE_FCNTL_HAS_MOVED, &moved);
        if (moved != 0) {
            throw Fault(Fault::Kind::replaced, "");
        }
        switch (access) {
        case Access::read:
            run({"BEGIN"});
            return;
        case Access::write:
            // A transaction that begins by reading and then writes is refused at once when another
            // was quicker, whatever the timeout; one that begins by writing waits.
            run({"BEGIN IMMEDIATE"});
            return;
        case Access::migrate:
            run({"BEGIN EXCLUSIVE"});
            return;
        }
    }

    Result run(const Query& query) override {
        sqlite3_stmt* raw = nullptr;
        const int prepared = sqlite3_prepare_v2(m_database.get(),
                                                query.text.c_str(),
                                                static_cast<int>(query.text.size()),
                                                &raw,
                                                nullptr);
        const Prepared statement(raw);
        if (prepared != SQLITE_OK) {
            fail(prepared);
        }
        bind(*statement, query.values);
        Result result;
        const int before = sqlite3_total_changes(m_database.get());
        int code = SQLITE_OK;
        while ((code = sqlite3_step(statement.get())) == SQLITE_ROW) {
            result.rows.push_back(row_of(*statement));
        }
        if (code != SQLITE_DONE) {
            fail(code);
        }
        result.affected = sqlite3_total_changes(m_database.get()) - before;
        return result;
    }

    void commit() override {
        try {
            run({"COMMIT"});
        } catch (Fault& fault) {
            fault.in_commit = fault.kind == Fault::Kind::io;
            throw;
        }
    }

    [[nodiscard]] bool rollback() noexcept override {
        if (sqlite3_get_autocommit(m_database.get()) != 0) {
            return true; // SQLite has done it by itself
        }
        return sqlite3_exec(m_database.get(), "ROLLBACK", nullptr, nullptr, nullptr) == SQLITE_OK;
    }

    void verify() {
        const Result found = run({"PRAGMA quick_check(1)"});
        if (found.rows.empty() || found.rows[0][0] != "ok") {
            throw Fault(Fault::Kind::damaged,
                        found.rows.empty() ? "" : found.rows[0][0].value_or(""));
        }
    }

private:
    // Short waits of uneven length: the writers come in turn, none starves another.
    static int wait_for_others(void* self, int) {
        auto* session = static_cast<SqliteSession*>(self);
        const Milliseconds left = left_until(session->m_deadline);
        if (left.count() == 0) {
            return 0;
        }
        session->m_dice = session->m_dice * 1103515245U + 12345U;
        std::this_thread::sleep_for(
            std::min(left, Milliseconds(1 + (session->m_dice >> 16U) % 8U)));
        return 1;
    }

    void bind(sqlite3_stmt& statement, const std::vector<Value>& values) {
        for (std::size_t i = 0; i < values.size(); ++i) {
            const std::string name = "$" + std::to_string(i + 1);
            const int place = sqlite3_bind_parameter_index(&statement, name.c_str());
            if (place == 0) {
                continue;
            }
            int code = SQLITE_OK;
            if (const auto* number = std::get_if<std::int64_t>(&values[i])) {
                code = sqlite3_bind_int64(&statement, place, *number);
            } else if (const auto* text = std::get_if<std::string>(&values[i])) {
                code = sqlite3_bind_text64(
                    &statement, place, text->data(), text->size(), SQLITE_TRANSIENT, SQLITE_UTF8);
            } else {
                code = sqlite3_bind_null(&statement, place);
            }
            if (code != SQLITE_OK) {
                fail(code);
            }
        }
    }

    static Row row_of(sqlite3_stmt& statement) {
        Row row;
        for (int i = 0; i < sqlite3_column_count(&statement); ++i) {
            const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(&statement, i));
            if (text == nullptr) {
                row.emplace_back();
            } else {
                const auto size = static_cast<std::size_t>(sqlite3_column_bytes(&statement, i));
                row.emplace_back(std::in_place, text, size);
            }
        }
        return row;
    }

    [[noreturn]] void fail(int code) const {
        if (!m_database) {
            throw Fault(Fault::Kind::failed, sqlite3_errstr(code));
        }
        const int extended = sqlite3_extended_errcode(m_database.get());
        std::string text = sqlite3_errmsg(m_database.get());
        const int system = sqlite3_system_errno(m_database.get());
        const Fault::Kind kind = kind_of((extended & 0xff) == (code & 0xff) ? extended : code);
        if (system != 0 && (kind == Fault::Kind::io || kind == Fault::Kind::denied)) {
            text += " (" + std::generic_category().message(system) + ")";
        }
        throw Fault(system == ENOSPC && kind == Fault::Kind::io ? Fault::Kind::no_space : kind,
                    text);
    }

    Database m_database;
    Deadline m_deadline;
    // Another one in every process; what is thrown decides nothing but who waits how long.
    unsigned m_dice = static_cast<unsigned>(::getpid()) * 2654435761U;
};

[[noreturn]] void fail_by_errno(int number) {
    const std::string text = std::generic_category().message(number);
    switch (number) {
    case ENOSPC:
    case EDQUOT:
        throw Fault(Fault::Kind::no_space, text);
    case EROFS:
        throw Fault(Fault::Kind::read_only, text);
    default:
        throw Fault(Fault::Kind::denied, text);
    }
}

void make_folder(const std::filesystem::path& folder) {
    if (folder.empty() || ::mkdir(folder.c_str(), 0700) == 0 || errno == EEXIST) {
        return;
    }
    if (errno != ENOENT) {
        fail_by_errno(errno);
    }
    make_folder(folder.parent_path());
    if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
        fail_by_errno(errno);
    }
}

// SQLite would make it as the umask says; a ledger names people and links.
void make_file(const std::filesystem::path& path) {
    make_folder(path.parent_path());
    const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0) {
        fail_by_errno(errno);
    }
    ::close(file);
}

} // namespace

std::unique_ptr<Session>
open_sqlite(const std::filesystem::path& path, Access access, Deadline deadline, bool verify) {
    struct stat found {};

    if (::stat(path.c_str(), &found) != 0) {
        if (errno != ENOENT && errno != ENOTDIR) {
            fail_by_errno(errno);
        }
        if (access == Access::read) {
            throw Fault(Fault::Kind::absent, "");
        }
        make_file(path);
    }
    auto session = std::make_unique<SqliteSession>(path, deadline);
    if (verify) {
        session->verify();
    }
    return session;
}

} // namespace loomrel::store
