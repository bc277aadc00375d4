#include "lib/store/postgres/places.hpp"
#include "tests/support/catch.hpp"

using namespace loomrel;
using store::Parameters;

namespace {

std::string settled(Parameters& parameters, const std::string& allowed = "") {
    return store::settle_places(parameters, parse_cleartext(allowed));
}

} // namespace

TEST_CASE("a Postgres near by is spoken to as it likes") {
    Parameters parameters = GENERATE(values<Parameters>({
        {{"host", "127.0.0.1"}, {"port", "5433"}},
        {{"host", "/run/postgresql"}},
        {{"host", "10.0.0.5,fd00::5"}},
        {{"hostaddr", "192.168.1.1"}},
        {},
    }));
    CHECK(settled(parameters).empty());
    CHECK_FALSE(parameters.contains("sslmode"));
}

TEST_CASE("a Postgres far away is spoken to by TLS with a verified certificate") {
    Parameters parameters = GENERATE(values<Parameters>({
        {{"host", "192.0.2.7"}, {"port", "5432"}, {"sslmode", "disable"}},
        {{"host", "127.0.0.1,192.0.2.7"}, {"sslmode", "require"}},
        // The name says one thing, the address that is connected to another.
        {{"host", "localhost"}, {"hostaddr", "192.0.2.7"}},
        {{"host", "no-such-name.invalid"}},
    }));
    CHECK_FALSE(settled(parameters).empty());
    CHECK(parameters.at("sslmode") == "verify-full");
}

TEST_CASE("where a service file names the host, TLS is demanded: nobody has judged the place") {
    Parameters parameters = GENERATE(values<Parameters>({
        {{"service", "releases"}, {"sslmode", "disable"}},
        {{"service", "releases"}, {"host", "/run/postgresql"}},
    }));
    CHECK(settled(parameters).empty());
    CHECK(parameters.at("sslmode") == "verify-full");
    Parameters named{{"service", "releases"}, {"host", "127.0.0.1"}};
    CHECK(settled(named).empty());
    CHECK(named.at("hostaddr") == "127.0.0.1");
    CHECK_FALSE(named.contains("sslmode"));
}

TEST_CASE("what is refused far away is named as LOOMREL_INSECURE takes it") {
    Parameters parameters{{"host", "2001:db8::7"}, {"port", "5433"}};
    const std::string far = settled(parameters);
    CHECK(far == "[2001:db8::7]:5433");
    parameters = {{"host", "2001:db8::7"}, {"port", "5433"}};
    CHECK(settled(parameters, far).empty());
}

TEST_CASE("what LOOMREL_INSECURE names may go as it is") {
    Parameters parameters{{"host", "192.0.2.7"}, {"port", "5433"}};
    CHECK(settled(parameters, "192.0.2.7:5432") == "192.0.2.7:5433");
    parameters = {{"host", "192.0.2.7"}, {"port", "5433"}};
    CHECK(settled(parameters, "192.0.2.7:5433").empty());
    CHECK_FALSE(parameters.contains("sslmode"));
}

TEST_CASE("libpq connects to the address that was judged") {
    Parameters parameters{{"host", "localhost,/tmp"}, {"port", "5433,5434"}};
    CHECK(settled(parameters).empty());
    const std::string& addresses = parameters.at("hostaddr");
    CHECK((addresses.starts_with("127.0.0.1,") || addresses.starts_with("::1,")));
    CHECK(addresses.ends_with(","));
    CHECK(parameters.at("host").ends_with(",/tmp"));
    CHECK(parameters.at("port").starts_with("5433,"));
    CHECK(parameters.at("port").ends_with(",5434"));
}
