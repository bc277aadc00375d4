#include "lib/base/words.hpp"
#include "tests/lib/store/ledgers.hpp"

using namespace loomrel;
using namespace loomrel::test;

namespace {

Error refusal(const std::string& url) {
    return error_of([&] { (void)store::open_store({url, Secret()}); });
}

} // namespace

TEST_CASE("an address that is no ledger is refused, with what one looks like") {
    for (const std::string url :
         {"", "releases.db", "mysql://host/db", "sqlite:/x", "SQLITE:///x"}) {
        const Error error = refusal(url);
        CHECK(error.kind() == ErrorKind::config);
        CHECK(error.code() == "store_scheme");
        CHECK(contains(error.hint().en, "sqlite:///"));
    }
    for (const std::string url : {"sqlite://", "sqlite://releases.db", "sqlite:///folder/"}) {
        CHECK(refusal(url).code() == "store_url");
    }
    for (const std::string url : {"http://host/api", "https://host/api"}) {
        CHECK(refusal(url).kind() == ErrorKind::config);
        CHECK(refusal(url).code() == "store_key_missing");
        CHECK(contains(refusal(url).message().en, "LOOM_INTERSERVER_SECRET_KEY"));
    }
    for (const std::string url : {"http://",
                                  "https://host:port/api",
                                  "http://host/api?a=b",
                                  "https://user:word@host/api"}) {
        CHECK(refusal(url).code() == "store_url");
    }
}

TEST_CASE("an address that libpq does not understand is refused without its words") {
    const store::Options options{"postgresql://user:canary-4711@host:port:port/x?nonsense=1",
                                 Secret()};
    const Error error = error_of([&] { (void)store::open_store(options)->list_releases({}); });
    CHECK(error.kind() == ErrorKind::config);
    CHECK(error.code() == "store_url");
    CHECK_FALSE(contains(error.message().ru + error.message().en, "canary-4711"));
}

TEST_CASE("a port that can be none is a mistake in the address, and no server that is away") {
    for (const std::string url : {"postgresql://u@127.0.0.1:abc/x",
                                  "postgresql://u@127.0.0.1:0/x",
                                  "postgresql://u@127.0.0.1:1,127.0.0.1:65536/x"}) {
        CAPTURE(url);
        const Error error = error_of([&] {
            (void)store::open_store({url, Secret()})->list_releases({});
        });
        CHECK(error.kind() == ErrorKind::config);
        CHECK(error.code() == "store_url");
    }
}

TEST_CASE("opening a ledger connects to nothing") {
    CHECK(store::open_store({"postgresql://nobody@192.0.2.1/x", Secret()}));
    CHECK(store::open_store({"postgres://nobody@192.0.2.1/x", Secret()}));
    CHECK(store::open_store({"sqlite:///not/there/releases.db", Secret()}));
}

TEST_CASE("an address is shown without password and parameters") {
    CHECK(store::shown_url("sqlite:///var/lib/releases.db") == "sqlite:///var/lib/releases.db");
    CHECK(store::shown_url("postgresql://user@host/db") == "postgresql://user@host/db");
    CHECK(store::shown_url("postgresql://user:secret@host:5432/db")
          == "postgresql://user@host:5432/db");
    CHECK(store::shown_url("postgresql://user:se/cr@et@a:1,b:2/db?password=x")
          == "postgresql://user@a:1,b:2/db");
    CHECK(store::shown_url("postgresql://user:se?cret@host/db") == "postgresql://user@host/db");
    CHECK(store::shown_url("postgresql://host/db?sslmode=require") == "postgresql://host/db");
    CHECK(store::shown_url("https://user:secret@host/api") == "https://user@host/api");
    CHECK_FALSE(contains(store::shown_url("postgresql://u:a@b?c/d@host/db?password=x"), "c/d"));
    CHECK(store::shown_url("user:secret@host").empty());
}

TEST_CASE("every word of a run is read back as it is written") {
    for (const std::string word : {"deploy", "rollback", "restore", "rehearsal"}) {
        CHECK(to_string(parse_word<store::RunKind>(word).value()) == word);
    }
    for (const std::string word : {"good", "failed", "cancelled", "refused", "unknown"}) {
        CHECK(to_string(parse_word<store::RunOutcome>(word).value()) == word);
    }
    CHECK_FALSE(parse_word<store::RunKind>("Deploy"));
    CHECK_FALSE(parse_word<store::RunOutcome>(""));
}
