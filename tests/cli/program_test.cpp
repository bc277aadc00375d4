#include "cli/commands/commands.hpp"
#include "cli/syntax/help.hpp"
#include "lib/base/file.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/command_world.hpp"
#include "tests/support/text.hpp"

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <functional>
#include <set>
#include <sstream>

using namespace loomrel;
using cli::ExitCode;
using test::CommandWorld;

namespace {

using Words = std::vector<std::string>;
using test::has;

// Runs the whole program in a process of its own, its standard output being `out` (-1 = closed).
int run_process(const Words& words, int out) {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        const int nothing = ::open("/dev/null", O_RDWR);
        ::dup2(nothing, STDERR_FILENO);
        if (out < 0) {
            ::close(STDOUT_FILENO);
        } else {
            ::dup2(out, STDOUT_FILENO);
        }
        std::vector<const char*> argv{"loomrel"};
        for (const std::string& word : words) {
            argv.push_back(word.c_str());
        }
        ::_exit(cli::run(static_cast<int>(argv.size()), argv.data()));
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    INFO("killed by signal " << WTERMSIG(status));
    REQUIRE(WIFEXITED(status));
    return WEXITSTATUS(status);
}

void every_command(const cli::Command& command, const std::function<void(const cli::Command&)>& f) {
    f(command);
    for (const cli::Command& each : command.commands()) {
        every_command(each, f);
    }
}

Words split_words(const std::string& path) {
    Words words;
    std::istringstream stream(path);
    for (std::string word; stream >> word;) {
        words.push_back(word);
    }
    return words;
}

} // namespace

TEST_CASE("every kind of error has the exit code of the table") {
    CHECK(static_cast<int>(cli::exit_code_of(ErrorKind::run_failed)) == 1);
    CHECK(static_cast<int>(cli::exit_code_of(ErrorKind::usage)) == 2);
    CHECK(static_cast<int>(cli::exit_code_of(ErrorKind::config)) == 2);
    CHECK(static_cast<int>(cli::exit_code_of(ErrorKind::refused)) == 3);
    CHECK(static_cast<int>(cli::exit_code_of(ErrorKind::no_host)) == 4);
    CHECK(static_cast<int>(cli::exit_code_of(ErrorKind::ledger)) == 5);
    CHECK(static_cast<int>(cli::exit_code_of(ErrorKind::spooled)) == 6);
    CHECK(static_cast<int>(cli::exit_code_of(ErrorKind::unknown_outcome)) == 7);
    CHECK(static_cast<int>(cli::exit_code_of(ErrorKind::interrupted)) == 130);
}

TEST_CASE("version and help read no configuration and open no ledger") {
    CommandWorld world;
    CHECK(world.run({"--version"}) == ExitCode::ok);
    CHECK(world.io.out_text == "loomrel " LOOMREL_VERSION "\n");
    CHECK(world.run({"--version", "--json"}) == ExitCode::ok);
    CHECK(world.io.out_text == "{\"version\":\"" LOOMREL_VERSION "\"}\n");
    CHECK(world.run({"--help"}) == ExitCode::ok);
    CHECK(world.run({"release", "-h"}) == ExitCode::ok);
    CHECK(world.run({"release", "create", "--help"}) == ExitCode::ok);
    CHECK(has(world.io.out_text, "--tag T"));
    CHECK(world.run({"--help", "release", "list"}) == ExitCode::ok);
    CHECK(has(world.io.out_text, "--limit N"));
    CHECK(world.io.err_text.empty());
    CHECK(world.config_loads == 0);
    CHECK(world.ledger.opened == 0);
}

TEST_CASE("every command of the tree has help in both languages, and its flags are told apart") {
    every_command(cli::CommandTree(), [](const cli::Command& command) {
        CAPTURE(command.path());
        CommandWorld world;
        Words words = split_words(command.path());
        words.push_back("--help");
        CHECK(world.run(words) == ExitCode::ok);
        const std::string russian = world.io.out_text;
        words.insert(words.end(), {"--lang", "en"});
        CHECK(world.run(words) == ExitCode::ok);
        CHECK(russian != world.io.out_text);
        std::set<std::string> names;
        cli::GlobalOptions unused;
        for (const auto& list : {command.options(), cli::global_parameters(unused)}) {
            for (const auto& each : list) {
                CHECK(has(russian, each.long_name));
                CHECK(names.insert(each.long_name).second);
                CHECK((each.short_name.empty() || names.insert(each.short_name).second));
            }
        }
        CHECK((command.commands().empty() != !command.runner()));
    });
}

