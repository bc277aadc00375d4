#include "lib/base/file.hpp"
#include "lib/store/entities.hpp"
#include "tests/support/catch.hpp"

#include <string>
#include <vector>

// What the manual says of the ledger's words is what their descriptions say.

using namespace loomrel;

namespace {

using Words = std::vector<std::string>;

// Without the marks of troff.
std::string manual() {
    std::string page = read_file(LOOMREL_SOURCE_DIR "/man/loomrel.1").value_or("");
    for (std::size_t at = 0; (at = page.find("\\-")) != std::string::npos;) {
        page.erase(at, 1);
    }
    return page;
}

std::string between(const std::string& text, const std::string& begin, const std::string& end) {
    const std::size_t from = text.find(begin);
    REQUIRE(from != std::string::npos);
    const std::size_t to = text.find(end, from + begin.size());
    REQUIRE(to != std::string::npos);
    return text.substr(from + begin.size(), to - from - begin.size());
}

// What is made of small letters and "_".
Words names_in(const std::string& text) {
    Words names{""};
    for (const char letter : text) {
        if ((letter >= 'a' && letter <= 'z') || letter == '_') {
            names.back() += letter;
        } else if (!names.back().empty()) {
            names.emplace_back();
        }
    }
    if (names.back().empty()) {
        names.pop_back();
    }
    return names;
}

} // namespace

TEST_CASE("the manual lists the members of a release in their order") {
    const std::string section = between(manual(), ".SS release show", ".SS release events");
    Words members;
    store::for_each_field<release::Release>(
        [&](const auto& field) { members.emplace_back(field.name); });
    CHECK(names_in(between(section, "the row:\n", "\n(the number")) == members);
}

TEST_CASE("the manual lists the members of an event in their order") {
    const std::string section = between(manual(), ".SS release events", ".SS release approve");
    Words members{"events"};
    store::for_each_field<release::Event>(
        [&](const auto& field) { members.emplace_back(field.name); });
    CHECK(names_in(between(section, ".BR {", "...")) == members);
}

TEST_CASE("the manual's table of statuses is the one that releases are held to") {
    std::string table;
    for (const release::Status status : release::all_statuses()) {
        std::string next;
        for (const release::Status each : release::next_of(status)) {
            next += (next.empty() ? "" : ", ") + std::string(to_string(each));
        }
        table += std::string(to_string(status)) + "|" + next + "\n";
    }
    CHECK(between(manual(), ".SH STATUSES\n.TS\ntab(|);\nlb l.\n", ".TE") == table);
}
