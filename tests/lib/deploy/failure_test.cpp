#include "lib/deploy/failure.hpp"
#include "lib/deploy/refusals.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/text.hpp"

using namespace loomrel;
using test::has;

namespace {

deploy::Failure failure_of(const std::string& reason, const deploy::Subject& subject) {
    deploy::Followed followed;
    followed.host = "root@prod";
    followed.how = deploy::HowFollowed::ended;
    followed.end.emplace();
    followed.end->outcome = "failed";
    followed.end->reason = reason;
    return deploy::explain(followed, subject, Language::en).value();
}

deploy::Subject subject_in(const std::string& environment) {
    deploy::Subject subject;
    subject.service = "demo";
    subject.environment = environment;
    subject.ref = "v1.4.0";
    subject.run_id = "run-1";
    return subject;
}

} // namespace

TEST_CASE("the command after a production deploy names the release, as that command wants it") {
    deploy::Subject subject = subject_in("prod");
    subject.release_id = 7;
    CHECK(failure_of("cancelled", subject).next
          == "loomrel prod-deploy --service demo --tag v1.4.0 --release-id 7");
    CHECK(failure_of("superseded", subject).next
          == "loomrel prod-deploy --service demo --tag v1.4.0 --release-id 7 --older");
    subject.release_id.reset();
    CHECK(failure_of("cancelled", subject).next == "loomrel release list --service demo");
    subject.kind = store::RunKind::rollback;
    CHECK(failure_of("cancelled", subject).next == "loomrel rollback --env prod --service demo");
    CHECK(failure_of("cancelled", subject_in("stage")).next
          == "loomrel stage-deploy --service demo --tag v1.4.0");
}

TEST_CASE("a branch that points elsewhere is called a branch") {
    deploy::Subject subject = subject_in("dev");
    subject.ref = "feature/x";
    subject.is_tag = false;
    const deploy::Failure failure = failure_of("tag_moved", subject);
    CHECK(has(failure.message, "Branch feature/x does not point"));
    CHECK(failure.next == "git ls-remote origin refs/heads/feature/x");
}

TEST_CASE("there is nothing to attach to where the run's folder is gone") {
    deploy::Followed followed;
    followed.host = "root@prod";
    followed.how = deploy::HowFollowed::unknown;
    followed.error = deploy::run_gone("root@prod", "/var/lib/loomrel/prod/demo/runs/run-1");
    CHECK(deploy::explain(followed, subject_in("prod"), Language::en).value().next
          == "what serves there: loomrel status");
    // Its end is there, in a form that only a newer loomrel reads.
    followed.how = deploy::HowFollowed::ended;
    followed.error = deploy::written_by_newer("root@prod");
    const auto newer = deploy::explain(followed, subject_in("prod"), Language::en).value();
    CHECK(newer.code == "written_by_newer");
    CHECK(newer.message.find("newer loomrel") != std::string::npos);
    CHECK(newer.next.find("loomrel --version") != std::string::npos);
    followed.error.reset();
    CHECK(deploy::explain(followed, subject_in("prod"), Language::en).value().code == "unreadable");
    followed.how = deploy::HowFollowed::unknown;
    followed.error = Error(ErrorKind::no_host, "host_unreachable", Phrase{"away", "away"});
    CHECK(deploy::explain(followed, subject_in("prod"), Language::en).value().next
          == "loomrel attach run-1");
}

TEST_CASE("who had the run stopped is named") {
    deploy::Followed followed;
    followed.how = deploy::HowFollowed::ended;
    followed.end.emplace();
    followed.end->outcome = followed.end->reason = "cancelled";
    followed.transcript.add({1, "cancelled_by", "bob\033[31m"});
    const auto failure = deploy::explain(followed, subject_in("stage"), Language::en);
    REQUIRE(failure);
    CHECK(failure->message.find("cancelled by bob") != std::string::npos);
    CHECK(failure->message.find('\033') == std::string::npos);
    followed.transcript.cancelled_by.clear();
    CHECK(deploy::explain(followed, subject_in("stage"), Language::en)->message.find("by")
          == std::string::npos);
}