TEST_CASE("the manual page knows every command, flag and exit code") {
    std::string page = read_file(LOOMREL_SOURCE_DIR "/man/loomrel.1").value_or("");
    for (std::size_t at = 0; (at = page.find("\\-")) != std::string::npos;) {
        page.erase(at, 1);
    }
    every_command(cli::CommandTree(), [&](const cli::Command& command) {
        if (!command.commands().empty()) {
            return;
        }
        const std::size_t begin = page.find("\n.SS " + command.path());
        CAPTURE(command.path());
        REQUIRE(begin != std::string::npos);
        const std::size_t end = page.find("\n.S", begin + 1);
        for (const cli::Parameter& each : command.options()) {
            CAPTURE(each.long_name);
            CHECK(has(page.substr(begin, end - begin), each.long_name));
        }
    });
    cli::GlobalOptions unused;
    for (const cli::Parameter& each : cli::global_parameters(unused)) {
        CHECK(has(page, each.long_name));
    }
    for (const char* code : {"0", "1", "2", "3", "4", "5", "6", "7", "70", "74", "130"}) {
        CHECK(has(page, std::string("\n.B ") + code + "\n"));
    }
}

TEST_CASE("global flags count before and after the command") {
    for (const Words& words : {Words{"--json", "--lang", "en", "release", "list", "--limit", "5"},
                               Words{"release", "--json", "list", "--lang=en", "--limit", "5"},
                               Words{"release", "list", "--limit=5", "--json", "--lang", "en"}}) {
        CommandWorld world;
        CHECK(world.run(words) == ExitCode::ok);
        CHECK(world.io.out_text == "{\"releases\":[]}\n");
        REQUIRE(world.ledger.queries.size() == 1);
        CHECK(world.ledger.queries[0].limit == 5);
    }
    CommandWorld world;
    CHECK(
        world.run(
            {"--config", "a.toml", "release", "list", "--store", "sqlite:///x", "--env-file", "e"})
        == ExitCode::ok);
    CHECK(world.config_inputs.config_flag == "a.toml");
    CHECK(world.config_inputs.store_flag == "sqlite:///x");
    CHECK(world.config_inputs.env_file_flag == "e");
}

TEST_CASE("what is typed wrong is a usage error with a way out") {
    struct Case {
        Words words;
        std::string code;
        std::string hint;
    };

    for (const Case& each : std::vector<Case>{
             {{}, "command_missing", ""},
             {{"release"}, "command_missing", ""},
             {{"relaese", "list"}, "unknown_command", "loomrel release"},
             {{"release", "lst"}, "unknown_command", "loomrel release list"},
             {{"kubernetes"}, "unknown_command", "loomrel --help"},
             {{"release", "list", "--sevice", "x"}, "unknown_option", "--service"},
             {{"release", "list", "--limt=3"}, "unknown_option", "--limit"},
             {{"--jsno", "release", "list"}, "unknown_option", "--json"},
             {{"release", "list", "-x"}, "unknown_option", "loomrel release list --help"},
             {{"release", "list", "extra"}, "too_many_arguments", "loomrel release list --help"},
             {{"release", "show"}, "missing", "loomrel release show --help"},
             {{"release", "show", "abc"}, "not_a_number", ""},
             {{"release", "show", "1", "2"}, "too_many_arguments", ""},
             {{"release", "list", "--limit", "many"}, "not_a_number", ""},
             {{"release", "list", "--limit", "0"}, "bad_limit", "1000"},
             {{"release", "list", "--limit"}, "value_missing", "--help"},
             {{"release", "list", "--service", "a", "--service", "b"}, "option_twice", ""},
             {{"release", "patch", "1", "--status", "deploy"}, "unknown_value", "deploy"},
             {{"--lang", "fr", "release", "list"}, "unknown_value", ""},
             {{"completion", "tcsh"}, "unknown_value", "zsh"},
         }) {
        CAPTURE(each.words);
        CommandWorld world;
        Words words = each.words;
        words.push_back("--json");
        if (each.code == "value_missing") {
            words = {"--json", "release", "list", "--limit"};
        }
        CHECK(world.run(words) == ExitCode::usage);
        const auto told = nlohmann::json::parse(world.io.out_text);
        CHECK(told["error"]["code"] == each.code);
        CHECK_FALSE(told["error"]["message"].get<std::string>().empty());
        CHECK(has(told["error"]["hint"].get<std::string>(), each.hint));
        CHECK_FALSE(world.io.err_text.empty());
        CHECK(world.ledger.opened == 0);
    }
}

