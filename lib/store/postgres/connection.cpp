#include "lib/store/postgres/connection.hpp"

#include "lib/base/text.hpp"
#include "lib/store/postgres/places.hpp"

#include <poll.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <future>
#include <map>
#include <memory>
#include <new>
#include <regex>
#include <system_error>
#include <thread>
#include <vector>

namespace loomrel::store {

Fault::Kind kind_of_sqlstate(const std::string& state) {
    static const std::map<std::string, Fault::Kind> kinds{
        {"40001", Fault::Kind::transient}, // serialization failure
        {"40P01", Fault::Kind::transient}, // deadlock
        {"55P03", Fault::Kind::transient}, // lock timeout
        {"57014", Fault::Kind::transient}, // statement timeout
        // A pooler has given us a server that prepared other statements than ours.
        {"26000", Fault::Kind::transient}, // no such prepared statement
        {"42P05", Fault::Kind::transient}, // prepared already
        {"57P01", Fault::Kind::lost},      // terminated by an administrator
        {"57P02", Fault::Kind::lost},      // crash of another process
        {"57P03", Fault::Kind::lost},      // starting up
        {"57P05", Fault::Kind::lost},      // idle session
        {"25P03", Fault::Kind::lost},      // idle in transaction
        {"25P02", Fault::Kind::lost},      // in a failed transaction: not where we think we are
        {"25006", Fault::Kind::lost},      // read only: a failover; the primary is elsewhere now
        {"53100", Fault::Kind::no_space},
        {"58030", Fault::Kind::io},
        {"28000", Fault::Kind::denied},
        {"28P01", Fault::Kind::denied},
        {"3D000", Fault::Kind::denied}, // no such database
        {"42501", Fault::Kind::no_rights},
        {"23503", Fault::Kind::no_release}, // no other reference is a caller's to give
        {"XX000", Fault::Kind::transient},  // the server's own mistake, or its extension's
        {"XX001", Fault::Kind::damaged},
        {"XX002", Fault::Kind::damaged},
    };
    const auto found = kinds.find(state);
    if (found != kinds.end()) {
        return found->second;
    }
    const std::string group = state.substr(0, 2);
    // 08: the connection. 53: out of connections, memory, locks: it is not about what we ask.
    if (group == "08" || group == "53") {
        return Fault::Kind::lost;
    }
    // 22: a value that cannot be. 23: a constraint.
    return group == "22" || group == "23" ? Fault::Kind::rejected : Fault::Kind::failed;
}

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
    const Fault::Kind kind = state.empty() ? Fault::Kind::lost : kind_of_sqlstate(state);
    return {kind == Fault::Kind::failed ? Fault::Kind::lost : kind, text, state};
}

namespace {

// Of one attempt, once the first name is looked up; the next one begins at the next host.
constexpr Milliseconds k_connect_limit{3000};

// The same hosts, begun at another one.
std::string rotate(const std::string& hosts, unsigned by) {
    const auto parts = split(hosts, ',');
    std::vector<std::string> turned;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        turned.emplace_back(parts[(i + by) % parts.size()]);
    }
    return join(turned, ",");
}

using ConnectionOptions = Handle<PQconninfoOption, PQconninfoFree>;

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
    // libpq would say it too, but as of a server that is away.
    for (const std::string_view port : split(parameters["port"], ',')) {
        const auto number = parse_integer(port);
        if (!port.empty() && (!number || *number < 1 || *number > 65535)) {
            throw Fault(Fault::Kind::bad_url, "");
        }
    }
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

bool is_one_place(const Parameters& parameters) {
    return std::none_of(parameters.begin(), parameters.end(), [](const auto& parameter) {
        const auto& [name, value] = parameter;
        return (name == "host" || name == "hostaddr") && value.find(',') != std::string::npos;
    });
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

// Readable is a connection also when it was refused or closed without a word. Peeking would take
// the socket's error away from libpq.
bool has_said_something(const PGconn& connection) {
    int bytes = 0;
    return ::ioctl(PQsocket(&connection), FIONREAD, &bytes) == 0 && bytes > 0;
}

// nullptr: it was `left` in the meantime, and touches nothing any more.
Connection connect_here(const PostgresOptions& options,
                        Parameters parameters,
                        Deadline deadline,
                        const std::atomic<bool>& left) {
    const bool one_place = is_one_place(parameters);
    const std::string far = settle_places(parameters, options.cleartext);
    bool was_heard = false;
    Connection connection = begin_connecting(parameters);
    const Deadline until =
        std::min(deadline, deadline_in(std::min(options.patience, k_connect_limit)));
    PostgresPollingStatusType state = PGRES_POLLING_WRITING;
    while (!left && state != PGRES_POLLING_OK) {
        if (state == PGRES_POLLING_FAILED || PQstatus(connection.get()) == CONNECTION_BAD) {
            Fault fault = connection_fault(*connection);
            fault.nobody_there =
                fault.kind == Fault::Kind::lost && fault.sqlstate.empty() && one_place;
            // It speaks, and what it says is not what TLS with its certificate would be.
            if (was_heard && fault.sqlstate.empty()) {
                fault.without_tls = far;
            }
            throw Fault(fault);
        }
        wait_for(*connection, state == PGRES_POLLING_READING ? POLLIN : POLLOUT, until);
        was_heard = was_heard || has_said_something(*connection);
        state = PQconnectPoll(connection.get());
    }
    return left ? nullptr : std::move(connection);
}

} // namespace

// libpq looks names up by itself, which nothing can interrupt: a name server that hangs would hold
// up who has three seconds for the ledger and goes on without. The thread is left behind then.
Connection connect(const PostgresOptions& options, Deadline deadline) {
    struct Attempt {
        std::promise<Connection> promise;
        std::atomic<bool> left = false;
    };

    const Parameters parameters = parameters_of(options);
    const auto attempt = std::make_shared<Attempt>();
    std::future<Connection> connected = attempt->promise.get_future();
    try {
        std::thread([attempt, options, parameters, deadline] {
            try {
                attempt->promise.set_value(
                    connect_here(options, parameters, deadline, attempt->left));
            } catch (...) {
                attempt->promise.set_exception(std::current_exception());
            }
        }).detach();
    } catch (const std::system_error& error) {
        throw Fault(Fault::Kind::lost, error.what());
    }
    if (connected.wait_until(deadline) != std::future_status::ready) {
        attempt->left = true;
        throw Fault(Fault::Kind::lost, "");
    }
    return connected.get();
}

void wait_for(const PGconn& connection, short events, Deadline until) {
    pollfd watched{PQsocket(&connection), events, 0};
    for (;;) {
        const Milliseconds rest = left_until(until);
        const int ready = ::poll(&watched, 1, static_cast<int>(rest.count()));
        if (ready > 0) {
            return;
        }
        if (ready == 0 || errno != EINTR) {
            throw Fault(Fault::Kind::lost, "");
        }
    }
}

} // namespace loomrel::store
