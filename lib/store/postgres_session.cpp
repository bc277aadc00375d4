#include "lib/store/postgres_session.hpp"

#include "lib/base/handle.hpp"
#include "lib/base/text.hpp"

#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <map>
#include <regex>

namespace loomrel::store {

namespace {

using Connection = Handle<PGconn, PQfinish>;
using Answer = Handle<PGresult, PQclear>;
using ConnectionOptions = Handle<PQconninfoOption, PQconninfoFree>;

constexpr Dialect k_dialect{
    Dialect::Kind::postgres,
    "clock_timestamp()",
    "(clock_timestamp() AT TIME ZONE 'UTC')",
    " FOR UPDATE",
    "DEFAULT",
    "CAST(extract(epoch FROM clock_timestamp() - seen_at) * 1000 AS BIGINT)",
};

// A transaction of ours that stands still is one whose client is gone.
constexpr Milliseconds k_idle_limit{10000};

Fault::Kind kind_of(const std::string& state) {
    static const std::map<std::string, Fault::Kind> kinds{
        {"40001", Fault::Kind::transient}, // serialization failure
        {"40P01", Fault::Kind::transient}, // deadlock
        {"55P03", Fault::Kind::transient}, // lock timeout
        {"57014", Fault::Kind::transient}, // statement timeout
        {"57P01", Fault::Kind::lost},      // terminated by an administrator
        {"57P02", Fault::Kind::lost},      // crash of another process
        {"57P03", Fault::Kind::lost},      // starting up
        {"57P05", Fault::Kind::lost},      // idle session
        {"25P03", Fault::Kind::lost},      // idle in transaction
        {"25P02", Fault::Kind::lost},      // in a failed transaction: not where we think we are
        {"25006", Fault::Kind::lost},      // read only: a failover; the primary is elsewhere now
        {"53300", Fault::Kind::lost},      // too many connections
        {"53100", Fault::Kind::no_space},  {"58030", Fault::Kind::io},
        {"28000", Fault::Kind::denied},    {"28P01", Fault::Kind::denied},
        {"3D000", Fault::Kind::denied}, // no such database
        {"42501", Fault::Kind::no_rights}, {"XX001", Fault::Kind::damaged},
        {"XX002", Fault::Kind::damaged},
    };
    const auto found = kinds.find(state);
    if (found != kinds.end()) {
        return found->second;
    }
    return state.starts_with("08") ? Fault::Kind::lost : Fault::Kind::failed;
}

// libpq gives no SQLSTATE for a refused connection but in the verbose form of its message.
Fault connection_fault(const PGconn& connection) {
    static const std::regex state_in_text(":  ([0-9A-Z]{5}): ");
    const char* message = PQerrorMessage(&connection);
    std::string text;
    std::string state;
    for (std::string_view line : split(message == nullptr ? "" : message, '\n')) {
        std::match_results<std::string_view::const_iterator> found;
        if (std::regex_search(line.begin(), line.end(), found, state_in_text)) {
            state = found[1].str();
            text += sanitize_line(found.prefix().str() + ": " + found.suffix().str()) + "; ";
        } else if (!trim(line).empty() && !line.starts_with("LOCATION")) {
            text += sanitize_line(trim(line)) + "; ";
        }
    }
    text.resize(text.empty() ? 0 : text.size() - 2);
    if (PQconnectionNeedsPassword(&connection) != 0) {
        return {Fault::Kind::denied, text, "28P01"};
    }
    const Fault::Kind kind = state.empty() ? Fault::Kind::lost : kind_of(state);
    return {kind == Fault::Kind::failed ? Fault::Kind::lost : kind, text, state};
}

// The same hosts, begun at another one.
std::string rotate(const std::string& hosts, unsigned by) {
    const auto parts = split(hosts, ',');
    std::vector<std::string> turned;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        turned.emplace_back(parts[(i + by) % parts.size()]);
    }
    return join(turned, ",");
}

using Parameters = std::map<std::string, std::string>;

Parameters parameters_of(const PostgresOptions& options) {
    char* complaint = nullptr;
    const ConnectionOptions parsed(PQconninfoParse(options.url.c_str(), &complaint));
    const Handle<char, PQfreemem> text(complaint);
    if (!parsed) {
        // Its words may quote the password that stands in the URL.
        throw Fault(Fault::Kind::bad_url, "");
    }
    Parameters parameters{{"connect_timeout", "0"},
                          {"tcp_user_timeout", std::to_string(options.patience.count())},
                          {"gssencmode", "disable"}, // not safe with fork (faults.md, 5)
                          {"client_encoding", "UTF8"},
                          {"fallback_application_name", "loomrel"},
                          {"target_session_attrs", "read-write"}};
    for (const PQconninfoOption* one = parsed.get(); one->keyword != nullptr; ++one) {
        if (one->val != nullptr && one->val[0] != '\0') {
            parameters[one->keyword] = one->val;
        }
    }
    parameters["gssencmode"] = "disable";
    parameters["target_session_attrs"] = "read-write";
    for (const char* list : {"host", "hostaddr", "port"}) {
        const auto found = parameters.find(list);
        if (found != parameters.end()) {
            found->second = rotate(found->second, options.attempt);
        }
    }
    if (!options.password.empty()) {
        parameters["password"] = options.password.reveal();
    }
    return parameters;
}

Connection begin_connecting(const Parameters& parameters) {
    std::vector<const char*> names;
    std::vector<const char*> values;
    for (const auto& [name, value] : parameters) {
        names.push_back(name.c_str());
        values.push_back(value.c_str());
    }
    names.push_back(nullptr);
    values.push_back(nullptr);
    Connection connection(PQconnectStartParams(names.data(), values.data(), 0));
    if (!connection) {
        throw std::bad_alloc();
    }
    PQsetNoticeReceiver(
        connection.get(), [](void*, const PGresult*) {}, nullptr);
    PQsetErrorVerbosity(connection.get(), PQERRORS_VERBOSE);
    return connection;
}

class PostgresSession : public Session {
public:
    PostgresSession(const PostgresOptions& options, Deadline deadline)
        : m_patience(options.patience),
          m_deadline(deadline),
          m_connection(begin_connecting(parameters_of(options))) {
        connect();
        PQsetErrorVerbosity(m_connection.get(), PQERRORS_DEFAULT);
        PQsetnonblocking(m_connection.get(), 1);
    }