TEST_CASE("an argument that is called like a command is an argument") {
    CommandWorld world;
    CHECK(world.run({"release", "list", "--service", "release", "--json"}) == ExitCode::ok);
    CHECK(world.ledger.queries.at(0).service == "release");
    CHECK(world.run({"release", "list", "db", "--json"}) == ExitCode::usage);
    CHECK(has(world.io.out_text, "too_many_arguments"));
}

TEST_CASE("errors are told in the language that was asked for") {
    CommandWorld world;
    (void)world.run({"relaese"});
    CHECK(has(world.io.err_text, "нет такой команды"));
    (void)world.run({"relaese", "list", "--lang=en"});
    CHECK(has(world.io.err_text, "unknown command"));
    (void)world.run({"--lang", "en", "relaese"});
    CHECK(
        world.io.err_text
        == "Error: unknown command: loomrel relaese\nWhat to do: did you mean loomrel release?\n");
    world.outside.environment["LOOMREL_LANG"] = "en";
    (void)world.run({"relaese"});
    CHECK(has(world.io.err_text, "unknown command"));
    CHECK(world.io.out_text.empty());
}

TEST_CASE("an error below becomes its exit code, its text and its hint") {
    CommandWorld world;
    world.ledger.broken = Error(ErrorKind::ledger,
                                "ledger_away",
                                {"реестр недоступен", "the ledger is away"},
                                {"проверьте сеть", "check the network"});
    CHECK(world.run({"release", "list"}) == ExitCode::ledger);
    CHECK(world.io.err_text == "Error: the ledger is away\nWhat to do: check the network\n");
    CHECK(world.io.out_text.empty());
    CHECK(world.run({"release", "list", "--json"}) == ExitCode::ledger);
    CHECK(
        nlohmann::json::parse(world.io.out_text)
        == nlohmann::json::parse(
            R"({"error":{"code":"ledger_away","message":"the ledger is away","hint":"check the network"}})"));
}

TEST_CASE("a configuration that cannot be used ends with 2 before anything is opened") {
    CommandWorld world;
    world.config_broken = Error(ErrorKind::config, "unknown_key", {"ключ", "key"});
    CHECK(world.run({"release", "list"}) == ExitCode::usage);
    CHECK(world.ledger.opened == 0);
}

TEST_CASE("what nobody foresaw is told as a bug, not thrown out") {
    CommandWorld world;
    world.outside.open_store = [](const store::Options&) -> std::unique_ptr<store::Store> {
        throw std::runtime_error("out of luck");
    };
    CHECK(world.run({"--lang", "en", "release", "list"}) == ExitCode::internal);
    CHECK(has(world.io.err_text, "out of luck"));
    CHECK(has(world.io.err_text, "bug"));
}

TEST_CASE("in Actions an error is an annotation that cannot be broken out of") {
    CommandWorld world;
    world.in_actions();
    world.ledger.broken = Error(ErrorKind::ledger, "x", {"ru", "one\n::set-env name=A::b 100%"});
    CHECK(world.run({"release", "list"}) == ExitCode::ledger);
    CHECK(world.io.err_text.starts_with("::error "));
    CHECK(has(world.io.err_text, "100%25"));
    CHECK(world.io.err_text.find('\n') == world.io.err_text.size() - 1);
}

