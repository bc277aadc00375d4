#include "lib/store/postgres/session.hpp"

#include "lib/base/digest.hpp"
#include "lib/base/text.hpp"
#include "lib/store/postgres/connection.hpp"

#include <poll.h>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace loomrel::store {

namespace {

using Answer = Handle<PGresult, PQclear>;

constexpr Dialect k_postgres{
    Dialect::Kind::postgres,
    "clock_timestamp()",
    "(clock_timestamp() AT TIME ZONE 'UTC')",
    " FOR UPDATE",
    "DEFAULT",
};

// A transaction of ours that stands still is one whose client is gone.
constexpr Milliseconds k_idle_limit{10000};

class PostgresSession : public Session {
public:
    PostgresSession(const PostgresOptions& options, Deadline deadline)
        : m_patience(options.patience),
          m_deadline(deadline),
          m_connection(connect(options, deadline)) {
        PQsetErrorVerbosity(m_connection.get(), PQERRORS_DEFAULT);
        PQsetnonblocking(m_connection.get(), 1);
        PQenterPipelineMode(m_connection.get());
    }

    [[nodiscard]] const Dialect& dialect() const override { return k_postgres; }

    [[nodiscard]] std::string product() const override {
        const char* version = PQparameterStatus(m_connection.get(), "server_version");
        // "15.18 (Debian 15.18-0+deb12u1)"
        return "PostgreSQL " + std::string(split(version == nullptr ? "" : version, ' ')[0]);
    }

    void set_deadline(Deadline deadline) override { m_deadline = deadline; }

    // The settings go with the transaction, not with the session: behind a pooler the next
    // transaction may be another server process. Sent with the first statement, in one round trip.
    void begin(Access access) override {
        const Milliseconds limit =
            access == Access::migrate ? left() : std::min(left(), m_patience);
        m_limit = std::min(left(), m_patience);
        // The server gives up before we do: its word is better than our silence.
        const auto most = [](Milliseconds whole) {
            return std::to_string(std::max<Milliseconds::rep>(whole.count() * 4 / 5, 1));
        };
        m_begin = access == Access::read ? "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
                                         : "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";
        m_settings = {"SELECT set_config('TimeZone', 'UTC', true),"
                      " set_config('DateStyle', 'ISO, MDY', true),"
                      " set_config('lock_timeout', $1, true),"
                      " set_config('statement_timeout', $2, true),"
                      " set_config('idle_in_transaction_session_timeout', $3, true)",
                      {most(m_limit), most(limit), std::to_string(k_idle_limit.count())},
                      true};
        if (access == Access::migrate) {
            exchange(); // it may take long to migrate, but not to begin
            m_limit = limit;
            // Anything that all versions of loomrel agree on.
            run({"SELECT pg_advisory_xact_lock(7310872441893520)"});
        }
    }

    Result run(const Query& query) override {
        send(query);
        return exchange();
    }

    void run_later(const Query& query) override { send(query); }

    void commit() override {
        send({"COMMIT"});
        try {
            exchange();
        } catch (Fault& fault) {
            // The server has said no, or it has said nothing.
            fault.in_commit = fault.kind == Fault::Kind::lost || fault.sqlstate.empty();
            throw;
        }
        if (m_last_command != "COMMIT") {
            throw Fault(Fault::Kind::failed, "the transaction was rolled back");
        }
    }

    [[nodiscard]] bool rollback() noexcept override {
        try {
            if (m_in_exchange) {
                return false;
            }
            m_begin = nullptr;
            if (m_sent > 0 || PQtransactionStatus(m_connection.get()) != PQTRANS_IDLE) {
                send({"ROLLBACK"});
                exchange();
            }
            return true;
        } catch (const std::exception&) {
            return false;
        }
    }

private:
    [[nodiscard]] Milliseconds left() const { return left_until(m_deadline); }

    // "Not there" and "there already": behind a pooler each transaction may find another server.
    static bool is_of_preparing(const Fault& fault) {
        return fault.sqlstate == "26000" || fault.sqlstate == "42P05";
    }

    // The name under which the text is prepared, or is about to be; nullptr = it is not, because
    // this is the first time or because the server is not ours alone. Two sessions that meet at a
    // pooler's server mean the same by the same name: it is the text's digest.
    const char* prepared(const std::string& text) {
        if (!m_prepares) {
            return nullptr;
        }
        const auto [known, first] = m_prepared.try_emplace(text);
        std::string& name = known->second;
        if (!first && name.empty()) {
            name = "loomrel_" + to_hex(sha256(text)).substr(0, 32);
            m_new_names.emplace_back(m_sent, &name);
            count_sent(PQsendPrepare(m_connection.get(), name.c_str(), text.c_str(), 0, nullptr));
        }
        return name.empty() ? nullptr : name.c_str();
    }

    void count_sent(int sent) {
        if (sent == 0) {
            throw connection_lost();
        }
        ++m_sent;
    }

    void open() {
        if (const char* begin = std::exchange(m_begin, nullptr)) {
            send({begin});
            send(m_settings);
        }
    }

