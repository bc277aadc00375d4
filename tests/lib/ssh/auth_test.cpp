#include "tests/lib/ssh/session.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>

using namespace loomrel;
using namespace std::chrono_literals;
using test::error_of;
using test::holds;
using test::Sshd;
using test::until_end;

namespace {

constexpr const char* k_password = "correct horse'\"$ пароль";

// An account with a password for the time of a test: sshd checks passwords of the machine's
// accounts only. Needs root; made and removed with the distribution's own tools.
class Account {
public:
    Account()
        : m_name("loomrel-t" + std::to_string(::getpid())) {
        test::run_program(
            {"useradd", "-M", "-N", "-d", "/", "-s", "/bin/sh", "-c", "loomrel test", m_name});
        const test::TempFolder folder;
        const std::filesystem::path secret = folder.path() / "secret";
        test::write_whole(secret, m_name + ":" + k_password + "\n");
        test::run_program({"sh", "-c", "chpasswd <\"$1\"", "sh", secret.string()});
    }

    ~Account() {
        try {
            test::run_program({"userdel", m_name});
        } catch (const std::exception&) {
            WARN("the account " << m_name << " could not be removed");
        }
    }

    Account(const Account&) = delete;
    Account& operator=(const Account&) = delete;

    [[nodiscard]] const std::string& name() const { return m_name; }

private:
    std::string m_name;
};

class Agent {
public:
    Agent()
        : m_folder("loomrel-agent"),
          m_socket(m_folder.path() / "socket"),
          m_pid(test::start_program({"ssh-agent", "-D", "-a", m_socket}, m_folder.path() / "log")) {
        const Deadline deadline = deadline_in(10s);
        while (!std::filesystem::exists(m_socket) && left_until(deadline).count() > 0) {
            ::usleep(5000);
        }
    }

    ~Agent() {
        ::kill(m_pid, SIGKILL);
        test::wait_for(m_pid);
    }

    Agent(const Agent&) = delete;
    Agent& operator=(const Agent&) = delete;

    [[nodiscard]] const std::string& socket() const { return m_socket; }

    [[nodiscard]] pid_t pid() const { return m_pid; }

private:
    test::TempFolder m_folder;
    std::string m_socket;
    pid_t m_pid;
};

bool may_make_accounts() {
    if (::geteuid() == 0 && ::access("/usr/sbin/useradd", X_OK) == 0) {
        return true;
    }
    WARN("not root, or no useradd: log-in by password is not tested");
    return false;
}

Error auth_error(const ssh::Endpoint& endpoint, Milliseconds wait = 15s) {
    const Error error = error_of([&] { static_cast<void>(ssh::connect(endpoint, wait)); });
    CHECK(error.kind() == ErrorKind::no_host);
    CHECK(error.code() == "auth_failed");
    CHECK(holds(error.message().en, endpoint.shown()));
    CHECK(holds(error.message().ru, endpoint.shown()));
    return error;
}

void check_let_in(const ssh::Endpoint& endpoint) {
    CHECK(until_end(*ssh::connect(endpoint, 15s)->exec("echo in", 5s)).out == "in\n");
}

} // namespace

TEST_CASE("A key lets in from memory, whatever a form has done to its line ends") {
    SKIP_WITHOUT_SSHD();
    const Sshd sshd;
    ssh::Endpoint endpoint = sshd.endpoint();
    endpoint.key_file.clear();
    const std::string key = test::read_whole(sshd.client_key());
    std::string with_returns;
    for (const char c : key) {
        with_returns += c == '\n' ? "\r\n" : std::string(1, c);
    }
    for (const std::string& text : {key, key.substr(0, key.size() - 1), with_returns, "\n" + key}) {
        endpoint.key = Secret(text);
        check_let_in(endpoint);
    }
}

TEST_CASE("Keys of every usual type and form let in") {
    SKIP_WITHOUT_SSHD();
    const Sshd sshd;
    for (const std::string type : {"ed25519", "ecdsa", "rsa"}) {
        CAPTURE(type);
        const std::filesystem::path file = sshd.folder() / ("key_" + type);
        test::make_key(file, type);
        test::write_whole(sshd.authorized_keys(), test::read_whole(file.string() + ".pub"));
        ssh::Endpoint endpoint = sshd.endpoint();
        endpoint.key_file = file;
        check_let_in(endpoint);
        if (type != "ed25519") { // which has no PEM form in ssh-keygen
            test::run_program(
                {"ssh-keygen", "-q", "-p", "-N", "", "-m", "PEM", "-f", file.string()});
            CHECK(holds(test::read_whole(file), "BEGIN"));
            CHECK_FALSE(holds(test::read_whole(file), "OPENSSH"));
            check_let_in(endpoint);
        }
    }
}

