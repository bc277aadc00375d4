#include "lib/base/error.hpp"
#include "lib/deploy/host_scripts.hpp"
#include "lib/deploy/script.hpp"
#include "tests/lib/deploy/plans.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/process.hpp"

#include <sys/wait.h>

using namespace loomrel;
using namespace loomrel::test;

namespace {

const deploy::ChannelMark k_mark{"feedfacefeedface", 0};

bool passes(const std::vector<std::string>& command, const std::string& text) {
    const TempFolder folder;
    const auto script = folder.path() / "script.sh";
    write_whole(script, text);
    std::vector<std::string> words = command;
    words.push_back(script.string());
    const int status = wait_for(start_program(words, folder.path() / "said"));
    INFO(read_whole(folder.path() / "said"));
    CHECK(status == 0);
    return status == 0;
}

std::vector<std::string> all_scripts() {
    const auto compose = plan_of(compose_settings());
    const auto command = plan_of(command_settings(), tag_request(), Language::en);
    return {deploy::run_script(compose),
            deploy::run_script(command),
            deploy::start_script(compose, k_mark),
            deploy::start_script(command, k_mark),
            deploy::attach_script({"run-1", "loom-content", "stage", ""}, k_mark),
            deploy::look_script(compose_settings(), "", k_mark),
            deploy::doctor_script(compose_settings(), k_mark),
            deploy::logs_script(compose_settings(), "v1.2.3", true, k_mark)};
}

} // namespace

TEST_CASE("the scripts of both engines are the ones that were looked at") {
    check_golden("run-compose", deploy::run_script(plan_of(compose_settings())));
    check_golden("run-command",
                 deploy::run_script(plan_of(command_settings(), tag_request(), Language::en)));
    check_golden("start-compose", deploy::start_script(plan_of(compose_settings()), k_mark));
    check_golden("attach",
                 deploy::attach_script({"run-1", "loom-content", "stage", "/srv/state"}, k_mark));
}

TEST_CASE("what a channel is opened for is a word that the host knows") {
    const deploy::RunPlace place{"run-1", "loom-content", "stage", "/srv/state"};
    const auto compose = plan_of(compose_settings());
    const std::vector<std::pair<std::string, std::string>> opened{
        {"start", deploy::start_script(compose, k_mark)},
        {"cancel_if_absent", deploy::attach_script(place, k_mark, true)}};
    for (const auto& [mode, script] : opened) {
        CAPTURE(mode);
        CHECK(script.find("MODE=" + mode + "\n") != std::string::npos);
        CHECK(script.find("[ \"$MODE\" = " + mode + " ]") != std::string::npos);
    }
}

TEST_CASE("a branch's script names the branch and its own log") {
    deploy::Request request = tag_request();
    request.tag = "";
    request.branch = "feature/new-feature";
    config::DeploySettings settings = compose_settings();
    settings.environment = "dev";
    const deploy::Plan plan = plan_of(settings, request);
    CHECK(plan.log_path == "dev/loom-content/feature-new-feature.log");
    CHECK(plan.ref() == "refs/remotes/origin/feature/new-feature");
    check_golden("run-branch", deploy::run_script(plan));
}

TEST_CASE("every script is clean by shellcheck") {
    if (std::system("command -v shellcheck >/dev/null") != 0) {
        WARN("shellcheck is not here");
        return;
    }
    for (const std::string& script : all_scripts()) {
        // What is assigned for some engines only, or called through a variable; -O and -ef, which
        // every shell that we meet knows.
        CHECK(passes({"shellcheck",
                      "-s",
                      "sh",
                      "-S",
                      "warning",
                      "-e",
                      "SC2034,SC2046,SC2154,SC2317,SC3013,SC3067"},
                     script));
    }
}

TEST_CASE("every script is read by dash, bash and busybox") {
    for (const std::string& script : all_scripts()) {
        for (const std::vector<std::string>& shell : {std::vector<std::string>{"dash", "-n"},
                                                      {"bash", "--posix", "-n"},
                                                      {"busybox", "sh", "-n"}}) {
            CHECK(passes(shell, script));
        }
    }
}

