#include "lib/base/error.hpp"
#include "lib/release/names.hpp"
#include "tests/support/catch.hpp"

#include <regex>
#include <set>
#include <vector>

using namespace loomrel;
using namespace loomrel::release;

namespace {

// What git itself would take as a tag's or branch's name, and what looks like something else.
const std::vector<std::string> k_hostile{"",
                                         "a;rm",
                                         "$(id)",
                                         "`id`",
                                         "a|b",
                                         "${IFS}",
                                         "@",
                                         "-rf",
                                         "--exec=x",
                                         "--upload-pack=x",
                                         "a b",
                                         "a\nb",
                                         "a\tb",
                                         "a\x7f",
                                         "*",
                                         "a:b",
                                         "a?",
                                         "a[b",
                                         "a\\b",
                                         "a^b",
                                         "a~1",
                                         "a..b",
                                         "..",
                                         ".",
                                         "a@{1}",
                                         "a//b",
                                         "/a",
                                         "a/",
                                         ".a",
                                         "a/.b",
                                         "a.lock",
                                         "a.lock/b",
                                         "a.",
                                         "a'b",
                                         "a\"b",
                                         "a&b",
                                         "a>b",
                                         "a<b",
                                         "a!b",
                                         "a#b",
                                         "a%b",
                                         "a=b",
                                         "a,b",
                                         "a(b)",
                                         "a{b}",
                                         "a]b",
                                         "é",
                                         "v1.0.0\u202E",
                                         "v1.0.0\u200B",
                                         "версия",
                                         "v1.2.3\n",
                                         " v1.2.3",
                                         "v1.2.3 ",
                                         std::string("v1\0", 3),
                                         std::string(129, 'a')};

std::string code_of(void (*check)(std::string_view), std::string_view value) {
    try {
        check(value);
    } catch (const Error& error) {
        CHECK(error.kind() == ErrorKind::usage);
        CHECK_FALSE(error.message().ru.empty());
        CHECK_FALSE(error.hint().empty());
        CHECK_FALSE(error.hint().ru.empty());
        CHECK(error.message().en.find_first_of("\n\t\x7f\x1b") == std::string::npos);
        return error.code();
    }
    return {};
}

} // namespace

TEST_CASE("hostile names are never a ref, a tag or a branch") {
    for (const std::string& name : k_hostile) {
        CAPTURE(name);
        CHECK_FALSE(is_safe_ref(name));
        CHECK_FALSE(is_release_tag(name));
        CHECK(code_of(check_release_tag, name) == "bad_tag");
        CHECK(code_of(check_branch, name) == "bad_branch");
    }
}

TEST_CASE("ordinary refs are safe") {
    for (const std::string name : {"main",
                                   "feature/LOOM-12_x",
                                   "a+b",
                                   "v1.2.3",
                                   "9",
                                   "dependabot/npm_and_yarn/x-1.2.3",
                                   "refs/tags/v1.2.3"}) {
        CHECK(is_safe_ref(name));
    }
    CHECK(is_safe_ref(std::string(128, 'a')));
}

TEST_CASE("a release tag is vX.Y.Z with an optional suffix") {
    for (const std::string tag : {"v0.0.0",
                                  "v1.2.3",
                                  "v10.20.300",
                                  "v1.2.3-rc.1",
                                  "v1.2.3-hot-fix",
                                  "v1.2.3-0a",
                                  "v1.2.3--"}) {
        CAPTURE(tag);
        CHECK(is_release_tag(tag));
        CHECK_NOTHROW(check_release_tag(tag));
    }
    for (const std::string tag :
         {"1.2.3",           "V1.2.3",        "v1.2",      "v1",           "v",
          "v1.2.3.4",        "v1.2.x",        "v01.2.3",   "v1.2.03",      "v1.2.3-",
          "v1.2.3-a..b",     "v1.2.3-a.",     "v1.2.3-.a", "v1.2.3+build", "v1.2.3-a_b",
          "v1.2.3/a",        "v1.2.3-x.lock", "v-1.2.3",   "v1..3",        "HEAD",
          "refs/tags/v1.2.3"}) {
        CAPTURE(tag);
        CHECK_FALSE(is_release_tag(tag));
    }
    CHECK(is_release_tag("v1.2.3-" + std::string(121, 'a')));
    CHECK_FALSE(is_release_tag("v1.2.3-" + std::string(122, 'a')));
}

TEST_CASE("a branch is not a commit, not HEAD and not a full ref") {
    CHECK_NOTHROW(check_branch("feature/login"));
    CHECK(code_of(check_branch, "HEAD") == "bad_branch");
    CHECK(code_of(check_branch, "refs/heads/x") == "bad_branch");
    CHECK(code_of(check_branch, std::string(40, 'a')) == "bad_branch");
    CHECK_NOTHROW(check_branch(std::string(39, 'a')));
}

TEST_CASE("a service name reaches paths and images") {
    for (const std::string name : {"loom-content", "a", "Api_2.x", "0"}) {
        CHECK(is_service_name(name));
    }
    CHECK(is_service_name(std::string(63, 'a')));
    for (const std::string& name : {std::string(),
                                    std::string(64, 'a'),
                                    std::string(".."),
                                    std::string("a..b"),
                                    std::string(".a"),
                                    std::string("-a"),
                                    std::string("_a"),
                                    std::string("a/b"),
                                    std::string("a b"),
                                    std::string("a;b"),
                                    std::string("сервис"),
                                    std::string("a\n"),
                                    std::string("a+b"),
                                    std::string("$(id)"),
                                    std::string("a\0b", 3)}) {
        CAPTURE(name);
        CHECK_FALSE(is_service_name(name));
        CHECK(code_of(check_service_name, name) == "bad_service");
    }
}

