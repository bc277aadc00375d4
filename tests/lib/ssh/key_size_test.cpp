#include "lib/ssh/key_size.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/process.hpp"

#include <string>

using namespace loomrel;

namespace {

std::string blob_of(const std::vector<std::string>& kind) {
    const test::TempFolder folder;
    const std::string file = (folder.path() / "key").string();
    std::vector<std::string> words{"ssh-keygen", "-q", "-N", "", "-f", file};
    words.insert(words.end(), kind.begin(), kind.end());
    test::run_program(words);
    const std::string line = test::read_whole(file + ".pub");
    const std::size_t begin = line.find(' ') + 1;
    return line.substr(begin, line.find(' ', begin) - begin);
}

} // namespace

TEST_CASE("An RSA key's bits are counted, others have none to count") {
    CHECK(ssh::rsa_bits(blob_of({"-t", "rsa", "-b", "1024"})) == 1024);
    CHECK(ssh::rsa_bits(blob_of({"-t", "rsa", "-b", "2048"})) == 2048);
    CHECK(ssh::rsa_bits(blob_of({"-t", "rsa", "-b", "3072"})) == 3072);
    CHECK_FALSE(ssh::rsa_bits(blob_of({"-t", "ed25519"})));
}

TEST_CASE("What is no key is none, however it is cut") {
    const std::string blob = blob_of({"-t", "rsa", "-b", "1024"});
    for (std::size_t size = 0; size < blob.size() - 4; ++size) {
        CHECK_FALSE(ssh::rsa_bits(blob.substr(0, size)));
    }
    CHECK_FALSE(ssh::rsa_bits("no key at all"));
}