TEST_CASE(
    "what is embedded is the shell's files without their comments, and nothing else is gone") {
    // As bash reads them: functions, here-documents in them, and variables.
    const std::string told = "before=$(compgen -v | sort); . \"$1\"; declare -f; "
                             "for v in $(comm -13 <(echo \"$before\") <(compgen -v | sort)); do "
                             "declare -p \"$v\"; done";
    const TempFolder folder;
    const auto all = folder.path() / "all.sh";
    for (const auto& [name, text] : {std::pair{"lock", deploy::k_host_lock},
                                     {"lay", deploy::k_host_lay},
                                     {"boot", deploy::k_host_boot},
                                     {"run", deploy::k_host_run},
                                     {"view", deploy::k_host_view},
                                     {"tree", deploy::k_host_tree},
                                     {"git", deploy::k_host_git},
                                     {"versions", deploy::k_host_versions},
                                     {"health", deploy::k_host_health},
                                     {"hooks", deploy::k_host_hooks},
                                     {"capsule", deploy::k_host_capsule},
                                     {"prune", deploy::k_host_prune},
                                     {"record", deploy::k_host_record},
                                     {"back", deploy::k_host_back},
                                     {"command", deploy::k_host_command},
                                     {"compose", deploy::k_host_compose},
                                     {"compose_verify", deploy::k_host_compose_verify},
                                     {"compose_kept", deploy::k_host_compose_kept},
                                     {"compose_hold", deploy::k_host_compose_hold},
                                     {"look", deploy::k_host_look},
                                     {"kept", deploy::k_host_kept},
                                     {"doctor", deploy::k_host_doctor},
                                     {"logs", deploy::k_host_logs}}) {
        CAPTURE(name);
        write_whole(all, std::string(text));
        const std::string path = LOOMREL_SOURCE_DIR "/lib/deploy/host/" + std::string(name) + ".sh";
        CHECK(run_program({"bash", "-c", told, "-", all.string()})
              == run_program({"bash", "-c", told, "-", path}));
        CHECK(text.find("\n#") == std::string_view::npos);
    }
}

TEST_CASE("hostile values stay values") {
    config::DeploySettings settings = command_settings();
    settings.dir = "a'b; $(touch /tmp/owned) `x`";
    settings.up = "echo '\"$HOME\"'";
    deploy::Request request = tag_request();
    request.by = "it's \"me\" $(id) \\";
    CHECK(passes({"dash", "-n"}, deploy::start_script(plan_of(settings, request), k_mark)));
    const std::string script = deploy::run_script(plan_of(settings, request));
    CHECK(script.find("TREE='a'\\''b; $(touch /tmp/owned) `x`'") != std::string::npos);
}

TEST_CASE("the spec's logs lie where the spec says") {
    const config::DeploySettings stage = compose_settings();
    config::DeploySettings prod = stage;
    prod.environment = "prod";
    using store::RunKind;
    CHECK(deploy::log_path(stage, RunKind::deploy, "v1.2.3") == "loom-content/v1.2.3.log");
    CHECK(deploy::log_path(prod, RunKind::deploy, "v1.2.3")
          == "production/loom-content/v1.2.3-prod.log");
    CHECK(deploy::log_path(prod, RunKind::rollback, "v1.2.2")
          == "rollback/loom-content/v1.2.2-rollback.log");
}

TEST_CASE("the command engine without its commands is refused before anything starts") {
    config::DeploySettings settings = command_settings();
    settings.current = "";
    CHECK_THROWS_AS(plan_of(settings), Error);
    settings = command_settings();
    settings.health_kind = config::HealthKind::unset;
    CHECK_THROWS_AS(plan_of(settings), Error);
}

TEST_CASE("a script stays small enough to travel at once") {
    // It is compressed on its way. Segments have 1448 bytes: a fresh connection sends ten, then
    // twenty (RFC 6928, slow start), so up to thirty are two flights, as eleven are.
    const TempFolder folder;
    const auto file = folder.path() / "script.sh";
    const auto packed = folder.path() / "packed";
    write_whole(file, deploy::start_script(plan_of(compose_settings()), k_mark));
    REQUIRE(wait_for(start_program({"gzip", "-c", file.string()}, packed)) == 0);
    CHECK(read_whole(packed).size() < 24 * 1448);
}
