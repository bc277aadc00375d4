#include "lib/base/cleartext.hpp"
#include "tests/support/catch.hpp"

#include <sys/socket.h>

using namespace loomrel;

TEST_CASE("addresses that no stranger is on the way to are told from all others") {
    for (const char* near : {"127.0.0.1",
                             "127.9.9.9",
                             "10.1.2.3",
                             "172.16.0.1",
                             "172.31.255.255",
                             "192.168.0.1",
                             "100.64.0.1",
                             "100.127.255.255",
                             "169.254.1.1",
                             "::1",
                             "fd00::1",
                             "fc00::1",
                             "fe80::1",
                             "::ffff:10.0.0.1"}) {
        INFO(near);
        CHECK(is_numeric_near(near) == true);
    }
    for (const char* far : {"192.0.2.1",
                            "11.0.0.1",
                            "172.15.255.255",
                            "172.32.0.1",
                            "192.169.0.1",
                            "100.63.255.255",
                            "100.128.0.1",
                            "0.0.0.1",
                            "2001:db8::1",
                            "fe00::1",
                            "64:ff9b::a00:1",
                            "::ffff:192.0.2.1"}) {
        INFO(far);
        CHECK(is_numeric_near(far) == false);
    }
    CHECK_FALSE(is_numeric_near("localhost"));
    sockaddr local{};
    local.sa_family = AF_UNIX;
    CHECK(is_near(local));
    REQUIRE_FALSE(resolve("localhost").empty());
    CHECK(resolve("localhost").front().near);
}

TEST_CASE("LOOMREL_INSECURE names hosts with every port or with one") {
    const Cleartext allowed = parse_cleartext(" Db.example   api.example:8080 [2001:db8::1]:5432 ");
    CHECK(allowed.allows("db.example", 1));
    CHECK(allowed.allows("API.example", 8080));
    CHECK_FALSE(allowed.allows("api.example", 80));
    CHECK(allowed.allows("2001:db8::1", 5432));
    CHECK_FALSE(allowed.allows("x.db.example", 1));
    CHECK_FALSE(parse_cleartext("").allows("", 0));
    // What a refusal says to write is what is read.
    for (const char* host : {"Db.example", "2001:db8::7", "[2001:db8::7]", "192.0.2.7"}) {
        CAPTURE(host);
        CHECK(parse_cleartext(cleartext_place(host, 80)).allows(host, 80));
        CHECK_FALSE(parse_cleartext(cleartext_place(host, 80)).allows(host, 81));
    }
}