TEST_CASE("a commit is a whole hash in lower case") {
    CHECK(is_commit(std::string(40, 'a')));
    CHECK(is_commit("0123456789abcdef0123456789abcdef01234567"));
    CHECK(is_commit(std::string(64, '0')));
    for (const std::string bad : {"",
                                  "abc123",
                                  "HEAD",
                                  "0123456789ABCDEF0123456789abcdef01234567",
                                  "g123456789abcdef0123456789abcdef01234567"}) {
        CHECK_FALSE(is_commit(bad));
        CHECK(code_of(check_commit, bad) == "bad_commit");
    }
    CHECK_FALSE(is_commit(std::string(41, 'a')));
}

TEST_CASE("a version is called by a tag of any form, or a commit") {
    for (const char* name : {"v1.2.3", "2024_03", "_old+1", "team/v1", "0123456789abcdef"}) {
        CHECK(is_version_name(name));
        CHECK_NOTHROW(check_version_name(name));
    }
    for (const std::string& name :
         {std::string(), std::string("a b"), std::string("a;b"), std::string(301, 'a')}) {
        CHECK_FALSE(is_version_name(name));
        CHECK_THROWS_AS(check_version_name(name), Error);
    }
}

TEST_CASE("what GitHub and people say of a release is one line, a word or an address") {
    CHECK(is_github_run("local-7d9f_4.8"));
    CHECK_FALSE(is_github_run("a b"));
    CHECK_FALSE(is_github_run(""));
    CHECK_FALSE(is_github_run(std::string(129, '7')));
    CHECK(is_link("https://github.com/LoomAI-IT/x/actions/runs/1"));
    for (const char* link : {"", "ftp://x", "javascript:alert(1)", "https://a b", "https://a\"b"}) {
        CHECK_FALSE(is_link(link));
    }
    CHECK(is_line("Аня Петрова"));
    for (const std::string& text :
         {std::string(), std::string("a\nb"), std::string("\u202ea"), std::string(201, 'a')}) {
        CHECK_FALSE(is_line(text));
    }
}

TEST_CASE("a refused name is shown harmless and short") {
    try {
        check_release_tag("\x1b[31m" + std::string(500, 'x') + "\n");
        FAIL("not refused");
    } catch (const Error& error) {
        CHECK(error.message().en.find('\x1b') == std::string::npos);
        CHECK(error.message().en.size() < 200);
    }
}

TEST_CASE("versions are ordered as semantic versioning orders them") {
    // Section 11's own example, and numbers longer than any integer.
    const std::vector<std::string> ascending{"v0.9.9",
                                             "v1.0.0-1",
                                             "v1.0.0-9",
                                             "v1.0.0-10",
                                             "v1.0.0-alpha",
                                             "v1.0.0-alpha.1",
                                             "v1.0.0-alpha.beta",
                                             "v1.0.0-beta",
                                             "v1.0.0-beta.2",
                                             "v1.0.0-beta.11",
                                             "v1.0.0-rc.1",
                                             "v1.0.0",
                                             "v1.0.1",
                                             "v1.2.0",
                                             "v1.10.0",
                                             "v2.0.0",
                                             "v10.0.0",
                                             "v99999999999999999999.0.0",
                                             "v100000000000000000000.0.0"};
    for (std::size_t left = 0; left < ascending.size(); ++left) {
        for (std::size_t right = 0; right < ascending.size(); ++right) {
            CAPTURE(ascending[left], ascending[right]);
            CHECK(compare_tags(ascending[left], ascending[right])
                  == (left > right) - (left < right));
        }
    }
    CHECK(compare_tags("v1.0.0+a", "v1.0.0+b") == 0);
    CHECK(compare_tags("nightly", "v0.0.1") == -1);
    CHECK(compare_tags("v0.0.1", "nightly") == 1);
    CHECK(compare_tags("a", "b") == -1);
}

TEST_CASE("an image slug is what Docker takes and never shared by two names") {
    const std::regex component("[a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*");
    const std::vector<std::string> names{"loom-content",
                                         "Loom-Content",
                                         "LOOM-CONTENT",
                                         "a_b",
                                         "a__b",
                                         "a._b",
                                         "a-b",
                                         "a--b",
                                         "a-",
                                         "a_",
                                         "a.",
                                         "A",
                                         "a",
                                         "0",
                                         "",
                                         "сервис",
                                         "a b",
                                         "a/b",
                                         "a..b",
                                         std::string(63, 'A'),
                                         std::string(62, 'a') + "-",
                                         std::string(200, 'b'),
                                         std::string(62, 'A') + "-" + "b"};
    std::set<std::string> slugs;
    for (const std::string& name : names) {
        CAPTURE(name);
        const std::string slug = image_slug(name);
        CHECK(std::regex_match(slug, component));
        CHECK(slugs.insert(slug).second);
    }
    CHECK(image_slug("loom-content") == "loom-content");
}
