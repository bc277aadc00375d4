#include "lib/ssh/known_hosts.hpp"
#include "tests/lib/ssh/session.hpp"

#include <filesystem>
#include <string>

using namespace loomrel;
using namespace std::chrono_literals;
using test::error_of;
using test::holds;
using test::Sshd;

namespace {

// The server's log has a line for every log-in that was tried.
bool nobody_tried_to_log_in(const Sshd& sshd) {
    return !holds(sshd.log(), "Accepted") && !holds(sshd.log(), "Failed")
           && !holds(sshd.log(), "userauth-request");
}

constexpr const char* k_key_a =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl";
constexpr const char* k_key_b =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKtUdyVMVnRqDPWTyLG8R1BUIqkGuGmVTSnYVSpmHBdx";

ssh::Endpoint at(const std::string& host, std::uint16_t port, const std::filesystem::path& file) {
    ssh::Endpoint endpoint;
    endpoint.host = host;
    endpoint.port = port;
    endpoint.known_hosts = file;
    return endpoint;
}

// The key of a line, as the file is read.
ssh::HostKey
key_of(const std::string& key, const std::string& name, const test::TempFolder& folder) {
    const std::filesystem::path file = folder.path() / "one_key";
    test::write_whole(file, name + " " + key + "\n");
    ssh::Endpoint endpoint = at("any", 22, file);
    if (name.starts_with("[")) {
        endpoint = at(name.substr(1, name.find(']') - 1),
                      static_cast<std::uint16_t>(std::stoi(name.substr(name.find("]:") + 2))),
                      file);
    } else {
        endpoint.host = name;
    }
    const auto keys = ssh::known_keys(file, endpoint);
    REQUIRE(keys.size() == 1);
    return keys.front().key;
}

} // namespace

TEST_CASE("A host that nobody vouches for is refused before anything is sent") {
    SKIP_WITHOUT_SSHD();
    const Sshd sshd({.config = {"LogLevel DEBUG2"}, .host_key_types = {"ed25519"}});
    ssh::Endpoint endpoint = sshd.endpoint();
    SECTION("no file is given") {
        endpoint.known_hosts.clear();
    }
    SECTION("the file does not exist") {
        endpoint.known_hosts = sshd.folder() / "none";
    }
    SECTION("the file knows others") {
        test::write_whole(endpoint.known_hosts, std::string("127.0.0.1 ") + k_key_a + "\n");
    }
    const Error error = error_of([&] { static_cast<void>(ssh::connect(endpoint, 10s)); });
    CHECK(error.kind() == ErrorKind::no_host);
    CHECK(error.code() == "host_key_unknown");
    CHECK(holds(error.message().en, endpoint.shown()));
    CHECK(holds(error.message().en, sshd.fingerprint()));
    CHECK(holds(error.hint().en, "loomrel trust " + endpoint.shown()));
    CHECK(nobody_tried_to_log_in(sshd));
}

TEST_CASE("A changed host key is refused before anything is sent, with both fingerprints") {
    SKIP_WITHOUT_SSHD();
    Sshd sshd({.config = {"LogLevel DEBUG2"}, .host_key_types = {"ed25519"}});
    static_cast<void>(ssh::connect(sshd.endpoint(), 10s));
    const std::string before = sshd.fingerprint();
    std::filesystem::remove(sshd.folder() / "log");
    sshd.change_host_keys();
    REQUIRE(sshd.fingerprint() != before);

    const Error error = error_of([&] { static_cast<void>(ssh::connect(sshd.endpoint(), 10s)); });
    CHECK(error.kind() == ErrorKind::no_host);
    CHECK(error.code() == "host_key_changed");
    CHECK(holds(error.message().en, before));
    CHECK(holds(error.message().en, sshd.fingerprint()));
    CHECK(holds(error.message().ru, sshd.fingerprint()));
    CHECK(holds(error.hint().en, "loomrel trust"));
    CHECK(nobody_tried_to_log_in(sshd));

    // The new key is pinned in the old one's place, and all is well again.
    const ssh::HostKey key = ssh::fetch_host_key(sshd.endpoint(), 10s);
    CHECK(ssh::look_up(sshd.endpoint(), key) == ssh::Trust::changed);
    ssh::pin(sshd.known_hosts(), sshd.endpoint(), key);
    CHECK(ssh::look_up(sshd.endpoint(), key) == ssh::Trust::known);
    static_cast<void>(ssh::connect(sshd.endpoint(), 10s));
}

