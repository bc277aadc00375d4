#include "lib/base/text.hpp"
#include "lib/deploy/end_status.hpp"
#include "lib/deploy/journal.hpp"
#include "lib/deploy/look.hpp"
#include "lib/deploy/run_transcript.hpp"
#include "tests/lib/deploy/plans.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/process.hpp"

#include <filesystem>

using namespace loomrel;
using namespace loomrel::test;
namespace fs = std::filesystem;

namespace {

const std::string k_v100 = "bf2a34ca1e355cf76538ff16c703464f5128eaee";
const std::string k_v110 = "424233404f72ee46f7ba663190ccebc9539f75ea";
const std::string k_v130 = "33e04dbf1e290104a8ca1601d27451bf9d0a6fe5";
const std::string k_run = "00000000-0000-4000-8000-00000000000"; // and a digit

fs::path fixture(const std::string& version) {
    return fs::path(LOOMREL_SOURCE_DIR "/tests/upgrade/host") / version;
}

// A host as an older program left it, with what its record of parts says is there.
struct OlderHost {
    explicit OlderHost(const std::string& version) {
        fs::create_directories(service.parent_path());
        fs::copy(fixture(version) / "state", service, fs::copy_options::recursive);
        for (const std::string& commit : {k_v100, k_v110, k_v130}) {
            fs::create_directories(service / "trees" / commit);
        }
        settings.state_dir = (folder.path() / "state").string();
        settings.root = folder.path().string();
        settings.current = "echo " + k_v110;
        settings.health_kind = config::HealthKind::none;
    }

    // What a script tells on the control channel.
    [[nodiscard]] std::vector<deploy::ControlLine>
    told_by(std::vector<std::string> words, const std::vector<std::string>& arguments) const {
        words.insert(words.end(), arguments.begin(), arguments.end());
        fs::remove(folder.path() / "said");
        wait_for(start_program(words, folder.path() / "said"));
        std::vector<deploy::ControlLine> told;
        deploy::ControlReader control("feed", [&](std::string_view word, std::string_view rest) {
            told.push_back({std::string(word), std::string(rest)});
        });
        control.feed(read_whole(folder.path() / "said"));
        INFO(control.noise());
        CHECK(!told.empty());
        return told;
    }

    [[nodiscard]] deploy::HostState answer(const std::vector<std::string>& shell,
                                           const std::string& script) const {
        const fs::path file = folder.path() / "script.sh";
        write_whole(file, script);
        return deploy::read_look(told_by(shell, {file.string()}));
    }

    // The present program, as a deploy leaves it there.
    void leave_program() const {
        const std::string marker = "#program\n";
        const std::string script = deploy::run_script(plan_of(settings));
        write_whole(service / "restore", script.substr(script.find(marker) + marker.size()));
    }