TEST_CASE("A wrong key is refused with what was tried and what the server takes") {
    SKIP_WITHOUT_SSHD();
    const Sshd sshd;
    ssh::Endpoint endpoint = sshd.endpoint();
    endpoint.key_file = sshd.folder() / "other";
    test::make_key(endpoint.key_file, "ed25519");
    endpoint.password = Secret("sesame-not-to-be-shown");
    const Error error = auth_error(endpoint);
    CHECK(holds(error.message().en, endpoint.key_file.string()));
    CHECK(holds(error.message().en, "publickey"));
    CHECK(holds(error.hint().en, "_KEY_FILE"));
    // Password is not on offer, so it was neither tried nor sent, and is nowhere shown.
    CHECK_FALSE(holds(error.message().en, "password"));
    CHECK_FALSE(holds(error.message().en + error.hint().en, "sesame"));
}

TEST_CASE("A key revoked meanwhile is a clear refusal") {
    SKIP_WITHOUT_SSHD();
    const Sshd sshd;
    check_let_in(sshd.endpoint());
    test::write_whole(sshd.authorized_keys(), "");
    CHECK(holds(auth_error(sshd.endpoint()).message().ru, sshd.client_key().string()));
}

TEST_CASE("A key file that cannot serve is named with the reason") {
    SKIP_WITHOUT_SSHD();
    const Sshd sshd;
    ssh::Endpoint endpoint = sshd.endpoint();
    endpoint.key_file = sshd.folder() / "my_key";
    SECTION("it is encrypted") {
        for (const std::string type : {"ed25519", "rsa"}) {
            test::make_key(endpoint.key_file, type, "passphrase");
            CHECK(holds(auth_error(endpoint).message().en, "my_key\" - is encrypted"));
        }
        test::run_program({"ssh-keygen",
                           "-q",
                           "-p",
                           "-P",
                           "passphrase",
                           "-N",
                           "another",
                           "-m",
                           "PEM",
                           "-f",
                           endpoint.key_file.string()});
        CHECK(holds(auth_error(endpoint).message().ru, "my_key» — зашифрован"));
    }
    SECTION("it is not there") {
        CHECK(holds(auth_error(endpoint).message().en, "my_key\" - no such file"));
    }
    SECTION("it is the public half") {
        test::write_whole(endpoint.key_file, test::read_whole(sshd.client_key().string() + ".pub"));
        CHECK(holds(auth_error(endpoint).message().en, "my_key\" - is no private key"));
    }
    SECTION("it is a folder") {
        std::filesystem::create_directory(endpoint.key_file);
        CHECK(holds(auth_error(endpoint).message().en, "my_key\" - cannot be read"));
    }
    SECTION("and another key lets in all the same") {
        endpoint.key = Secret(test::read_whole(sshd.client_key()));
        check_let_in(endpoint);
    }
}

TEST_CASE("With nothing to show, the error says so and which keys of .env.servers to add") {
    SKIP_WITHOUT_SSHD();
    const Sshd sshd;
    ssh::Endpoint endpoint = sshd.endpoint();
    endpoint.key_file.clear();
    const Error error = auth_error(endpoint);
    CHECK(holds(error.message().en, "no key, no password"));
    CHECK(holds(error.message().en, "publickey"));
    CHECK(holds(error.hint().ru, "_PASSWORD"));
    endpoint.password = Secret("x");
    CHECK(holds(auth_error(endpoint).message().en, "takes nothing of what we have"));
}

TEST_CASE("The agent's keys let in, after our own") {
    SKIP_WITHOUT_SSHD();
    const Sshd sshd;
    const Agent agent;
    const test::Variable variable("SSH_AUTH_SOCK", agent.socket());
    ssh::Endpoint endpoint = sshd.endpoint();
    endpoint.key_file.clear();
    endpoint.use_agent = true;
    CHECK(holds(auth_error(endpoint).message().en, "ssh-agent")); // it has no key yet
    for (const std::string name : {"first", "second"}) {
        test::make_key(sshd.folder() / name, "ed25519");
        test::run_program({"ssh-add", "-q", (sshd.folder() / name).string()});
    }
    test::run_program({"ssh-add", "-q", sshd.client_key().string()});
    check_let_in(endpoint);
    endpoint.use_agent = false;
    CHECK(holds(auth_error(endpoint).message().en, "nothing to log in"));
}