TEST_CASE("A pin decides alone: known_hosts is not asked") {
    SKIP_WITHOUT_SSHD();
    const Sshd sshd({.config = {"LogLevel DEBUG2"}, .host_key_types = {"ed25519"}});
    ssh::Endpoint endpoint = sshd.endpoint();
    SECTION("a matching pin lets in without the file") {
        endpoint.known_hosts.clear();
        endpoint.pins = {"SHA256:somethingelse", sshd.fingerprint() + "="};
        static_cast<void>(ssh::connect(endpoint, 10s));
    }
    SECTION("a wrong pin refuses though the file knows the key") {
        endpoint.pins = {"SHA256:somethingelse"};
        const Error error = error_of([&] { static_cast<void>(ssh::connect(endpoint, 10s)); });
        CHECK(error.code() == "host_key_changed");
        CHECK(holds(error.message().en, "SHA256:somethingelse"));
        CHECK(holds(error.message().en, sshd.fingerprint()));
        CHECK(holds(error.hint().en, "_HOST_KEY"));
        CHECK(nobody_tried_to_log_in(sshd));
    }
    SECTION("an empty pin matches nothing") {
        endpoint.pins = {""};
        CHECK(error_of([&] { static_cast<void>(ssh::connect(endpoint, 10s)); }).code()
              == "host_key_changed");
    }
}

TEST_CASE("A host with several keys is asked for the one that is known or pinned") {
    SKIP_WITHOUT_SSHD();
    const Sshd sshd({.config = {}, .host_key_types = {"ed25519", "ecdsa", "rsa"}});
    ssh::Endpoint endpoint = sshd.endpoint();
    for (const std::string type : {"ed25519", "ecdsa", "rsa"}) {
        CAPTURE(type);
        endpoint.pins.clear();
        const std::string line = test::read_whole(sshd.folder() / ("host_" + type + ".pub"));
        test::write_whole(endpoint.known_hosts,
                          "[127.0.0.1]:" + std::to_string(sshd.port()) + " " + line);
        CHECK(ssh::fetch_host_key(endpoint, 10s).fingerprint == sshd.fingerprint(type));
        static_cast<void>(ssh::connect(endpoint, 10s));

        endpoint.pins = {sshd.fingerprint(type)};
        test::write_whole(endpoint.known_hosts, "");
        static_cast<void>(ssh::connect(endpoint, 10s));
    }
}

TEST_CASE("A host whose known type is gone shows another, and that is a change") {
    SKIP_WITHOUT_SSHD();
    const Sshd sshd({.config = {}, .host_key_types = {"ecdsa"}});
    const ssh::Endpoint endpoint = sshd.endpoint();
    test::write_whole(endpoint.known_hosts,
                      "[127.0.0.1]:" + std::to_string(sshd.port()) + " " + k_key_a + "\n");
    CHECK(error_of([&] { static_cast<void>(ssh::connect(endpoint, 10s)); }).code()
          == "host_key_changed");
}

TEST_CASE("The key that a host shows is described as ssh-keygen does") {
    SKIP_WITHOUT_SSHD();
    const Sshd sshd;
    const ssh::HostKey key = ssh::fetch_host_key(sshd.endpoint(), 10s);
    CHECK(key.type == "ssh-ed25519");
    CHECK(key.fingerprint == sshd.fingerprint());
    const std::string line = test::read_whole(sshd.known_hosts());
    CHECK(line.starts_with(key.line));
}