    [[nodiscard]] const Dialect& dialect() const override { return k_dialect; }

    [[nodiscard]] std::string product() const override {
        const char* version = PQparameterStatus(m_connection.get(), "server_version");
        // "15.18 (Debian 15.18-0+deb12u1)"
        return "PostgreSQL " + std::string(split(version == nullptr ? "" : version, ' ')[0]);
    }

    void set_deadline(Deadline deadline) override { m_deadline = deadline; }

    // The settings go with the transaction, not with the session: behind a pooler the next
    // transaction may be another server process. All is one round trip.
    void begin(Access access) override {
        m_limit = access == Access::migrate ? left() : std::min(left(), m_patience);
        // The server gives up before we do: its word is better than our silence.
        const auto most = [](Milliseconds limit) {
            return std::to_string(std::max<Milliseconds::rep>(limit.count() * 4 / 5, 1));
        };
        const std::string mode = access == Access::read
                                     ? "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
                                     : "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";
        send_simple(mode
                    + "; SET LOCAL TimeZone TO 'UTC'; SET LOCAL DateStyle TO 'ISO, MDY'"
                      "; SET LOCAL lock_timeout TO "
                    + most(std::min(left(), m_patience)) + "; SET LOCAL statement_timeout TO "
                    + most(m_limit) + "; SET LOCAL idle_in_transaction_session_timeout TO "
                    + std::to_string(k_idle_limit.count()));
        if (access == Access::migrate) {
            // Anything that all versions of loomrel agree on.
            run({"SELECT pg_advisory_xact_lock(7310872441893520)"});
        }
    }

