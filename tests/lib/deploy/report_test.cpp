#include "lib/deploy/report.hpp"
#include "tests/support/catch.hpp"

using namespace loomrel;
using namespace loomrel::deploy;

namespace {

Followed ended(const std::string& host, const std::string& status) {
    Followed followed;
    followed.host = host;
    followed.how = HowFollowed::ended;
    followed.end = parse_end_status(status, "r");
    return followed;
}

Followed away(const std::string& host) {
    Followed followed;
    followed.host = host;
    followed.how = HowFollowed::not_started;
    const std::string text = "host " + host + " cannot be reached";
    followed.error = Error(ErrorKind::no_host, "host_unreachable", Phrase{text, text});
    return followed;
}

Subject subject() {
    return {"demo", "prod", "v1.2.0", true, "r", 3};
}

} // namespace

TEST_CASE("a host that failed hides no other's result, and a log is its own host's") {
    Followed good = ended("host-b", "r 0 good keep - v1.2.0 yes - whole .");
    good.transcript.log_file = "/log/v1.2.0.log";
    Followed waiting;
    waiting.host = "host-d";
    waiting.how = HowFollowed::not_started;
    const auto report =
        make_report(subject(),
                    {away("host-a"),
                     good,
                     ended("host-c", "r 1 failed health health_failed v1.1.0 yes yes whole ."),
                     waiting},
                    Language::en,
                    Redactor());
    CHECK(report.log_host == "host-b");
    CHECK(host_lines(report, Language::en)
          == std::vector<std::string>{"host host-a cannot be reached",
                                      "host-b: ✅ all went well here; serving now: v1.2.0",
                                      "host-c: ❌ Health check not passed after 3 attempts; the "
                                      "previous version is back, serving "
                                      "now: v1.1.0",
                                      "host-d: not begun here"});
}

TEST_CASE("one host, or a good end everywhere, needs no line a host") {
    const Followed good = ended("host-a", "r 0 good keep - v1.2.0 yes - whole .");
    CHECK(host_lines(make_report(subject(), {good, good}, Language::en, Redactor()), Language::en)
              .empty());
    CHECK(
        host_lines(make_report(subject(), {away("host-a")}, Language::en, Redactor()), Language::en)
            .empty());
}

TEST_CASE("of a run that died behind the switch nobody brought anything back") {
    const auto report =
        make_report(subject(),
                    {ended("host-a", "r 1 died after_up died v1.2.0 yes failed whole .")},
                    Language::en,
                    Redactor());
    REQUIRE(report.failure);
    CHECK(report.failure->serves.find("nobody brought back the previous version")
          != std::string::npos);
}

TEST_CASE("what each host has lost is told, each version once") {
    Followed one = ended("host-a", "r 0 good keep - v1.2.0 yes - whole .");
    Followed other = one;
    one.transcript.lost = {"v1.0.0"};
    other.transcript.lost = {"v1.0.0", "v1.1.0"};
    CHECK(make_report(subject(), {one, other}, Language::en, Redactor()).lost == "v1.0.0, v1.1.0");
}
