#pragma once

#include "lib/terminal/view.hpp"

#include <deque>

namespace loomrel::terminal {

// The last lines of what a step printed.
struct Tail {
    std::deque<std::string> lines;
    std::size_t left_out = 0; // lines before them
};

// How a run looks in one mode; this one, of --quiet, shows nothing. Driven by the view of view.cpp:
// texts are harmless single lines, one call at a time; after each event comes flush().
class Renderer {
public:
    virtual ~Renderer() = default;

    virtual void begin(const std::string& /*title*/) {}

    virtual void note(const std::string& /*text*/) {}

    virtual void annotate(const std::string& /*title*/, const std::string& /*reason*/) {}

    // What has no function of its own below.
    virtual void on(const std::string& /*host*/, const deploy::RunEvent& /*event*/) {}

    virtual void step_ended(const std::string& /*host*/,
                            const deploy::StepEnded& /*step*/,
                            const Tail& /*tail*/) {}

    virtual void output_line(const std::string& /*host*/, const std::string& /*text*/) {}

    // A line that the command is about to overwrite: a progress bar.
    virtual void progress(const std::string& /*host*/, const std::string& /*text*/) {}

    virtual void finish() {}

    virtual void flush() {}

    virtual void redraw() {}

    // Something else wrote to the screen: begin below it.
    virtual void screen_lost() {}
};

[[nodiscard]] std::unique_ptr<Renderer> make_live_renderer(const ViewOptions& options);
[[nodiscard]] std::unique_ptr<Renderer> make_plain_renderer(const ViewOptions& options);
[[nodiscard]] std::unique_ptr<Renderer> make_github_renderer(const ViewOptions& options);

} // namespace loomrel::terminal
