#include "lib/terminal/view.hpp"
#include "tests/lib/terminal/fake_terminal.hpp"
#include "tests/lib/terminal/recorded_runs.hpp"
#include "tests/support/golden.hpp"

#include <map>

using namespace loomrel;
using terminal::Verbosity;
using terminal::ViewMode;
using test::check_golden;

namespace {

// A view that writes into a string, with everything from outside in the test's hands.
struct Recorded {
    explicit Recorded(ViewMode mode, Verbosity verbosity = Verbosity::normal) {
        redactor.add(Secret("hunter-2024"));
        options.mode = mode;
        options.verbosity = verbosity;
        options.write = [this](std::string_view text) { written += text; };
        options.redactor = &redactor;
        options.clock = [this] { return clock.now; };
        options.token = [this] { return "token-" + std::to_string(++tokens); };
        options.redraw_every = Milliseconds{0};
    }

    using Run = std::function<void(test::Stage)>;

    std::string play(const Run& run) {
        const std::unique_ptr<terminal::View> view = terminal::make_view(options);
        run(test::Stage{*view, clock});
        return written;
    }

    // What stands on a terminal of that size at the run's moments.
    std::string pictures(const Run& run, std::size_t columns, std::size_t rows) {
        test::FakeTerminal terminal(columns, rows);
        options.size = [=] { return terminal::ScreenSize{columns, rows}; };
        options.write = [&](std::string_view text) { terminal.write(text); };
        const std::unique_ptr<terminal::View> view = terminal::make_view(options);
        std::string all;
        run(test::Stage{*view, clock, [&] {
                            view->redraw();
                            all += terminal.text() + std::string(20, '=') + '\n';
                            CHECK(terminal.cursor_visible());
                        }});
        return all;
    }

    Redactor redactor;
    test::FakeClock clock;
    terminal::ViewOptions options;
    std::string written;
    int tokens = 0;
};

std::vector<std::string> hosts(int count) {
    std::vector<std::string> names;
    for (int i = 1; i <= count; ++i) {
        names.push_back("prod-" + std::to_string(i));
    }
    return names;
}

Recorded::Run on(int count) {
    return [count](test::Stage stage) { test::deploy_on(hosts(count), std::move(stage)); };
}

} // namespace

TEST_CASE("lines: a good deploy shows its steps and the log") {
    check_golden("plain_good", Recorded(ViewMode::plain).play(test::good_deploy));
}

TEST_CASE("lines: -v shows all output, indented") {
    check_golden("plain_verbose",
                 Recorded(ViewMode::plain, Verbosity::verbose).play(test::good_deploy));
}

TEST_CASE("lines: a failed step shows its last output, harmless and without secrets") {
    const std::string text = Recorded(ViewMode::plain).play(test::failed_deploy);
    check_golden("plain_failed", text);
    CHECK(text.find("hunter") == std::string::npos);
    CHECK(text.find('\x1b') == std::string::npos);
}

TEST_CASE("lines: with several hosts each line says whose it is") {
    Recorded recorded(ViewMode::plain, Verbosity::verbose);
    recorded.options.hosts = 3;
    check_golden("plain_hosts", recorded.play(on(3)));
}

TEST_CASE("Quiet shows nothing of the run") {
    CHECK(Recorded(ViewMode::plain, Verbosity::quiet).play(test::failed_deploy).empty());
    CHECK(Recorded(ViewMode::live, Verbosity::quiet).play(test::failed_deploy).empty());
}

TEST_CASE("GitHub: a group a step, foreign text wrapped, the reason as an annotation") {
    check_golden("github_good", Recorded(ViewMode::github).play(test::good_deploy));
    const std::string failed = Recorded(ViewMode::github).play(test::failed_deploy);
    check_golden("github_failed", failed);
}

TEST_CASE("GitHub: several hosts have a group a step and host, written when the step has ended") {
    Recorded recorded(ViewMode::github);
    recorded.options.hosts = 3;
    check_golden("github_hosts", recorded.play(on(3)));
}

TEST_CASE("GitHub: secrets are masked before anything else is written, also with -q") {
    for (const Verbosity verbosity : {Verbosity::quiet, Verbosity::normal}) {
        const std::string text = Recorded(ViewMode::github, verbosity).play(test::failed_deploy);
        const std::size_t first_other = text.find("\n::group::");
        std::size_t masks = 0;
        for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1) {
            if (text.compare(at, 12, "::add-mask::") == 0) {
                CHECK(at < first_other);
                ++masks;
            }
        }
        Redactor redactor;
        redactor.add(Secret("hunter-2024"));
        CHECK(masks == redactor.forms().size());
        CHECK(text.starts_with("::add-mask::"));
        CHECK((text.find("::error title=") != std::string::npos));
    }
}

