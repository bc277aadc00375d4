#include "cli/commands/trust.hpp"
#include "lib/base/file.hpp"
#include "lib/operations/host_argument.hpp"
#include "lib/ssh/ssh.hpp"
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

// A folder with a configuration in it, a host that is a real sshd, and a command's surroundings.
struct Trusting {
    Sshd sshd;
    test::TempFolder folder;
    CommandWorld world;
    std::filesystem::path known_hosts = folder.path() / "loomrel.known_hosts";

    Trusting() { world.config.toml_path = folder.path() / "loomrel.toml"; }

    std::string host() const {
        return test::present_user() + "@127.0.0.1:" + std::to_string(sshd.port());
    }

    std::string file() const { return read_file(known_hosts).value_or(""); }
};

} // namespace

#define SKIP_WITHOUT_SSHD()                                                                        \
    if (!Sshd::is_available()) {                                                                   \
        WARN("no sshd here: not tested");                                                          \
        return;                                                                                    \
    }

TEST_CASE("a host is written with or without user and port, and nothing else passes") {
    const auto all = [](const std::string& text) {
        const operations::HostArgument host = operations::parse_host_argument(text);
        return host.user.value_or("-") + " " + host.address + " "
               + (host.port ? std::to_string(*host.port) : "-");
    };
    CHECK(all("example.org") == "- example.org -");
    CHECK(all("192.168.1.30:2222") == "- 192.168.1.30 2222");
    CHECK(all("deploy@example.org:22") == "deploy example.org 22");
    CHECK(all("fe80::1") == "- fe80::1 -");
    CHECK(all("root@[fe80::1%eth0]:22") == "root fe80::1%eth0 22");
    CHECK(all("[::1]") == "- ::1 -");
    for (const std::string text : {"",
                                   "@host",
                                   "root@",
                                   "host:",
                                   "host:0",
                                   "host:65536",
                                   "host:ssh",
                                   "host:-1",
                                   "[::1",
                                   "[::1]22",
                                   "[]:22",
                                   "-oProxyCommand=x",
                                   "root@-x",
                                   "a b",
                                   "a;b",
                                   "a\nb",
                                   "$(id)",
                                   "ssh://host"}) {
        CAPTURE(text);
        try {
            static_cast<void>(operations::parse_host_argument(text));
            FAIL_CHECK("was taken");
        } catch (const Error& error) {
            CHECK(error.kind() == ErrorKind::usage);
            CHECK(error.code() == "bad_host");
        }
    }
}

TEST_CASE("a password typed with the host is refused and never shown") {
    CommandWorld world;
    for (const char* host : {"root:secretword@host", "root:secret@word@host:22", ":secretword@h"}) {
        CHECK(world.run({"--lang", "en", "rollback", "--host", host, "--yes"}) == ExitCode::usage);
        CHECK(has(world.io.err_text, "a password does not stand in a host's address"));
        CHECK_FALSE(has(world.io.err_text + world.io.out_text, "word@"));
    }
}