TEST_CASE("in CI the embedded ledger is refused, elsewhere it is not") {
    CommandWorld world;
    world.config.store.embedded = true;
    CHECK(world.run({"release", "list"}) == ExitCode::ok);
    world.config.in_ci = true;
    CHECK(world.run({"release", "list", "--json"}) == ExitCode::usage);
    CHECK(has(world.io.out_text, "no_store"));
    auto services = world.services();
    CHECK_NOTHROW(services.store(cli::Services::Purpose::looking));
}

TEST_CASE("a question without somebody to answer it is a no") {
    CommandWorld world;
    auto services = world.services();
    world.io.typed = {"yes"};
    CHECK_FALSE(services.confirm("Sure?"));
    CHECK(world.io.err_text.empty());
    world.io.prompts = true;
    for (const char* yes : {"yes", "y", " YES ", "да", "Да", "д"}) {
        world.io.typed = {yes};
        CHECK(services.confirm("Sure?"));
    }
    for (const char* no : {"", "no", "yep", "нет"}) {
        world.io.typed = {no};
        CHECK_FALSE(services.confirm("Sure?"));
    }
    world.io.typed.clear();
    CHECK_FALSE(services.confirm("Sure?"));
    CHECK(has(world.io.err_text, "Sure?"));
}

TEST_CASE("who does it is the commit's author, else who is logged in, always one line") {
    CommandWorld world;
    CHECK(world.services().actor() == "loomrel");
    world.outside.environment["USER"] = "ann\n\x1b[31m";
    CHECK(world.services().actor() == "ann ");
    world.in_actions();
    CHECK(world.services().actor() == "pusher");
}

TEST_CASE("the service comes from the flag, the repository, or the only one configured") {
    CommandWorld world;
    CHECK_THROWS_AS(world.services().service(std::nullopt), Error);
    world.config.services = {"only-one"};
    CHECK(world.services().service(std::nullopt) == "only-one");
    CHECK(world.services().service("flag") == "flag");
    CHECK_THROWS_AS(world.services().service(""), Error);
    CHECK_THROWS_AS(world.services().service("a;b"), Error);
    world.config.services = {"one", "two"};
    CHECK_THROWS_AS(world.services().service(std::nullopt), Error);
    world.in_actions();
    CHECK(world.services().service(std::nullopt) == "loom-content");
}

TEST_CASE("output that nobody can take does not crash and is not taken for success") {
    CommandWorld world;
    world.io.broken_with = ENOSPC;
    CHECK(world.run({"release", "list", "--json"}) == ExitCode::output_lost);
    CHECK(has(world.io.err_text, "could not be written"));
    world.io.broken_with = EPIPE;
    CHECK(world.run({"release", "list", "--json"}) == ExitCode::ok);
    CHECK(world.io.err_text.empty());
    world.io.broken_with = ENOSPC;
    CHECK(world.run({"release", "show", "7", "--json"}) == ExitCode::usage);
}

TEST_CASE("the process ends properly with a full disk, a closed pipe and no output at all") {
    const int full = ::open("/dev/full", O_WRONLY);
    REQUIRE(full >= 0);
    CHECK(run_process({"--version"}, full) == 74);
    CHECK(run_process({"relaese"}, full) == 2);
    CHECK(run_process({"--version"}, -1) == 74);
    int pipe[2];
    REQUIRE(::pipe(pipe) == 0);
    ::close(pipe[0]);
    CHECK(run_process({"completion", "zsh"}, pipe[1]) == 0);
    ::close(pipe[1]);
    ::close(full);
}

TEST_CASE("a reader that is slow gets everything") {
    int pipe[2];
    REQUIRE(::pipe2(pipe, O_NONBLOCK) == 0);
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        ::dup2(pipe[1], STDOUT_FILENO);
        const auto io = cli::make_standard_io();
        io->out(std::string(1 << 20, 'x'));
        ::_exit(io->out_error() == 0 ? 0 : 1);
    }
    ::close(pipe[1]);
    ::fcntl(pipe[0], F_SETFL, 0);
    std::size_t read = 0;
    char buffer[4096];
    for (ssize_t got = 0; (got = ::read(pipe[0], buffer, sizeof buffer)) > 0;) {
        read += static_cast<std::size_t>(got);
    }
    ::close(pipe[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    CHECK(read == 1 << 20);
    CHECK(WEXITSTATUS(status) == 0);
}