    // Its answer comes with the next exchange().
    void send(const Query& query) {
        open();
        std::vector<std::string> texts(query.values.size());
        std::vector<const char*> pointers(query.values.size(), nullptr);
        for (std::size_t i = 0; i < query.values.size(); ++i) {
            if (const auto* number = std::get_if<std::int64_t>(&query.values[i])) {
                texts[i] = std::to_string(*number);
                pointers[i] = texts[i].c_str();
            } else if (const auto* text = std::get_if<std::string>(&query.values[i])) {
                pointers[i] = text->c_str();
            }
        }
        const int count = static_cast<int>(pointers.size());
        PGconn* to = m_connection.get();
        const char* name = query.repeated ? prepared(query.text) : nullptr;
        count_sent(
            name != nullptr
                ? PQsendQueryPrepared(to, name, count, pointers.data(), nullptr, nullptr, 0)
                : PQsendQueryParams(
                    to, query.text.c_str(), count, nullptr, pointers.data(), nullptr, nullptr, 0));
    }

    // Answers of all that was sent; the last one's rows. The first error is thrown after all are
    // in, so that the connection can be used again.
    Result exchange() {
        open();
        m_in_exchange = true;
        if (PQpipelineSync(m_connection.get()) == 0) {
            throw connection_lost();
        }
        const Deadline until = std::min(m_deadline, deadline_in(m_limit));
        flush(until);
        Result result;
        std::optional<Fault> fault;
        const std::size_t sent = std::exchange(m_sent, 0);
        for (std::size_t i = 0; i < sent; ++i) {
            while (const Answer answer = next_answer(until)) {
                const ExecStatusType status = PQresultStatus(answer.get());
                if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) {
                    m_last_command = PQcmdStatus(const_cast<PGresult*>(answer.get()));
                    result = result_of(*answer);
                } else if (!fault) {
                    fault = fault_of(*answer);
                    forget_names_from(i, *fault);
                }
                if (PQstatus(m_connection.get()) == CONNECTION_BAD) {
                    throw fault ? *fault : connection_lost();
                }
            }
        }
        const Answer end = next_answer(until);
        if (!end || PQresultStatus(end.get()) != PGRES_PIPELINE_SYNC) {
            throw fault ? *fault : connection_lost();
        }
        (void)next_answer(until); // there is none: the connection is idle again
        m_in_exchange = false;
        m_new_names.clear();
        if (fault) {
            throw *fault;
        }
        return result;
    }

    // What was to be prepared at the place of the error or behind it has not been.
    void forget_names_from(std::size_t place, const Fault& fault) {
        for (const auto& [sent_at, name] : m_new_names) {
            if (sent_at >= place) {
                name->clear();
            }
        }
        m_prepares = m_prepares && !is_of_preparing(fault);
    }

    void flush(Deadline until) {
        for (int unsent = PQflush(m_connection.get()); unsent != 0;
             unsent = PQflush(m_connection.get())) {
            if (unsent < 0) {
                throw connection_lost();
            }
            wait_for(*m_connection, POLLIN | POLLOUT, until);
            take_input();
        }
    }

    // nullptr behind the last one of a statement.
    Answer next_answer(Deadline until) {
        while (PQisBusy(m_connection.get()) != 0) {
            wait_for(*m_connection, POLLIN, until);
            take_input();
        }
        return Answer(PQgetResult(m_connection.get()));
    }

    void take_input() {
        if (PQconsumeInput(m_connection.get()) == 0) {
            throw connection_lost();
        }
    }

    [[nodiscard]] Fault connection_lost() const {
        return {Fault::Kind::lost, sanitize_line(trim(PQerrorMessage(m_connection.get())))};
    }

    [[nodiscard]] Fault fault_of(const PGresult& answer) const {
        const char* state = PQresultErrorField(&answer, PG_DIAG_SQLSTATE);
        const char* text = PQresultErrorField(&answer, PG_DIAG_MESSAGE_PRIMARY);
        if (state == nullptr) {
            return connection_lost();
        }
        return {kind_of_sqlstate(state), sanitize_line(text == nullptr ? "" : text), state};
    }

    static Result result_of(const PGresult& answer) {
        Result result;
        const int columns = PQnfields(&answer);
        for (int i = 0; i < PQntuples(&answer); ++i) {
            Row row;
            for (int j = 0; j < columns; ++j) {
                if (PQgetisnull(&answer, i, j) != 0) {
                    row.emplace_back();
                } else {
                    row.emplace_back(std::in_place,
                                     PQgetvalue(&answer, i, j),
                                     static_cast<std::size_t>(PQgetlength(&answer, i, j)));
                }
            }
            result.rows.push_back(std::move(row));
        }
        const std::string affected = PQcmdTuples(const_cast<PGresult*>(&answer));
        result.affected = parse_integer(affected).value_or(0);
        return result;
    }

    Milliseconds m_patience;
    Milliseconds m_limit{0}; // of one answer in the present transaction
    Deadline m_deadline;
    Connection m_connection;
    const char* m_begin = nullptr; // of a transaction that is yet to be told of, and
    Query m_settings;              // what holds in it
    std::size_t m_sent = 0;        // statements without an answer
    bool m_in_exchange = false;    // or it broke off in one
    std::string m_last_command;
    std::map<std::string, std::string> m_prepared; // text → name; without one: seen once
    std::vector<std::pair<std::size_t, std::string*>>
        m_new_names; // those of m_sent, and their place
    bool m_prepares = true;
};

} // namespace

std::unique_ptr<Session> open_postgres(const PostgresOptions& options, Deadline deadline) {
    return std::make_unique<PostgresSession>(options, deadline);
}

} // namespace loomrel::store
