#include "lib/base/random.hpp"
#include "tests/support/catch.hpp"

#include <set>

using namespace loomrel;

TEST_CASE("A name has one UUID, and another name another") {
    CHECK(uuid_of_name("dev-deploy\n1") == uuid_of_name("dev-deploy\n1"));
    std::set<std::string> seen;
    for (int number = 0; number < 1000; ++number) {
        seen.insert(uuid_of_name(std::to_string(number)));
    }
    CHECK(seen.size() == 1000);
    const std::string uuid = uuid_of_name("");
    CHECK(uuid.size() == 36);
    CHECK(uuid[14] == '8');
    CHECK(uuid.find_first_not_of("0123456789abcdef-") == std::string::npos);
}

TEST_CASE("Two random UUIDs differ") {
    CHECK(random_uuid() != random_uuid());
    CHECK(random_uuid()[14] == '4');
}
