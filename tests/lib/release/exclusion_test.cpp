#include "lib/release/exclusion.hpp"
#include "tests/support/catch.hpp"

#include <functional>

using namespace loomrel;
using namespace loomrel::release;

namespace {

constexpr const char* k_github = "noreply@github.com";

ApprovalRules strict_rules() {
    ApprovalRules rules;
    rules.approvers = {11111, 22222};
    rules.self_approval = false;
    rules.people = {{11111, "anya", "Аня", {"anya@example.com", "a.work@example.com"}},
                    {22222, "Boris-K", "Борис", {"boris@example.com"}},
                    {0, "robot[bot]", "", {}}};
    return rules;
}

Origin pushed_by(const std::string& sender) {
    Actors actors;
    actors.sender = sender;
    actors.event = "push";
    actors.word = k_word_ci;
    return {sender, actors};
}

Origin signed_by(const std::string& author, const std::string& committer) {
    Origin origin = pushed_by("robot[bot]");
    origin.actors->author_email = author;
    origin.actors->committer_email = committer;
    return origin;
}

std::optional<Error> error_of(const std::function<void()>& work) {
    try {
        work();
    } catch (const Error& error) {
        return error;
    }
    return std::nullopt;
}

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("who sent it, wrote the commit or made it does not approve it") {
    const ApprovalRules rules = strict_rules();

    struct Line {
        Origin origin;
        std::int64_t excluded; // 0 = nobody
        const char* why;
    };

    Origin again = pushed_by("robot[bot]");
    again.actors->resender = "ANYA";
    Origin by_hand = pushed_by("anya");
    by_hand.actors->event = "workflow_dispatch";
    Origin typed = pushed_by("аня");
    typed.actors->word = k_word_terminal;
    Origin named = pushed_by("robot[bot]");
    named.initiated_by = "anya";
    for (const Line& line :
         {Line{pushed_by("Anya"), 11111, "pushed it to GitHub (login Anya)"},
          Line{by_hand, 11111, "started GitHub's workflow by hand (login anya)"},
          Line{typed, 11111, "started it from a terminal (аня)"},
          Line{again, 11111, "ran GitHub's workflow again (login ANYA)"},
          Line{named, 11111, "named as who began the release (anya)"},
          Line{{"anya", std::nullopt}, 11111, "began the release (anya)"},
          Line{signed_by("A.Work@Example.com", k_github),
               11111,
               "author of the commit (A.Work@Example.com by [[people]])"},
          Line{signed_by("x@y.z", "boris@example.com"),
               22222,
               "made the commit (boris@example.com by [[people]])"},
          Line{signed_by("12345+boris-k@users.noreply.github.com", k_github),
               22222,
               "author of the commit (12345+boris-k@users.noreply.github.com by [[people]])"},
          Line{signed_by("boris-k@users.noreply.github.com", ""),
               22222,
               "author of the commit (boris-k@users.noreply.github.com by [[people]])"},
          Line{signed_by(k_github, "19864447+web-flow@users.noreply.github.com"), 0, ""},
          Line{signed_by("stranger@example.com", k_github), 0, ""}}) {
        CAPTURE(line.why);
        const auto all = exclusions_of(rules, line.origin);
        REQUIRE(all.size() == (line.excluded == 0 ? 0 : 1));
        if (line.excluded != 0) {
            CHECK(all[0].who.id == line.excluded);
            CHECK(why_excluded(all[0]).en == line.why);
            CHECK_FALSE(why_excluded(all[0]).ru.empty());
            const auto error = error_of(
                [&] { check_not_own(rules, approver_of(rules, line.excluded), line.origin); });
            REQUIRE(error);
            CHECK(error->kind() == ErrorKind::refused);
            CHECK(error->code() == "self_approval");
            CHECK(has(error->message().en, line.why));
            CHECK(council_of(rules, line.origin).ids()
                  == std::vector<std::int64_t>{line.excluded == 11111 ? 22222 : 11111});
        }
        check_sender(rules, line.origin); // they are all known
        ApprovalRules open = rules;
        open.self_approval = true;
        CHECK(exclusions_of(open, line.origin).empty());
    }
}

TEST_CASE("each part of one person's is told, and one that several had of each of them") {
    Origin origin = pushed_by("anya");
    origin.actors->author_email = "boris@example.com";
    origin.actors->committer_email = "anya@example.com";
    const auto all = exclusions_of(strict_rules(), origin);
    REQUIRE(all.size() == 3);
    CHECK(all[0].part == Part::sender);
    CHECK(all[1].part == Part::author);
    CHECK(all[1].who.name == "Борис");
    CHECK(all[2].part == Part::committer);
    // Nobody is left, and that is said.
    CHECK(error_of([&] { (void)council_of(strict_rules(), origin); })->code()
          == "quorum_unreachable");
}

TEST_CASE("a sender whom nobody knows stops, an author or committer whom nobody knows does not") {
    const ApprovalRules rules = strict_rules();
    const auto error = error_of([&] { check_sender(rules, pushed_by("mallory")); });
    REQUIRE(error);
    CHECK(error->kind() == ErrorKind::refused);
    CHECK(error->code() == "sender_unknown");
    CHECK(has(error->message().en, "mallory"));
    CHECK(has(error->hint().en, "[[people]]\ngithub = \"mallory\""));
    CHECK(has(error->hint().ru, "[[people]]\ngithub = \"mallory\""));
    CHECK(lack_of(rules, pushed_by("mallory"), {{11111, Milliseconds{5}}}) == Lack::sender);

    Origin typed = pushed_by("a\"b\\\n\x1b[2Jx\u202e");
    typed.actors->word = k_word_terminal;
    CHECK(has(error_of([&] { check_sender(rules, typed); })->hint().en,
              "[[people]]\nname = \"a\\\"b\\\\ x\""));

    check_sender(rules, signed_by("nobody@example.com", "nobody@example.com"));
    CHECK(lack_of(rules, signed_by("x@y.z", "x@y.z"), {{11111, Milliseconds{5}}}) == Lack::nothing);
    // What a row of before, or a script of the spec's, says of who began it stops nothing.
    check_sender(rules, {"mallory", std::nullopt});
    check_sender(rules, {"mallory", Actors{}});
    ApprovalRules open = rules;
    open.self_approval = true;
    check_sender(open, pushed_by("mallory"));
}

TEST_CASE("what a host read in a commit is made harmless") {
    CHECK(parse_signature("<a@b.c> Аня Щукина").email == "a@b.c");
    CHECK(parse_signature("<a@b.c> Аня Щукина").name == "Аня Щукина");
    CHECK(parse_signature("<a@b.c> x\x1b[2J\u202ey <other@b.c>").name == "xy <other@b.c>");
    CHECK(parse_signature("<> x").email.empty());
    CHECK(parse_signature("<a@b\u200b.c> x").email.empty());
    CHECK(parse_signature("<a@b c> x").email.empty());
    CHECK(parse_signature("<a<@b> x").email.empty());
    CHECK(parse_signature("x <a@b.c>").name.empty());
    CHECK(parse_signature("<" + std::string(300, 'a') + "@b.c> x").email.empty());
    CHECK(parse_signature("<a@b.c> " + std::string(300, 'n')).name.size() == 100);
    CHECK(is_email("a+b@example.com"));
    for (const char* text : {"", "@", "a@", "@b", "a@b@c", "a b@c", "\"a\"@b", "a@b\n"}) {
        CAPTURE(text);
        CHECK_FALSE(is_email(text));
    }
}
