#include "lib/base/secret.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>
#include <array>
#include <new>
#include <sstream>

using namespace loomrel;

namespace {

std::string streamed(const Redactor& redactor, std::string_view text, std::size_t piece) {
    Redactor::Stream stream(redactor);
    std::string out;
    for (std::size_t at = 0; at < text.size(); at += piece) {
        out += stream.feed(text.substr(at, piece));
    }
    return out + stream.flush();
}

Redactor redactor_of(std::initializer_list<const char*> values) {
    Redactor redactor;
    for (const char* value : values) {
        redactor.add(Secret(value));
    }
    return redactor;
}

} // namespace

TEST_CASE("a secret prints as stars whatever the format asks for") {
    const Secret secret("hunter2!");
    CHECK(fmt::format("{}", secret) == "********");
    CHECK(fmt::format("{:>10}", secret) == "  ********");
    CHECK(secret.reveal() == "hunter2!");
}

TEST_CASE("the redactor knows the forms in which secrets leak") {
    const Redactor redactor = redactor_of({"p@ss w/rd\"1"});
    const auto hides = [&](std::string_view text) {
        CAPTURE(text);
        CHECK(redactor.redact(text) == "<********>");
    };
    hides("<p@ss w/rd\"1>");
    hides("<p%40ss%20w%2Frd%221>");
    hides("<p%40ss%20w%2frd%221>");
    hides("<p%40ss+w%2Frd%221>");
    hides("<p@ss w/rd\\\"1>");
    hides("<p@ss w\\/rd\\\"1>");
    hides("<7040737320772f72642231>");
    hides("<7040737320772F72642231>");
    hides("<cEBzcyB3L3JkIjE=>");
    hides("<cEBzcyB3L3JkIjE>");
    CHECK(redactor.redact("nothing here") == "nothing here");
}

TEST_CASE("the redactor finds base64 of a longer text at all three alignments") {
    const Redactor redactor = redactor_of({"s3cr3t-token"});
    // base64 of "x:s3cr3t-token:y" with one, two and three bytes before the secret.
    CHECK(redactor.redact("YTpzM2NyM3QtdG9rZW46Yg==").find("czNjcjN0") == std::string::npos);
    CHECK(redactor.redact("OnMzY3IzdC10b2tlbjpi") == "On********jpi");
    CHECK(redactor.redact("YTpzM2NyM3QtdG9rZW46Yg==") == "YTp********6Yg==");
    CHECK(redactor.redact("YWI6czNjcjN0LXRva2VuOmI=") == "YWI6********OmI=");
}

TEST_CASE("the redactor hides every line of a secret that has several") {
    const Redactor redactor = redactor_of({"-----BEGIN KEY-----\nAAAABBBB\r\nCCCCDDDD\n"});
    CHECK(redactor.redact("  AAAABBBB\n") == "  ********\n");
    CHECK(redactor.redact("x CCCCDDDD y") == "x ******** y");
    CHECK(redactor.redact("-----BEGIN KEY-----\\nAAAABBBB\\r\\nCCCCDDDD\\n") == "********");
}

TEST_CASE("the redactor hides Cyrillic secrets in JSON written as ASCII") {
    const Redactor redactor = redactor_of({"пароль🚀"});
    CHECK(redactor.redact(R"("\u043f\u0430\u0440\u043e\u043b\u044c\ud83d\ude80")")
          == R"("********")");
}

TEST_CASE("secrets that overlap become one mask and leave nothing of either") {
    const Redactor redactor = redactor_of({"abcdef", "efghij", "cdxx"});
    CHECK(redactor.redact("-abcdefghij-") == "-********-");
    CHECK(redactor.redact("abcdefabcdef") == "****************");
    CHECK(redactor.redact("abcde efghi") == "abcde efghi");
}

TEST_CASE("values shorter than four bytes are not looked for") {
    const Redactor redactor = redactor_of({"abc", ""});
    CHECK(redactor.forms().empty());
    CHECK(redactor.redact("abc") == "abc");
}

TEST_CASE("forms come longest first and once each") {
    const Redactor redactor = redactor_of({"plain-word", "plain-word", "another one"});
    const auto& forms = redactor.forms();
    for (std::size_t index = 1; index < forms.size(); ++index) {
        CHECK(forms[index - 1].size() >= forms[index].size());
        CHECK(forms[index - 1] != forms[index]);
    }
}

TEST_CASE("where the pieces of a stream are cut makes no difference") {
    const Redactor redactor =
        redactor_of({"aaaa", "secret-one", "one-secret", "line one\nline two", "p@ss w/rd"});
    for (const std::string text :
         {"say secret-one-secret-one-secre and p%40ss%20w%2Frd aaaaaaa aaa line one\nline two",
          "secret-on",
          "secret-",
          "line one\nline tw",
          "c2VjcmV0LW9uZQ== cEBzcyB3L3Jk",
          "aaaaaaaaaaab"}) {
        const std::string whole = redactor.redact(text);
        for (std::size_t piece = 1; piece <= text.size(); ++piece) {
            CAPTURE(text, piece);
            CHECK(streamed(redactor, text, piece) == whole);
        }
        for (std::size_t cut = 0; cut <= text.size(); ++cut) {
            Redactor::Stream stream(redactor);
            std::string out = stream.feed(std::string_view(text).substr(0, cut));
            CHECK(out.find("secret-one") == std::string::npos);
            out += stream.feed(std::string_view(text).substr(cut));
            CHECK(out + stream.flush() == whole);
        }
    }
}

TEST_CASE("a stream holds back no more than the beginning of a secret") {
    const Redactor redactor = redactor_of({"secret-one"});
    Redactor::Stream stream(redactor);
    CHECK(stream.feed("ready sec") == "ready ");
    CHECK(stream.feed("ond") == "second");
    CHECK(stream.feed("secret-one.") == "********.");
    CHECK(stream.flush().empty());
}

TEST_CASE("no copy of a secret stays in memory") {
    std::string text(200, 'x');
    const char* bytes = text.data();
    const std::size_t reserved = text.capacity();
    wipe(text);
    CHECK(text.empty());
    CHECK(std::all_of(bytes, bytes + reserved, [](char byte) { return byte == 0; }));

    // A short one lies in the object itself, also in one that was moved away or assigned over.
    const std::string value = "hunter2!";
    alignas(Secret) std::array<char, sizeof(Secret)> place{};
    const auto is_there = [&] {
        return std::string_view(place.data(), place.size()).find("unter2") != std::string::npos;
    };
    auto* secret = new (place.data()) Secret(value);
    CHECK(is_there());
    const Secret moved(std::move(*secret));
    CHECK(moved.reveal() == value);
    CHECK(!is_there());
    *secret = moved;
    CHECK(is_there());
    *secret = Secret("no");
    CHECK(!is_there());
    *secret = moved;
    secret->~Secret();
    CHECK(!is_there());
}
