#include "lib/base/file.hpp"
#include "lib/base/random.hpp"
#include "tests/support/catch.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <regex>
#include <set>
#include <system_error>

using namespace loomrel;

namespace {

struct Folder {
    std::filesystem::path path =
        std::filesystem::temp_directory_path() / ("loomrel-base-" + random_hex(8));

    Folder() { std::filesystem::create_directory(path); }

    ~Folder() { std::filesystem::remove_all(path); }
};

unsigned mode_of(const std::filesystem::path& path) {
    struct stat about {};

    REQUIRE(::stat(path.c_str(), &about) == 0);
    return about.st_mode & 07777U;
}

std::size_t entries(const std::filesystem::path& path) {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(path), {}));
}

} // namespace

TEST_CASE("a file that is not there is nullopt, not an error") {
    const Folder folder;
    CHECK_FALSE(read_file(folder.path / "none"));
    CHECK_FALSE(read_file(folder.path / "none" / "deeper"));
}

TEST_CASE("of a regular file alone the same, and nothing is waited for") {
    const Folder folder;
    CHECK_FALSE(read_regular_file(folder.path / "none"));
    write_file_atomically(folder.path / "file", "text", 0600);
    CHECK(read_regular_file(folder.path / "file") == "text");
    REQUIRE(::mkfifo((folder.path / "pipe").c_str(), 0600) == 0);
    std::filesystem::create_symlink("pipe", folder.path / "link");
    for (const char* name : {"pipe", "link", "."}) {
        CAPTURE(name);
        CHECK_THROWS_AS(read_regular_file(folder.path / name), std::system_error);
    }
    CHECK_THROWS_AS(read_regular_file("/dev/zero"), std::system_error);
}

TEST_CASE("what cannot be read is an error") {
    const Folder folder;
    CHECK_THROWS_AS(read_file(folder.path), std::system_error);
    write_file_atomically(folder.path / "big", std::string(101, 'x'), 0600);
    CHECK_THROWS_AS(read_file(folder.path / "big", 100), std::system_error);
    CHECK(read_file(folder.path / "big", 101)->size() == 101);
}

TEST_CASE("a file is written whole, with its mode, and leaves nothing beside it") {
    const Folder folder;
    const auto path = folder.path / "file";
    write_file_atomically(path, std::string("a\0b\n", 4), 0600);
    CHECK(read_file(path) == std::string("a\0b\n", 4));
    CHECK(mode_of(path) == 0600);
    write_file_atomically(path, "", 0644);
    CHECK(read_file(path) == "");
    CHECK(mode_of(path) == 0644);
    CHECK(entries(folder.path) == 1);
}

TEST_CASE("a write that fails leaves what was there") {
    const Folder folder;
    CHECK_THROWS_AS(write_file_atomically(folder.path / "no" / "file", "x", 0600),
                    std::system_error);
    std::filesystem::create_directory(folder.path / "taken");
    write_file_atomically(folder.path / "taken" / "inside", "kept", 0600);
    CHECK_THROWS_AS(write_file_atomically(folder.path / "taken", "x", 0600), std::system_error);
    CHECK(read_file(folder.path / "taken" / "inside") == "kept");
    CHECK(entries(folder.path) == 1);
}

TEST_CASE("a file that group or others may read is known") {
    const Folder folder;
    const auto path = folder.path / "file";
    for (const auto& [mode, readable] :
         {std::pair{0600, false}, {0640, true}, {0604, true}, {0711, false}}) {
        write_file_atomically(path, "x", mode);
        CHECK(is_readable_by_others(path) == readable);
    }
    CHECK_FALSE(is_readable_by_others(folder.path / "none"));
}

TEST_CASE("random values have their form and do not repeat") {
    const std::regex uuid("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");
    std::set<std::string> seen;
    for (int round = 0; round < 1000; ++round) {
        const std::string made = random_uuid();
        REQUIRE(std::regex_match(made, uuid));
        seen.insert(made);
    }
    CHECK(seen.size() == 1000);
    CHECK(random_hex(8).size() == 16);
    CHECK(random_hex(0).empty());
}
