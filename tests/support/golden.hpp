#pragma once

#include "tests/support/catch.hpp"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

namespace loomrel::test {

// Compares a whole text with golden/NAME.txt. LOOMREL_ACCEPT=1 writes the file instead: then look
// at what git says has changed.
inline void check_golden(const std::string& name, const std::string& actual) {
    const std::string path = LOOMREL_TEST_DATA "/golden/" + name + ".txt";
    const char* accept = std::getenv("LOOMREL_ACCEPT");
    if (accept != nullptr && std::string(accept) == "1") {
        std::ofstream(path, std::ios::binary) << actual;
    }
    std::ifstream file(path, std::ios::binary);
    INFO(path << " (LOOMREL_ACCEPT=1 accepts what is shown now)");
    REQUIRE(file);
    const std::string expected{std::istreambuf_iterator<char>(file), {}};
    CHECK(actual == expected);
}

} // namespace loomrel::test
