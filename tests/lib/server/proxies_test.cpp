#include "lib/base/error.hpp"
#include "lib/server/proxies.hpp"
#include "tests/support/catch.hpp"

using namespace loomrel;
using boost::asio::ip::make_address;

namespace {

std::string client(const std::vector<std::string>& trusted,
                   const std::string& peer,
                   const std::string& forwarded) {
    return server::Proxies(trusted)
        .client(server::plain_address(make_address(peer)), forwarded)
        .to_string();
}

} // namespace

TEST_CASE("X-Forwarded-For is believed from trusted proxies, up to the first that is none") {
    CHECK(client({"127.0.0.1"}, "127.0.0.1", "") == "127.0.0.1");
    CHECK(client({"127.0.0.1"}, "127.0.0.1", "203.0.113.9") == "203.0.113.9");
    CHECK(client({"127.0.0.1"}, "127.0.0.1", "1.1.1.1, 203.0.113.9") == "203.0.113.9");
    CHECK(client({"127.0.0.1"}, "198.51.100.1", "203.0.113.9") == "198.51.100.1");
    CHECK(client({"127.0.0.1", "10.0.0.0/8"}, "127.0.0.1", "203.0.113.9, 10.1.2.3")
          == "203.0.113.9");
    CHECK(client({"10.0.0.0/8"}, "::ffff:10.9.9.9", "203.0.113.9") == "203.0.113.9");
    CHECK(client({"fd00::/8", "::1"}, "fd12::1", "2001:db8::7") == "2001:db8::7");
    CHECK(client({}, "127.0.0.1", "203.0.113.9") == "127.0.0.1");
    CHECK(client({"127.0.0.1"}, "127.0.0.1", "203.0.113.9, nonsense") == "127.0.0.1");
    CHECK(client({"127.0.0.1"}, "127.0.0.1", "\r\nx: y") == "127.0.0.1");
}

TEST_CASE("what is neither an address nor a network is named") {
    for (const std::string text : {"proxy.example", "10.0.0.0/33", "", "10.0.0.0/8/8"}) {
        CHECK_THROWS_AS(server::Proxies({text}), Error);
    }
}