    TempFolder folder;
    fs::path service = folder.path() / "state/stage/loom-content";
    config::DeploySettings settings = command_settings();
};

std::vector<std::vector<std::string>> shells() {
    return {{"dash"}, {"bash", "--posix"}, {"busybox", "sh"}};
}

std::string names(const std::vector<deploy::Kept>& kept) {
    std::string all;
    for (const deploy::Kept& each : kept) {
        all += each.name + " ";
    }
    return all;
}

void check_older(const deploy::HostState& host) {
    CHECK(host.serves == "v1.1.0");
    CHECK(host.serving == k_run + "2");
    CHECK(host.commit == k_v110);
    CHECK(host.how == "rollback");
    CHECK(host.since.value_or(0) > 1'700'000'000);
    CHECK(host.second_step);
    CHECK(host.back.empty());
    CHECK(host.next == k_run + "1");
    CHECK(names(host.kept) == "v1.3.0 v1.1.0 v1.0.0 ");
    REQUIRE(host.kept.size() == 3);
    CHECK(host.kept[2].commit == k_v100);
    CHECK(host.kept[2].id == k_run + "1");
    CHECK(host.kept[2].how == "deploy");
    CHECK(host.kept[2].healthy == "unknown");
    CHECK(host.kept[2].kept_at > 1'700'000'000);
    REQUIRE(host.runs.size() == 1);
    CHECK(host.runs[0].id == k_run + "5");
    CHECK(host.runs[0].state == "unread");
}

} // namespace

TEST_CASE("What an older program kept on a host is seen and can be gone back to") {
    const std::string version = GENERATE("a6b57ca", "663dc21");
    CAPTURE(version);
    const OlderHost host(version);
    for (const auto& shell : shells()) {
        CAPTURE(shell);
        const auto look = [&](const std::string& to) {
            return host.answer(shell, deploy::look_script(host.settings, to, {"feed", 0}));
        };
        check_older(look(""));
        const deploy::HostState wanted = look("v1.3.0");
        REQUIRE(wanted.find_kept("v1.3.0") != nullptr);
        CHECK(wanted.find_kept("v1.3.0")->commit == k_v130);
        // a6b57ca kept no record: whoever looks does not begin one.
        CHECK(wanted.good_runs.size() == (version == "a6b57ca" ? 0 : 1));
    }
}

TEST_CASE("The program that an older release left on a host answers a look") {
    const std::string version = GENERATE("a6b57ca", "663dc21");
    CAPTURE(version);
    const OlderHost host(version);
    std::string program = read_whole(fixture(version) / "program-command.txt");
    const std::string current = "CURRENT='cat /run/loom-content.commit'";
    REQUIRE(program.find(current) != std::string::npos);
    program.replace(program.find(current), current.size(), "CURRENT='echo " + k_v110 + "'");
    write_whole(host.service / "restore", program);
    const deploy::RunPlace place{"-", "loom-content", "stage", host.settings.state_dir};
    for (const auto& shell : shells()) {
        CAPTURE(shell);
        const deploy::HostState seen =
            host.answer(shell, deploy::look_kept_script(place, "", {"feed", 0}));
        CHECK(seen.services == std::vector<std::string>{"loom-content"});
        CHECK(seen.serves == "v1.1.0");
        CHECK(seen.how == "rollback");
        CHECK(seen.second_step);
        CHECK(names(seen.kept) == "v1.3.0 v1.1.0 v1.0.0 ");
        CHECK(seen.runs.size() == 1);
    }
}

TEST_CASE("The present program answers an older client's look in the form that it reads") {
    const OlderHost host("663dc21");
    host.leave_program();
    const auto shell = GENERATE(from_range(shells()));
    CAPTURE(shell);
    // An older client names the channel and the version; the present one its protocol too.
    const auto ask = [&](std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), (host.service / "restore").string());
        return host.told_by(shell, arguments);
    };
    std::string capsule;
    std::string run;
    std::vector<deploy::ControlLine> older;
    for (const deploy::ControlLine& line : ask({"look", "feed", ""})) {
        capsule = line.word == "capsule" && capsule.empty() ? line.rest : capsule;
        run = line.word == "run" ? line.rest : run;
        if (line.word != "hello") {
            older.push_back(line);
        }
    }
    CHECK(split(capsule, ' ').size() == 8);
    CHECK(capsule.starts_with("v1.3.0 " + k_v130 + " " + k_run + "4 deploy "));
    CHECK(run == k_run + "5 unread -");
    check_older(deploy::read_look(older));
    check_older(deploy::read_look(ask({"look", "feed", "", "2"})));
    const deploy::RunPlace place{"-", "loom-content", "stage", host.settings.state_dir};
    check_older(host.answer(shell, deploy::look_kept_script(place, "", {"feed", 0})));
}

