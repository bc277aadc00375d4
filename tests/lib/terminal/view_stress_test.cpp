#include "lib/base/text.hpp"
#include "lib/terminal/screen_region.hpp"
#include "lib/terminal/view.hpp"
#include "lib/terminal/workflow_commands.hpp"
#include "tests/lib/terminal/fake_terminal.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>
#include <atomic>
#include <fstream>
#include <set>
#include <thread>
#include <vector>

using namespace loomrel;
using terminal::Verbosity;
using terminal::ViewMode;

namespace {

// As actions/runner reads a step's output: which lines it acts upon.
class Runner {
public:
    explicit Runner(std::string_view text) {
        for (const std::string_view line : split(text, '\n')) {
            read(line);
        }
    }

    std::vector<std::string> acted_upon;
    std::string shown;

private:
    static std::string_view without_blanks(std::string_view line) {
        for (bool again = true; again;) {
            again = false;
            for (const std::string_view blank :
                 {" ", "\t", "\xc2\xa0", "\xe3\x80\x80", "\xe2\x80\x83"}) {
                while (line.starts_with(blank)) {
                    line.remove_prefix(blank.size());
                    again = true;
                }
            }
        }
        return line;
    }

    void read(std::string_view line) {
        const std::string_view bare = without_blanks(line);
        const std::size_t name_end = bare.find("::", 2);
        const bool is_new = bare.starts_with("::") && name_end != std::string_view::npos;
        const bool is_old = line.find("##[") != std::string_view::npos;
        if (!m_token.empty()) {
            if (is_new && bare.substr(2, name_end - 2) == m_token) {
                m_token.clear();
            } else {
                shown += std::string(line) + '\n';
            }
        } else if (is_new || is_old) {
            // The newer form is tried first.
            acted_upon.emplace_back(is_new ? bare.substr(2, name_end - 2) : line);
            if (bare.starts_with("::stop-commands::")) {
                m_token = bare.substr(17);
            }
        } else {
            shown += std::string(line) + '\n';
        }
    }

    std::string m_token;
};

std::size_t resident_kib() {
    std::ifstream file("/proc/self/status");
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with("VmRSS:")) {
            return std::stoul(line.substr(6));
        }
    }
    return 0;
}

constexpr bool is_sanitized_build() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    return true;
#else
    return false;
#endif
}

} // namespace

TEST_CASE("GitHub: nothing that hosts and commands say is acted upon") {
    const std::string hostile[] = {"::error::x",
                                   "  ::set-output name=a::b",
                                   "\t::group::x",
                                   "\xc2\xa0::warning::x",
                                   "\xe3\x80\x80::debug::x",
                                   "build ##[error]x",
                                   "##[group]x",
                                   "::endgroup::",
                                   "::stop-commands::x",
                                   "::token-1::",
                                   "\x1b[0m::error::x",
                                   "\u200b::error::x",
                                   "\r::error::x"};
    for (const std::size_t hosts : {1U, 2U}) {
        terminal::ViewOptions options;
        options.mode = ViewMode::github;
        options.hosts = hosts;
        std::string written;
        options.write = [&](std::string_view text) { written += text; };
        const std::unique_ptr<terminal::View> view = terminal::make_view(options);
        for (const std::string& text : hostile) {
            view->begin(text);
            view->on(text, deploy::RunAttached{text, true});
            view->on(text, deploy::LockAwaited{text});
            view->on(text, deploy::LogLine{text});
            view->on(text, deploy::StepStarted{{text}});
            view->on(text, deploy::LogLine{text});
            view->on(text, deploy::Output{text + "\n" + text});
            view->note(text + "\n" + text);
            view->on(text, deploy::LinkLost{text});
            view->on(text, deploy::LinkBack{});
            view->on(text, deploy::StepEnded{text, false, Milliseconds{5}});
            view->on(text, deploy::StepStarted{{"build"}});
            view->annotate(text, text + "\n" + text);
        }
        view->finish();
        const Runner runner(written);
        const std::set<std::string> names(runner.acted_upon.begin(), runner.acted_upon.end());
        for (const std::string& name : names) {
            const bool ours = name == "group" || name == "endgroup" || name == "stop-commands"
                              || name.starts_with("error title=");
            INFO(name);
            CHECK(ours);
        }
        CHECK(names.size() > 3);
        CHECK(runner.shown.find("::set-output name=a::b") != std::string::npos);
        if (hosts == 1) {
            const auto groups =
                std::count(runner.acted_upon.begin(), runner.acted_upon.end(), "group");
            CHECK(groups == 2 * static_cast<long>(std::size(hostile)));
        }
    }
}