    Result run(const Query& query) override {
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
        if (PQsendQueryParams(m_connection.get(),
                              query.text.c_str(),
                              static_cast<int>(pointers.size()),
                              nullptr,
                              pointers.data(),
                              nullptr,
                              nullptr,
                              0)
            == 0) {
            throw connection_lost();
        }
        return read_answers();
    }

    void commit() override {
        try {
            send_simple("COMMIT");
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
            switch (PQtransactionStatus(m_connection.get())) {
            case PQTRANS_IDLE:
                return true;
            case PQTRANS_INTRANS:
            case PQTRANS_INERROR:
                send_simple("ROLLBACK");
                return true;
            case PQTRANS_ACTIVE:
            case PQTRANS_UNKNOWN:
                return false;
            }
        } catch (const std::exception&) {
        }
        return false;
    }

private:
    [[nodiscard]] Milliseconds left() const { return left_until(m_deadline); }

    void connect() {
        const Deadline until = std::min(m_deadline, deadline_in(m_patience * 2));
        PostgresPollingStatusType state = PGRES_POLLING_WRITING;
        while (state != PGRES_POLLING_OK) {
            if (state == PGRES_POLLING_FAILED || PQstatus(m_connection.get()) == CONNECTION_BAD) {
                throw connection_fault(*m_connection);
            }
            wait(state == PGRES_POLLING_READING ? POLLIN : POLLOUT, until);
            state = PQconnectPoll(m_connection.get());
        }
    }

    void wait(short events, Deadline until) const {
        pollfd watched{PQsocket(m_connection.get()), events, 0};
        for (;;) {
            const Milliseconds rest = left_until(until);
            const int ready = ::poll(&watched, 1, static_cast<int>(rest.count()));
            if (ready > 0) {
                return;
            }
            if (ready == 0) {
                throw Fault(Fault::Kind::lost, "");
            }
            if (errno != EINTR) {
                throw connection_lost();
            }
        }
    }

    void send_simple(const std::string& text) {
        if (PQsendQuery(m_connection.get(), text.c_str()) == 0) {
            throw connection_lost();
        }
        read_answers();
    }

    // All answers of one request; the last one's rows. The first error is thrown after all are in,
    // so that the connection can be used again.
    Result read_answers() {
        const Deadline until = std::min(m_deadline, deadline_in(m_limit));
        int unsent = PQflush(m_connection.get());
        while (unsent != 0) {
            if (unsent < 0) {
                throw connection_lost();
            }
            wait(POLLIN | POLLOUT, until);
            take_input();
            unsent = PQflush(m_connection.get());
        }
        Result result;
        std::optional<Fault> fault;
        for (;;) {
            while (PQisBusy(m_connection.get()) != 0) {
                wait(POLLIN, until);
                take_input();
            }
            const Answer answer(PQgetResult(m_connection.get()));
            if (!answer) {
                break;
            }
            const ExecStatusType status = PQresultStatus(answer.get());
            if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
                if (!fault) {
                    fault = fault_of(*answer);
                }
                if (PQstatus(m_connection.get()) == CONNECTION_BAD) {
                    break;
                }
                continue;
            }
            m_last_command = PQcmdStatus(const_cast<PGresult*>(answer.get()));
            result = result_of(*answer);
        }
        if (fault) {
            throw *fault;
        }
        return result;
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
        return {kind_of(state), sanitize_line(text == nullptr ? "" : text), state};
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
    std::string m_last_command;
};

} // namespace

std::unique_ptr<Session> open_postgres(const PostgresOptions& options, Deadline deadline) {
    return std::make_unique<PostgresSession>(options, deadline);
}

} // namespace loomrel::store