TEST_CASE("A version that a newer loomrel kept is said to be newer, one that is damaged damaged") {
    const OlderHost host("663dc21");
    const auto shell = GENERATE(from_range(shells()));
    CAPTURE(shell);
    const fs::path newer = host.service / "capsules" / (k_run + "8");
    fs::create_directories(newer);
    write_whole(newer / "manifest", "protocol=3\nid=" + k_run + "8\nversion={v9.9.9}\n");
    const fs::path damaged = host.service / "capsules" / (k_run + "7");
    fs::create_directories(damaged);
    write_whole(damaged / "capsule", "v1.4.0 " + k_v130);
    const deploy::HostState seen =
        host.answer(shell, deploy::look_script(host.settings, "", {"feed", 0}));
    CHECK(names(seen.kept) == "v1.3.0 v1.1.0 v1.0.0 ");
    REQUIRE(seen.unread.size() == 2);
    for (const deploy::UnreadRecord& unread : seen.unread) {
        CHECK(unread.what == k_run + (unread.newer ? "8" : "7"));
    }
    CHECK(seen.unread[0].newer != seen.unread[1].newer);
}

TEST_CASE("A version's manifest is read before the line beside it, whatever else it says") {
    const OlderHost host("663dc21");
    const auto shell = GENERATE(from_range(shells()));
    CAPTURE(shell);
    write_whole(host.service / "capsules" / (k_run + "4") / "manifest",
                "protocol=2\nid=" + k_run + "4\nname=v1.3.1\nlater=x y\ncommit=" + k_v130
                    + "\nhow=deploy\nseconds=1800000000\nhealth=yes\nprevious=" + k_run
                    + "2\npart=tree " + k_v130 + "\n");
    const deploy::HostState seen =
        host.answer(shell, deploy::look_script(host.settings, "", {"feed", 0}));
    CHECK(names(seen.kept) == "v1.3.1 v1.1.0 v1.0.0 ");
    REQUIRE(seen.find_kept("v1.3.1") != nullptr);
    CHECK(seen.find_kept("v1.3.1")->healthy == "yes");
    CHECK(seen.find_kept("v1.3.1")->kept_at == 1'800'000'000);
    CHECK(seen.unread.empty());
}

TEST_CASE("How a run of an older program ended is read from its status file") {
    const std::string version = GENERATE("a6b57ca", "663dc21");
    CAPTURE(version);
    const auto status_of = [&](const std::string& digit) {
        const fs::path file = fixture(version) / "state/runs" / (k_run + digit) / "status";
        return deploy::parse_end_status(read_whole(file), k_run + digit);
    };
    const auto good = status_of("2");
    REQUIRE(good);
    CHECK(good->good());
    CHECK(good->step == "keep");
    CHECK(good->serves == "v1.1.0");
    CHECK(good->switched);
    const auto failed = status_of("3");
    REQUIRE(failed);
    CHECK(failed->rc == 1);
    CHECK(failed->outcome == "failed");
    CHECK(failed->reason == "up_failed");
    CHECK(failed->serves == "v1.1.0");
    CHECK(failed->restored == "yes");
    CHECK(failed->log == "whole");
    CHECK(status_of("5")->good());
}

TEST_CASE("The journal of an older program's run tells its steps and why it failed") {
    const std::string version = GENERATE("a6b57ca", "663dc21");
    CAPTURE(version);
    const fs::path run = fixture(version) / "state/runs" / (k_run + "3");
    deploy::RunTranscript transcript;
    std::string output;
    deploy::JournalReader reader(
        std::string(trim(read_whole(run / "nonce"))),
        [&](const deploy::Record& record) { transcript.add(record); },
        [&](std::string_view bytes) { output += bytes; });
    reader.feed(read_whole(run / "out"));
    reader.finish();
    CHECK(output.empty());
    std::string steps;
    for (const deploy::StepRecord& step : transcript.steps()) {
        steps += step.name + (step.ok.value_or(false) ? " " : "! ");
    }
    CHECK(steps == "lock repository checkout prune adopt build up! restore ");
    CHECK(transcript.commit == "8ab634fee9234073267740b29c8368c8d1173d6b");
    CHECK(transcript.switched);
    CHECK(transcript.failed_code == 1);
    CHECK(transcript.failed_command.find("LOOMREL_TAG") != std::string::npos);
    CHECK(transcript.log_file == "/var/log/deployments/loom-content/v1.2.0.log");
}
