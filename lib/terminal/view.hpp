#pragma once

#include "lib/base/clock.hpp"
#include "lib/base/language.hpp"
#include "lib/base/secret.hpp"
#include "lib/deploy/run_event.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace loomrel::terminal {

enum class ViewMode {
    live,   // a terminal: the present step moves, frames replace each other
    plain,  // a pipe or a file: lines as things happen
    github, // GitHub Actions: groups, masks, annotations
};

enum class Verbosity {
    quiet,   // nothing: the command itself says how it ended
    normal,  // steps, the log's lines, a failed step's last output
    verbose, // and everything that commands print
};

struct ScreenSize {
    std::size_t columns = 80;
    std::size_t rows = 24;
};

struct ViewOptions {
    Language language = Language::ru;
    ViewMode mode = ViewMode::plain;
    Verbosity verbosity = Verbosity::normal;
    bool colour = false;
    std::size_t hosts = 1; // of the run; with several, lines say whose they are
    std::function<ScreenSize()> size = [] { return ScreenSize{}; };
    std::function<void(std::string_view)> write; // called by one thread at a time
    const Redactor* redactor = nullptr;
    bool masks_told = false; // GitHub knows what the redactor knows at the start
    std::function<Deadline()> clock = [] { return std::chrono::steady_clock::now(); };
    std::function<std::string()> token; // for ::stop-commands::; default: random
    Milliseconds redraw_every{100};     // 0: only when redraw() is called
};

// What a person sees of a run while it goes on. Every text of hosts and commands is redacted and
// made harmless before it is shown; memory stays bounded however much they print. The terminal's
// cursor is visible between any two frames, so that a signal at any moment leaves it in order.
class View {
public:
    virtual ~View() = default;

    // A deploy::RunListener.
    virtual void on(const std::string& host, const deploy::RunEvent& event) = 0;
    // The first line: "stage-deploy loom-content v1.2.3".
    virtual void begin(std::string_view title) = 0;
    // A line of the command itself, which must not write on its own while the view lives.
    virtual void note(std::string_view text) = 0;
    // Why it failed, for the page of a GitHub run; elsewhere the command's own last words say it.
    virtual void annotate(std::string_view title, std::string_view reason) = 0;
    // What is on the screen stays; nothing is drawn any more. Steps still open are said to be.
    virtual void finish() = 0;
    // Draws what has changed. The live view's own thread calls it ten times a second.
    virtual void redraw() = 0;
};

// Stops its thread when destroyed, also without finish().
[[nodiscard]] std::unique_ptr<View> make_view(const ViewOptions& options);

using GetEnv = std::function<std::optional<std::string>(const std::string&)>;

// GITHUB_ACTIONS=true: github; a terminal that is not TERM=dumb: live; else plain.
[[nodiscard]] ViewMode choose_view_mode(bool is_tty, const GetEnv& get_env);

// Neither --no-color nor NO_COLOR, and a terminal that is not TERM=dumb.
[[nodiscard]] bool choose_colour(bool is_tty, bool no_color, const GetEnv& get_env);

} // namespace loomrel::terminal
