#pragma once

#include "lib/base/clock.hpp"

#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

// What the ledger's rules need of a database, and no more: both SQL stores are the same code over
// this, so they cannot come to differ.
namespace loomrel::store {

// NULL, a number or a text.
using Value = std::variant<std::monostate, std::int64_t, std::string>;

// Columns come as text; nullopt = NULL.
using Row = std::vector<std::optional<std::string>>;

struct Result {
    std::vector<Row> rows;
    std::int64_t affected = 0;
};

// One statement. Values are $1, $2, … in the text of both dialects.
struct Query {
    std::string text;
    std::vector<Value> values{};
    // The same text is run by every request, and its best plan is the same whatever the values:
    // worth being prepared.
    bool repeated = false;

    // Takes the value in and gives its place: "$3".
    std::string bind(Value value) {
        values.push_back(std::move(value));
        return "$" + std::to_string(values.size());
    }
};

// Where the two databases speak differently.
struct Dialect {
    enum class Kind { postgres, sqlite } kind;
    const char* now;            // an instant, for columns of ours
    const char* now_plain;      // the same for the spec's TIMESTAMP columns, in UTC
    const char* for_update;     // at the end of a SELECT: hold the row
    const char* new_release_id; // for VALUES
};

enum class Access {
    read,    // one snapshot; a database that is not there is not made
    write,   // makes the database if need be
    migrate, // alone with the schema
};

// Why a statement, a transaction or a connection failed; SqlStore decides what follows.
struct Fault : std::exception {
    enum class Kind {
        lost,      // no connection, or no answer in time: another one may do
        transient, // deadlock, serialization, lock timeout: the same again may do
        busy,      // others held the database until the deadline
        io,        // the disk gave an error: reopen, and look what is there
        no_space,
        read_only,
        replaced, // the file is not the one that was opened
        damaged,
        denied,    // who we are is not let in
        no_rights, // what we want is not allowed
        absent,    // no database there, and none may be made
        bad_url,
        no_release, // a release that it names is not there
        rejected,   // a value or a rule of the schema forbids it, whenever it is asked
        failed,     // anything else: a bug, or a schema that somebody else changed
    };

    Fault(Kind why, std::string what_it_says, std::string state = {})
        : kind(why),
          text(std::move(what_it_says)),
          sqlstate(std::move(state)) {}

    [[nodiscard]] const char* what() const noexcept override { return text.c_str(); }

    Kind kind;
    std::string text; // the database's own words, without secrets
    std::string sqlstate;
    bool in_commit = false; // it may have been done all the same
    // Said at once: nobody is where we asked, and there is no other place to ask.
    bool nobody_there = false;
    // The host and port that are far enough for TLS to be demanded, and did not come up to it.
    std::string without_tls;
};

// One connection, one transaction at a time. Every call throws Fault; none outlives the deadline.
class Session {
public:
    virtual ~Session() = default;

    [[nodiscard]] virtual const Dialect& dialect() const = 0;
    // "PostgreSQL 15.18"
    [[nodiscard]] virtual std::string product() const = 0;

    virtual void set_deadline(Deadline deadline) = 0;
    virtual void begin(Access access) = 0;
    virtual Result run(const Query& query) = 0;

    // One whose result nobody needs: it may be sent with what comes next, and fails there.
    virtual void run_later(const Query& query) { (void)run(query); }

    virtual void commit() = 0;
    // False: the session is of no more use.
    [[nodiscard]] virtual bool rollback() noexcept = 0;
};

} // namespace loomrel::store
