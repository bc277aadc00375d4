#include "lib/messages/messages.hpp"
#include "lib/store/api/http_store.hpp"
#include "lib/store/postgres/session.hpp"
#include "lib/store/server_ledger.hpp"
#include "lib/store/sql/sql_store.hpp"
#include "lib/store/sqlite/session.hpp"
#include "lib/store/store.hpp"

#include <algorithm>
#include <array>

namespace loomrel::store {

namespace {

using messages::Id;
using messages::phrase;

// A frozen server is given up for another connection after a third of the time there is.
constexpr Milliseconds k_most_patience{5000};
constexpr Milliseconds k_least_patience{500};

Error url_error(const char* code, Id id, const std::string& url) {
    return {ErrorKind::config,
            code,
            phrase(id, fmt::arg("url", shown_url(url)), fmt::arg("reason", "")),
            phrase(Id::store_url_hint)};
}

template <typename Open> SqlPlace place_of(const Options& options, const Open& open) {
    return {
        open, shown_url(options.url), options.deadline, options.first_contact, options.must_exist};
}

std::unique_ptr<ServerLedger> make_sqlite_store(const Options& options) {
    const std::string path = options.url.substr(std::string_view("sqlite://").size());
    // Relative to what, nobody could say: one command runs here, another there.
    if (!path.starts_with('/') || path.ends_with('/') || path.find('\0') != std::string::npos) {
        throw url_error("store_url", Id::store_bad_url, options.url);
    }
    const auto open = [path](Access access, Deadline deadline, unsigned, bool after_io_error) {
        return open_sqlite(path, access, deadline, after_io_error);
    };
    return make_sql_store(place_of(options, open));
}

std::unique_ptr<ServerLedger> make_postgres_store(const Options& options) {
    const Milliseconds patience =
        std::clamp(options.deadline / 3, k_least_patience, k_most_patience);
    const PostgresOptions postgres{options.url, options.password, patience, 0, options.cleartext};
    const auto open = [postgres](Access, Deadline deadline, unsigned attempt, bool) {
        PostgresOptions now = postgres;
        now.attempt = attempt;
        return open_postgres(now, deadline);
    };
    return make_sql_store(place_of(options, open));
}

std::unique_ptr<ServerLedger> refuse_http_for_server(const Options& options) {
    throw url_error("store_server", Id::store_not_for_server, options.url);
}

struct Scheme {
    std::string_view prefix;
    std::unique_ptr<Store> (*make)(const Options& options);
    std::unique_ptr<ServerLedger> (*make_for_server)(const Options& options);
};

template <std::unique_ptr<ServerLedger> (*make)(const Options& options)>
std::unique_ptr<Store> as_store(const Options& options) {
    return make(options);
}

constexpr std::array k_schemes{
    Scheme{"sqlite://", as_store<make_sqlite_store>, make_sqlite_store},
    Scheme{"postgresql://", as_store<make_postgres_store>, make_postgres_store},
    Scheme{"postgres://", as_store<make_postgres_store>, make_postgres_store},
    Scheme{"http://", make_http_store, refuse_http_for_server},
    Scheme{"https://", make_http_store, refuse_http_for_server},
};

const Scheme& scheme_of(const Options& options) {
    const auto found = std::find_if(k_schemes.begin(), k_schemes.end(), [&](const Scheme& scheme) {
        return options.url.starts_with(scheme.prefix);
    });
    if (found == k_schemes.end()) {
        throw url_error("store_scheme", Id::store_unknown_scheme, options.url);
    }
    return *found;
}

} // namespace

std::unique_ptr<Store> open_store(const Options& options) {
    return scheme_of(options).make(options);
}

std::unique_ptr<ServerLedger> open_server_ledger(const Options& options) {
    return scheme_of(options).make_for_server(options);
}

std::string shown_url(const std::string& url) {
    const std::size_t start = url.find("://");
    if (start == std::string::npos || url.starts_with("sqlite://")) {
        return start == std::string::npos ? "" : url;
    }
    // A password may hold anything, "/", "?" and "@" too: all from its colon to the last "@" goes,
    // even where that "@" belongs to a parameter. Rather a strange address than a leak.
    std::string shown = url;
    const std::size_t name = start + 3;
    const std::size_t question = shown.find('?', name);
    std::size_t at = shown.rfind('@', question);
    if (at == std::string::npos || at < name) {
        at = shown.rfind('@');
    }
    const std::size_t colon = shown.find(':', name);
    if (at != std::string::npos && at >= name && colon < at) {
        shown.erase(colon, at - colon);
    }
    return shown.substr(0, shown.find('?'));
}

} // namespace loomrel::store