TEST_CASE("An agent that is gone or frozen costs time, not the connection") {
    SKIP_WITHOUT_SSHD();
    const Sshd sshd;
    const Agent agent;
    ssh::Endpoint endpoint = sshd.endpoint();
    endpoint.use_agent = true;
    endpoint.key_file.clear();
    SECTION("gone") {
        const test::Variable variable("SSH_AUTH_SOCK", "/nonexistent/agent");
        const Error error = auth_error(endpoint);
        CHECK(holds(error.message().en, "ssh-agent - is not running"));
        CHECK(holds(error.message().en, "publickey")); // what the server takes
    }
    SECTION("frozen") {
        const test::Variable variable("SSH_AUTH_SOCK", agent.socket());
        ::kill(agent.pid(), SIGSTOP);
        const auto before = std::chrono::steady_clock::now();
        CHECK(holds(auth_error(endpoint, 2s).message().en, "ssh-agent - gave no answer in time"));
        CHECK(std::chrono::steady_clock::now() - before < 2500ms);
    }
}

TEST_CASE("Too many refused keys end with the server's own words") {
    SKIP_WITHOUT_SSHD();
    const Sshd sshd({.config = {"MaxAuthTries 2"}, .host_key_types = {"ed25519"}});
    const Agent agent;
    const test::Variable variable("SSH_AUTH_SOCK", agent.socket());
    for (const std::string name : {"one", "two", "three", "four"}) {
        test::make_key(sshd.folder() / name, "ed25519");
        test::run_program({"ssh-add", "-q", (sshd.folder() / name).string()});
    }
    ssh::Endpoint endpoint = sshd.endpoint();
    endpoint.key_file.clear();
    endpoint.use_agent = true;
    CHECK(holds(auth_error(endpoint).message().en, "Too many authentication failures"));
}

TEST_CASE("A password lets in, and a wrong one does not") {
    SKIP_WITHOUT_SSHD();
    if (!may_make_accounts()) {
        return;
    }
    const Account account;
    ssh::Endpoint endpoint;
    SECTION("by password") {
        const Sshd sshd({.config = {"PasswordAuthentication yes"}, .host_key_types = {"ed25519"}});
        endpoint = sshd.endpoint();
        endpoint.user = account.name();
        endpoint.key_file.clear();
        endpoint.password = Secret(k_password);
        check_let_in(endpoint);
        endpoint.password = Secret("wrong");
        const Error error = auth_error(endpoint);
        CHECK(holds(error.message().en, "Tried: password"));
        CHECK_FALSE(holds(error.message().en, "wrong"));
        // An agent that has nothing to show does not stand in its way.
        endpoint.password = Secret(k_password);
        endpoint.use_agent = true;
        const Agent agent;
        for (const std::string& socket : {agent.socket(), std::string("/nonexistent/agent")}) {
            const test::Variable variable("SSH_AUTH_SOCK", socket);
            check_let_in(endpoint);
        }
    }
    SECTION("by keyboard-interactive only") {
        // PAM asks; /etc/pam.d/sshd comes with the server.
        const Sshd sshd({.config = {"UsePAM yes", "KbdInteractiveAuthentication yes"},
                         .host_key_types = {"ed25519"}});
        endpoint = sshd.endpoint();
        endpoint.user = account.name();
        endpoint.password = Secret(k_password);
        endpoint.key_file.clear();
        check_let_in(endpoint);
        endpoint.password = Secret("wrong");
        CHECK(holds(auth_error(endpoint).message().en, "keyboard-interactive"));
    }
    SECTION("by a key and a password, one after the other") {
        const Sshd sshd(
            {.config = {"PasswordAuthentication yes", "AuthenticationMethods publickey,password"},
             .host_key_types = {"ed25519"}});
        endpoint = sshd.endpoint();
        endpoint.user = account.name();
        endpoint.password = Secret(k_password);
        // The key's folder belongs to root; the account must be able to be let in by it.
        std::filesystem::permissions(sshd.folder(), std::filesystem::perms(0755));
        std::filesystem::permissions(sshd.authorized_keys(), std::filesystem::perms(0644));
        check_let_in(endpoint);
        endpoint.key_file.clear();
        CHECK(holds(auth_error(endpoint).message().en, "takes nothing of what we have"));
    }
}

TEST_CASE("An RSA key of less than 2048 bits is not shown to anybody") {
    SKIP_WITHOUT_SSHD();
    const Sshd sshd;
    ssh::Endpoint endpoint = sshd.endpoint();
    endpoint.key_file = sshd.folder() / "short";
    test::run_program({"ssh-keygen",
                       "-q",
                       "-t",
                       "rsa",
                       "-b",
                       "1024",
                       "-N",
                       "",
                       "-f",
                       endpoint.key_file.string()});
    test::write_whole(sshd.authorized_keys(),
                      test::read_whole(endpoint.key_file.string() + ".pub"));
    const Error error = auth_error(endpoint);
    CHECK(holds(error.message().en, "less than 2048 bits"));
}
