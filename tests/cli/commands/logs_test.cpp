#include "lib/base/file.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/command_world.hpp"
#include "tests/support/sshd.hpp"
#include "tests/support/text.hpp"

#include <nlohmann/json.hpp>

#include <filesystem>

using namespace loomrel;
using cli::ExitCode;
using nlohmann::json;
using test::CommandWorld;
using test::has;
using test::Sshd;

namespace {

// Stage hosts that are this machine: one that answers, with logs in a folder, and others by port.
struct LogWorld : CommandWorld {
    Sshd sshd;
    test::TempFolder folder;

    LogWorld() {
        outside.load_config = config::Config::load;
        outside.working_directory = folder.path();
        // It names hosts, so it is the operator's.
        outside.environment = {{"LOOMREL_LANG", "en"},
                               {"HOME", folder.path().string()},
                               {"LOOMREL_CONFIG", folder.path() / "loomrel.toml"},
                               {"LOOMREL_ENV_SERVERS",
                                "STAGE_USER=" + test::present_user()
                                    + "\nSTAGE_KEY_FILE=" + sshd.client_key().string() + "\n"}};
        std::filesystem::copy(sshd.known_hosts(), folder.path() / "loomrel.known_hosts");
        const std::filesystem::path logs = folder.path() / "log/api";
        std::filesystem::create_directories(logs);
        write_file_atomically(logs / "v1.0.0.log", "one\ntwo\n", 0644);
    }

    [[nodiscard]] static std::string host(std::uint16_t port) {
        return test::present_user() + "@127.0.0.1:" + std::to_string(port);
    }

    void use_ports(const std::vector<std::uint16_t>& ports) const {
        json hosts = json::array();
        for (const std::uint16_t port : ports) {
            hosts.push_back(host(port));
        }
        test::write_whole(
            folder.path() / "loomrel.toml",
            "language = \"en\"\n[deploy]\nlog_root = \"" + (folder.path() / "log").string()
                + "\"\nstate_dir = \"" + (folder.path() / "state").string()
                + "\"\n[services.api]\n[environments.stage]\nhosts = " + hosts.dump() + "\n");
    }

    [[nodiscard]] std::string code() const {
        return json::parse(io.out_text)["error"]["code"].get<std::string>();
    }
};

} // namespace

#define SKIP_WITHOUT_SSHD()                                                                        \
    if (!Sshd::is_available()) {                                                                   \
        WARN("no sshd here: not tested");                                                          \
        return;                                                                                    \
    }

TEST_CASE("logs of a host that is down do not hide those of the others") {
    SKIP_WITHOUT_SSHD();
    LogWorld world;
    const std::uint16_t silent = test::free_port();
    world.use_ports({silent, world.sshd.port()});
    CHECK(world.run({"logs", "--tag", "v1.0.0"}) == ExitCode::ok);
    CHECK(world.io.out_text == "one\ntwo\n");
    CHECK(has(world.io.err_text, "Error: "));
    CHECK(has(world.io.err_text, LogWorld::host(silent)));

    CHECK(world.run({"logs", "--tag", "v1.0.0", "--json"}) == ExitCode::ok);
    const json hosts = json::parse(world.io.out_text)["hosts"];
    REQUIRE(hosts.size() == 2);
    CHECK(hosts[0]["host"] == LogWorld::host(silent));
    CHECK(hosts[0]["error"]["code"] == "host_unreachable");
    CHECK(hosts[1]["host"] == LogWorld::host(world.sshd.port()));
    CHECK(hosts[1]["log"] == (world.folder.path() / "log/api/v1.0.0.log").string());
    CHECK(hosts[1]["text"] == "one\ntwo\n");

    world.use_ports({silent, test::free_port()});
    CHECK(world.run({"logs"}) == ExitCode::no_host);
}

TEST_CASE("logs of one host are its text and nothing else, or one object, or why there are none") {
    SKIP_WITHOUT_SSHD();
    LogWorld world;
    world.use_ports({world.sshd.port()});
    CHECK(world.run({"logs"}) == ExitCode::ok);
    CHECK(world.io.out_text == "one\ntwo\n");
    CHECK(world.run({"logs", "--json"}) == ExitCode::ok);
    CHECK(json::parse(world.io.out_text)["hosts"][0]["text"] == "one\ntwo\n");
    CHECK(world.run({"logs", "--tag", "v9.0.0", "--json"}) == ExitCode::run_failed);
    CHECK(world.code() == "no_log");
}

TEST_CASE("logs of a run that no host has is a usage error with or without a ledger") {
    SKIP_WITHOUT_SSHD();
    LogWorld world;
    world.use_ports({world.sshd.port()});
    const std::string run = "0c0137da-bac7-4ff5-a548-dd16357dcc2e";
    CHECK(world.run({"logs", "--run", run, "--json"}) == ExitCode::usage);
    CHECK(world.code() == "run_not_found");
    world.ledger.broken = Error(ErrorKind::ledger, "ledger_away", {"нет связи", "no link"});
    CHECK(world.run({"logs", "--run", run, "--json"}) == ExitCode::usage);
    CHECK(world.code() == "run_not_found");
    CHECK(has(world.io.err_text, "no link"));
    CHECK(has(world.io.err_text, LogWorld::host(world.sshd.port())));

    CHECK(world.run({"logs", "--run", "../../etc", "--json"}) == ExitCode::usage);
    CHECK(world.code() == "run_not_found");
}

TEST_CASE("logs refuses flags that do not go together before it asks anybody") {
    CommandWorld world;
    const auto code = [&](const std::vector<std::string>& words) {
        CHECK(world.run(words) == ExitCode::usage);
        return json::parse(world.io.out_text)["error"]["code"].get<std::string>();
    };
    CHECK(code({"logs", "--json", "--run", "x", "--tag", "v1.0.0"}) == "run_or_tag");
    CHECK(code({"logs", "--json", "-f"}) == "follow_json");
    CHECK(world.run({"logs", "--lang", "en", "--tag", "../x"}) == ExitCode::usage);
    CHECK_FALSE(has(world.io.err_text, "branch"));
    CHECK(world.run({"logs", "--lang", "en", "--env", "dev", "--tag", "../x"}) == ExitCode::usage);
    CHECK(has(world.io.err_text, "branch"));
    CHECK(world.ledger.opened == 0);
}