TEST_CASE("known_hosts is read with names, ports, patterns, hashes, markers and rubbish") {
    const test::TempFolder folder;
    const std::filesystem::path file = folder.path() / "known_hosts";
    const ssh::HostKey a = key_of(k_key_a, "example.org", folder);
    const ssh::HostKey b = key_of(k_key_b, "example.org", folder);
    const auto trust =
        [&](const std::string& text, const ssh::HostKey& key, std::uint16_t port = 22) {
            test::write_whole(file, text);
            return ssh::look_up(at("Example.org", port, file), key);
        };
    const std::string plain = std::string("example.org ") + k_key_a;
    using ssh::Trust;
    CHECK(trust("", a) == Trust::unknown);
    CHECK(trust(plain + "\n", a) == Trust::known);
    CHECK(trust(plain, a) == Trust::known);
    CHECK(trust(plain + " a comment\r\n", a) == Trust::known);
    CHECK(trust(plain + "\n", b) == Trust::changed);
    CHECK(trust(plain + "\n", a, 2222) == Trust::unknown);
    CHECK(trust(std::string("[example.org]:2222 ") + k_key_a + "\n", a, 2222) == Trust::known);
    CHECK(trust(std::string("[example.org]:2222 ") + k_key_a + "\n", a) == Trust::unknown);
    CHECK(trust(std::string("other,example.org\t") + k_key_a + "\n", a) == Trust::known);
    CHECK(trust(std::string("*.org ") + k_key_a + "\n", a) == Trust::known);
    CHECK(trust(std::string("*.org,!example.org ") + k_key_a + "\n", a) == Trust::unknown);
    CHECK(trust("# " + plain + "\n", a) == Trust::unknown);
    CHECK(trust("rubbish\n\nexample.org ssh-ed25519 AAAA\n" + plain + "\n", a) == Trust::known);
    CHECK(trust("example.org ssh-ed25519 AAAA\n", a) == Trust::unknown);
    CHECK(trust("@cert-authority " + plain + "\n", a) == Trust::unknown);
    CHECK(trust("@revoked " + plain + "\n", a) == Trust::changed);
    CHECK(trust(plain + "\n@revoked " + plain + "\n", a) == Trust::changed);
    CHECK(trust(std::string("example.org ") + k_key_b + "\n" + plain + "\n", a) == Trust::known);
}

TEST_CASE("A known_hosts file that cannot be read is told, not taken for empty") {
    const test::TempFolder folder;
    const std::filesystem::path file = folder.path() / "known_hosts";
    std::filesystem::create_directory(file);
    const Error error =
        error_of([&] { static_cast<void>(ssh::known_keys(file, at("example.org", 22, file))); });
    CHECK(error.kind() == ErrorKind::config);
    CHECK(holds(error.message().en, file.string()));
}