TEST_CASE("GitHub: a secret that becomes known later is masked before the next output") {
    Redactor redactor;
    terminal::ViewOptions options;
    options.mode = ViewMode::github;
    options.redactor = &redactor;
    std::string written;
    options.write = [&](std::string_view text) { written += text; };
    const std::unique_ptr<terminal::View> view = terminal::make_view(options);
    view->begin("title");
    view->on("host", deploy::StepStarted{{"build"}});
    view->on("host", deploy::Output{"first\n"});
    redactor.add(Secret("hunter-2024"));
    view->on("host", deploy::Output{"hunter-2024\n"});
    view->on("host", deploy::Output{"::error::x\n"});
    view->finish();
    const Runner runner(written);
    CHECK(std::count(runner.acted_upon.begin(), runner.acted_upon.end(), "add-mask")
          == static_cast<long>(redactor.forms().size()));
    CHECK(std::count(runner.acted_upon.begin(), runner.acted_upon.end(), "error") == 0);
    CHECK(written.find("\nhunter-2024\n") == std::string::npos);
}

TEST_CASE("no mode keeps more than the end of what commands print") {
    const std::string lines = [] {
        std::string text;
        while (text.size() < 64 * 1024) {
            text += "some line of a build's output, not a short one\n";
        }
        return text;
    }();
    const std::string one_line(64 * 1024, 'x');
    const std::size_t rounds = is_sanitized_build() ? 20 : 150; // of 128 KiB
    for (const ViewMode mode : {ViewMode::live, ViewMode::plain, ViewMode::github}) {
        for (const std::size_t hosts : {1U, 3U}) {
            terminal::ViewOptions options;
            options.mode = mode;
            options.hosts = hosts;
            options.verbosity = mode == ViewMode::github ? Verbosity::normal : Verbosity::verbose;
            options.redraw_every = Milliseconds{0};
            std::size_t longest = 0;
            options.write = [&](std::string_view text) {
                longest = std::max(longest, text.size());
            };
            const std::unique_ptr<terminal::View> view = terminal::make_view(options);
            view->begin("title");
            view->on("host", deploy::StepStarted{{"build"}});
            view->on("host", deploy::Output{lines});
            const std::size_t before = resident_kib();
            for (std::size_t i = 0; i < rounds; ++i) {
                view->on("host", deploy::Output{lines});
                view->on("host", deploy::Output{one_line});
            }
            if (!is_sanitized_build()) {
                CHECK(resident_kib() < before + 8 * 1024);
            }
            view->on("host", deploy::StepEnded{"build", false, Milliseconds{1}});
            view->finish();
            CHECK(longest > 1000);
            CHECK(longest < 1024 * 1024);
        }
    }
}

TEST_CASE("live: several hosts at once, drawn by the view's own thread at its pace") {
    terminal::ViewOptions options;
    options.mode = ViewMode::live;
    options.hosts = 4;
    options.redraw_every = Milliseconds{50};
    test::FakeTerminal terminal(80, 24);
    options.write = [&](std::string_view text) { terminal.write(text); };
    const auto begun = std::chrono::steady_clock::now();
    const std::unique_ptr<terminal::View> view = terminal::make_view(options);
    view->begin("title");
    std::vector<std::thread> hosts;
    for (int number = 1; number <= 4; ++number) {
        hosts.emplace_back([&view, number, begun] {
            const std::string host = "host-" + std::to_string(number);
            for (int step = 0; step < 8; ++step) {
                view->on(host, deploy::StepStarted{{"build"}});
                for (int line = 0; line < 200; ++line) {
                    view->on(host, deploy::Output{"line\npart"});
                    view->on(host, deploy::LogLine{"🔍 Проверка"});
                }
                view->on(host, deploy::StepEnded{"build", true, Milliseconds{1}});
            }
            while (std::chrono::steady_clock::now() - begun < Milliseconds{300}) {
                view->on(host, deploy::Output{"more\n"});
                std::this_thread::yield();
            }
        });
    }
    for (std::thread& host : hosts) {
        host.join();
    }
    view->finish();
    const auto took = std::chrono::steady_clock::now() - begun;
    CHECK(terminal.writes() <= static_cast<std::size_t>(took / Milliseconds{50}) + 3);
    CHECK(terminal.writes() >= 3);
    CHECK(terminal.cursor_visible());
    const std::string text = terminal.text();
    for (int number = 1; number <= 4; ++number) {
        CHECK(text.find("host-" + std::to_string(number) + "\n  ✅ Сборка") != std::string::npos);
    }
}