TEST_CASE("trust shows a new host's fingerprint, and after a yes pins it") {
    SKIP_WITHOUT_SSHD();
    Trusting t;
    t.world.io.prompts = true;
    t.world.io.typed = {"yes"};
    CHECK(t.world.run({"trust", t.host()}) == ExitCode::ok);
    CHECK(has(t.world.io.out_text, t.host()));
    CHECK(has(t.world.io.out_text, t.sshd.fingerprint()));
    CHECK(has(t.world.io.out_text, "ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub"));
    CHECK(has(t.world.io.err_text, t.known_hosts.string())); // the question
    ssh::Endpoint endpoint = t.sshd.endpoint();
    endpoint.known_hosts = t.known_hosts;
    static_cast<void>(ssh::connect(endpoint, Milliseconds(10'000)));

    const std::string before = t.file();
    CHECK(t.world.run({"trust", t.host()}) == ExitCode::ok); // asks no more
    CHECK(has(t.world.io.out_text, "pinned already"));
    CHECK(t.world.io.err_text.empty());
    CHECK(t.file() == before);
}

TEST_CASE("trust pins nothing after a no, without a terminal, or in a dry run") {
    SKIP_WITHOUT_SSHD();
    Trusting t;
    SECTION("a no") {
        t.world.io.prompts = true;
        t.world.io.typed = {"no"};
        CHECK(t.world.run({"trust", t.host()}) == ExitCode::refused);
    }
    SECTION("the input ends") {
        t.world.io.prompts = true;
        CHECK(t.world.run({"trust", t.host()}) == ExitCode::refused);
    }
    SECTION("no terminal") {
        t.world.io.typed = {"yes"};
        CHECK(t.world.run({"trust", t.host()}) == ExitCode::refused);
        CHECK(has(t.world.io.err_text, "--yes"));
        CHECK(has(t.world.io.out_text, t.sshd.fingerprint()));
    }
    SECTION("no terminal, for a machine") {
        CHECK(t.world.run({"trust", t.host(), "--json"}) == ExitCode::refused);
        CHECK(json::parse(t.world.io.out_text)["error"]["code"] == "confirmation_needed");
        CHECK(has(t.world.io.err_text, t.sshd.fingerprint()));
    }
    SECTION("a dry run") {
        CHECK(t.world.run({"trust", t.host(), "--dry-run", "--yes"}) == ExitCode::ok);
        CHECK(has(t.world.io.out_text, t.sshd.fingerprint()));
        CHECK(has(t.world.io.out_text, "Would be pinned"));
    }
    CHECK_FALSE(std::filesystem::exists(t.known_hosts));
}

TEST_CASE("trust tells the old and the new fingerprint of a changed key, and replaces it") {
    SKIP_WITHOUT_SSHD();
    Trusting t;
    test::write_whole(t.known_hosts, "# ours\n");
    CHECK(t.world.run({"trust", t.host(), "--yes"}) == ExitCode::ok);
    const std::string before = t.sshd.fingerprint();
    t.sshd.change_host_keys();
    CHECK(t.world.run({"trust", t.host(), "-y", "--json"}) == ExitCode::ok);
    CHECK(has(t.world.io.err_text, before));
    CHECK(has(t.world.io.err_text, t.sshd.fingerprint()));
    const json result = json::parse(t.world.io.out_text);
    CHECK(result["known_hosts"] == t.known_hosts.string());
    CHECK(result["ok"] == true);
    REQUIRE(result["hosts"].size() == 1);
    const json host = result["hosts"][0];
    CHECK(host["host"] == t.host());
    CHECK(host["state"] == "changed");
    CHECK(host["type"] == "ssh-ed25519");
    CHECK(host["fingerprint"] == t.sshd.fingerprint());
    CHECK(host["before"] == json::array({before}));
    CHECK(host["pinned"] == true);
    CHECK(has(t.file(), "# ours\n"));
    const std::string text = t.file();
    CHECK(std::count(text.begin(), text.end(), '\n') == 2);
}

TEST_CASE("trust never pins a revoked key") {
    SKIP_WITHOUT_SSHD();
    Trusting t;
    const std::string revoked = "@revoked " + read_file(t.sshd.known_hosts()).value_or("");
    test::write_whole(t.known_hosts, revoked);
    CHECK(t.world.run({"trust", t.host(), "--yes"}) == ExitCode::no_host);
    CHECK(has(t.world.io.out_text, "@revoked"));
    CHECK(t.file() == revoked);
}

TEST_CASE("trust of a host that is down ends with the exit code for hosts") {
    SKIP_WITHOUT_SSHD();
    Trusting t;
    t.sshd.stop();
    CHECK(t.world.run({"trust", t.host(), "--yes"}) == ExitCode::no_host);
    CHECK(has(t.world.io.out_text, t.host()));
    CHECK_FALSE(std::filesystem::exists(t.known_hosts));
    CHECK(t.world.run({"trust", "no host"}) == ExitCode::usage);
    CHECK(t.world.run({"trust"}) == ExitCode::usage);
}

TEST_CASE("trust of an environment takes its hosts and their pins from the configuration") {
    SKIP_WITHOUT_SSHD();
    Trusting t;
    const Sshd prod;
    test::write_whole(t.folder.path() / "loomrel.toml", "language = \"en\"\n");
    const std::filesystem::path servers = t.folder.path() / ".env.servers";
    const auto with_pin = [&](const std::string& pin) {
        test::write_whole(servers,
                          "STAGE_HOST=127.0.0.1\nSTAGE_PORT=" + std::to_string(t.sshd.port())
                              + "\nPROD_HOST=127.0.0.1\nPROD_PORT=" + std::to_string(prod.port())
                              + "\nPROD_HOST_KEY=" + pin + "\n");
        std::filesystem::permissions(servers, std::filesystem::perms(0600));
    };
    t.world.outside.working_directory = t.folder.path();
    t.world.outside.load_config = config::Config::load;

    with_pin(prod.fingerprint());
    CHECK(t.world.run({"trust", "stage", "--yes"}) == ExitCode::ok);
    CHECK(has(t.file(), "[127.0.0.1]:" + std::to_string(t.sshd.port())));
    CHECK(t.world.run({"trust", "prod", "--yes"}) == ExitCode::ok);
    CHECK(has(t.world.io.out_text, "pinned already"));

    // The pin in .env.servers goes before the file, also when the host is typed.
    const std::string other = "SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    with_pin(other);
    for (const std::string& target :
         {std::string("prod"), "127.0.0.1:" + std::to_string(prod.port())}) {
        CAPTURE(target);
        CHECK(t.world.run({"trust", target, "--yes"}) == ExitCode::no_host);
        CHECK(has(t.world.io.out_text, other));
        CHECK(has(t.world.io.out_text, "_HOST_KEY"));
        CHECK_FALSE(has(t.file(), "]:" + std::to_string(prod.port())));
    }
}
