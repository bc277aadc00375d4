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

TEST_CASE("A UUID is told from what only looks like one") {
    CHECK(is_uuid(random_uuid()));
    CHECK(is_uuid(uuid_of_name("x")));
    for (const char* other : {"",
                              "0f0e0d0c-0000-4000-8000-00000000000",
                              "0f0e0d0c-0000-4000-8000-0000000000011",
                              "0F0E0D0C-0000-4000-8000-000000000001",
                              "0f0e0d0c-0000-4000-8000-00000000000g",
                              "0f0e0d0c00000-4000-8000-000000000001"}) {
        CHECK_FALSE(is_uuid(other));
    }
}