TEST_CASE("live: one host's steps stay as lines, the present one moves") {
    Recorded recorded(ViewMode::live);
    check_golden("live_good", recorded.pictures(test::good_deploy, 80, 24));
}

TEST_CASE("live: English, a narrow and low terminal") {
    Recorded recorded(ViewMode::live);
    recorded.options.language = Language::en;
    check_golden("live_narrow", recorded.pictures(test::good_deploy, 34, 6));
}

TEST_CASE("live: a failed step, a lost link, a warning of the log") {
    Recorded recorded(ViewMode::live);
    check_golden("live_failed", recorded.pictures(test::failed_deploy, 80, 24));
}

TEST_CASE("live: -v scrolls all output above the present step") {
    Recorded recorded(ViewMode::live, Verbosity::verbose);
    check_golden("live_verbose", recorded.pictures(test::failed_deploy, 80, 24));
}

TEST_CASE("live: up to four hosts have a block each") {
    Recorded recorded(ViewMode::live);
    recorded.options.hosts = 3;
    check_golden("live_blocks", recorded.pictures(on(3), 80, 24));
}

TEST_CASE("live: blocks that do not fit become a line a host, and blocks again at the end") {
    Recorded recorded(ViewMode::live);
    recorded.options.hosts = 3;
    check_golden("live_blocks_low", recorded.pictures(on(3), 80, 8));
}

TEST_CASE("live: more hosts than rows") {
    Recorded recorded(ViewMode::live);
    recorded.options.hosts = 9;
    check_golden("live_many", recorded.pictures(on(9), 80, 8));
}

TEST_CASE("live: colour is in escape sequences only") {
    Recorded coloured(ViewMode::live);
    coloured.options.colour = true;
    Recorded plain(ViewMode::live);
    CHECK(coloured.pictures(test::failed_deploy, 80, 24)
          == plain.pictures(test::failed_deploy, 80, 24));
    const std::string with = Recorded(ViewMode::live).play(test::good_deploy);
    CHECK(with.find("\x1b[2m") == std::string::npos);
    Recorded again(ViewMode::live);
    again.options.colour = true;
    const std::string text = again.play(test::good_deploy);
    CHECK(text.find("\x1b[2m") != std::string::npos);
    CHECK(text.find("\x1b[1mstage-deploy loom-content v1.2.3\x1b[0m\n") != std::string::npos);
}

TEST_CASE("the mode follows GitHub, the terminal and TERM") {
    std::map<std::string, std::string> variables;
    const terminal::GetEnv get_env = [&](const std::string& name) -> std::optional<std::string> {
        const auto found = variables.find(name);
        return found != variables.end() ? std::optional(found->second) : std::nullopt;
    };
    CHECK(terminal::choose_view_mode(true, get_env) == ViewMode::plain);
    CHECK_FALSE(terminal::choose_colour(true, false, get_env));
    variables["TERM"] = "xterm-256color";
    CHECK(terminal::choose_view_mode(true, get_env) == ViewMode::live);
    CHECK(terminal::choose_view_mode(false, get_env) == ViewMode::plain);
    CHECK(terminal::choose_colour(true, false, get_env));
    CHECK_FALSE(terminal::choose_colour(true, true, get_env));
    CHECK_FALSE(terminal::choose_colour(false, false, get_env));
    variables["NO_COLOR"] = "";
    CHECK(terminal::choose_colour(true, false, get_env));
    variables["NO_COLOR"] = "1";
    CHECK_FALSE(terminal::choose_colour(true, false, get_env));
    CHECK(terminal::choose_view_mode(true, get_env) == ViewMode::live);
    variables["TERM"] = "dumb";
    CHECK(terminal::choose_view_mode(true, get_env) == ViewMode::plain);
    variables["GITHUB_ACTIONS"] = "true";
    CHECK(terminal::choose_view_mode(true, get_env) == ViewMode::github);
    variables["GITHUB_ACTIONS"] = "false";
    CHECK(terminal::choose_view_mode(true, get_env) == ViewMode::plain);
}