TEST_CASE("live: a view that is only destroyed stops its thread; a dead terminal does not matter") {
    terminal::ViewOptions options;
    options.mode = ViewMode::live;
    options.redraw_every = Milliseconds{1};
    std::atomic<int> writes = 0;
    options.write = [&](std::string_view) {
        if (++writes > 1) {
            throw std::runtime_error("the terminal is gone");
        }
    };
    {
        const std::unique_ptr<terminal::View> view = terminal::make_view(options);
        view->begin("title");
        view->on("host", deploy::StepStarted{{"build"}});
        while (writes < 2) {
            std::this_thread::yield();
        }
        view->on("host", deploy::StepEnded{"build", true, Milliseconds{1}});
    }
    CHECK(writes == 2);
}

TEST_CASE("a region is drawn over itself, whatever its size was") {
    test::FakeTerminal terminal(20, 6);
    terminal::ScreenRegion region(true);
    const auto lines = [](std::initializer_list<const char*> texts) {
        std::vector<terminal::StyledLine> all;
        for (const char* text : texts) {
            all.push_back(terminal::StyledLine().add(text, terminal::Style::dim));
        }
        return all;
    };
    terminal.write(region.frame("first\n", lines({"a", "b", "c"}), 20));
    CHECK(terminal.text() == "first\na\nb\nc\n");
    CHECK(region.frame("", lines({"a", "b", "c"}), 20).empty());
    terminal.write(region.frame("", lines({"d"}), 20));
    CHECK(terminal.text() == "first\nd\n");
    // A kept line that fills the width, or is longer than it, loses no letter.
    terminal.write(
        region.frame("01234567890123456789\n0123456789012345678901\n", lines({"e"}), 20));
    CHECK(terminal.text() == "first\n01234567890123456789\n01234567890123456789\n01\ne\n");
    terminal.write(region.frame(
        "",
        lines({"f", "🏷️ ⠋ длинная строка, которая не входит"}),
        20));
    CHECK(terminal.text()
          == "first\n01234567890123456789\n01234567890123456789\n01\nf\n🏷️ ⠋ длинная "
             "строк…\n");
    terminal.write(region.frame("", {}, 20));
    CHECK(terminal.text() == "first\n01234567890123456789\n01234567890123456789\n01\n");
}

TEST_CASE("a region survives a terminal that is made narrower and wider") {
    test::FakeTerminal terminal(30, 10);
    terminal::ScreenRegion region(false);
    const std::string long_text = "0123456789 0123456789 0123456789";
    const std::vector<terminal::StyledLine> lines{terminal::StyledLine().add(long_text),
                                                  terminal::StyledLine().add("short")};
    terminal.write(region.frame("kept\n", lines, 30));
    CHECK(terminal.text() == "kept\n0123456789 0123456789 012345…\nshort\n");
    terminal.resize(12, 10);
    terminal.write(region.frame("", lines, 12));
    CHECK(terminal.text() == "kept\n0123456789…\nshort\n");
    terminal.resize(30, 10);
    terminal.write(region.frame("more\n", lines, 30));
    CHECK(terminal.text() == "kept\nmore\n0123456789 0123456789 012345…\nshort\n");
    region.forget();
    terminal.write("shell\n");
    terminal.write(region.frame("", {terminal::StyledLine().add("again")}, 30));
    CHECK(terminal.text() == "kept\nmore\n0123456789 0123456789 012345…\nshort\nshell\nagain\n");
}