TEST_CASE("Pinning adds a line, replaces the host's own, and leaves all others alone") {
    const test::TempFolder folder;
    const std::filesystem::path file = folder.path() / "loomrel.known_hosts";
    const ssh::HostKey a = key_of(k_key_a, "[example.org]:2222", folder);
    const ssh::Endpoint endpoint = at("example.org", 2222, file);
    const std::string line_a = std::string("[example.org]:2222 ") + k_key_a;
    const std::string line_b = std::string("[example.org]:2222 ") + k_key_b;
    const auto after = [&](const std::string& before) {
        test::write_whole(file, before);
        ssh::pin(file, endpoint, a);
        CHECK(ssh::look_up(endpoint, a) == ssh::Trust::known);
        return test::read_whole(file);
    };

    SECTION("no file yet") {
        ssh::pin(file, endpoint, a);
        CHECK(test::read_whole(file) == line_a + "\n");
        const auto mode = std::filesystem::status(file).permissions();
        CHECK((mode & std::filesystem::perms::others_read) != std::filesystem::perms::none);
    }
    SECTION("comments, blank lines and other hosts stay") {
        const std::string others =
            std::string("# our hosts\n\nexample.org ") + k_key_b + " standard port\nrubbish";
        CHECK(after(others) == others + "\n" + line_a + "\n");
    }
    SECTION("the old key's place is taken") {
        CHECK(after("# one\n" + line_b + " old\n# two\n") == "# one\n" + line_a + "\n# two\n");
    }
    SECTION("every other key of this host goes") {
        CHECK(after(line_b + "\n# between\n" + line_b + "\n") == line_a + "\n# between\n");
    }
    SECTION("a key that is there stays as it is written") {
        CHECK(after("# x\n" + line_a + " comment\n") == "# x\n" + line_a + " comment\n");
    }
    SECTION("another host on the same line keeps its key") {
        CHECK(after("other,[example.org]:2222 " + std::string(k_key_b) + " both\n")
              == "other " + std::string(k_key_b) + " both\n" + line_a + "\n");
    }
    SECTION("a pattern stands for more than this host") {
        const std::string pattern = std::string("[*.org]:2222 ") + k_key_b + "\n";
        CHECK(after(pattern) == pattern + line_a + "\n");
    }
    SECTION("a revoked key stays revoked") {
        const std::string revoked = "@revoked " + line_b + "\n";
        CHECK(after(revoked) == revoked + line_a + "\n");
    }
    SECTION("a link is followed, not replaced") {
        const std::filesystem::path target = folder.path() / "target";
        test::write_whole(target, "# kept\n");
        std::filesystem::create_symlink(target, file);
        ssh::pin(file, endpoint, a);
        CHECK(std::filesystem::is_symlink(file));
        CHECK(test::read_whole(target) == "# kept\n" + line_a + "\n");
    }
}

TEST_CASE("A hashed line of this host is replaced too") {
    const test::TempFolder folder;
    const std::filesystem::path file = folder.path() / "known_hosts";
    test::write_whole(file, std::string("example.org ") + k_key_b + "\n");
    test::run_program({"ssh-keygen", "-q", "-H", "-f", file.string()});
    REQUIRE(test::read_whole(file).starts_with("|1|"));
    const ssh::HostKey a = key_of(k_key_a, "example.org", folder);
    const ssh::Endpoint endpoint = at("example.org", 22, file);
    CHECK(ssh::look_up(endpoint, a) == ssh::Trust::changed);
    ssh::pin(file, endpoint, a);
    CHECK(test::read_whole(file) == std::string("example.org ") + k_key_a + "\n");
}

TEST_CASE("A host key of RSA under 2048 bits proves nothing, also if it is pinned") {
    SKIP_WITHOUT_SSHD();
    const test::TempFolder folder;
    const std::string file = (folder.path() / "host").string();
    test::run_program({"ssh-keygen", "-q", "-t", "rsa", "-b", "1024", "-N", "", "-f", file});
    const Sshd sshd({.config = {"HostKey " + file}, .host_key_types = {}});
    ssh::Endpoint endpoint = sshd.endpoint();
    SECTION("by its fingerprint") {
        const std::string line = test::run_program({"ssh-keygen", "-lf", file + ".pub"});
        const std::size_t begin = line.find("SHA256:");
        endpoint.pins = {line.substr(begin, line.find(' ', begin) - begin)};
    }
    SECTION("by its line") {
        test::write_whole(endpoint.known_hosts,
                          "[127.0.0.1]:" + std::to_string(sshd.port()) + " "
                              + test::read_whole(file + ".pub"));
    }
    const Error error = error_of([&] { static_cast<void>(ssh::connect(endpoint, 10s)); });
    CHECK(error.code() == "host_key_weak");
    CHECK(holds(error.message().en, "1024"));
    CHECK_FALSE(holds(sshd.log(), "Accepted"));
    CHECK(error_of([&] { static_cast<void>(ssh::fetch_host_key(endpoint, 10s)); }).code()
          == "host_key_weak");
}
