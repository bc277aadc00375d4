#pragma once

#include "cli/terminal/view.hpp"

#include <deque>

namespace loomrel::cli {

// The last lines of what a step printed.
struct Tail {
    std::deque<std::string> lines;
    std::size_t left_out = 0; // lines before them
};

// How a run looks in one mode. Driven by the view of view.cpp: texts are harmless single lines,
// one call at a time; after each event comes flush().
class Renderer {
public:
    virtual ~Renderer() = default;

    virtual void begin(const std::string& title) = 0;
    virtual void note(const std::string& text) = 0;
    virtual void attached(const std::string& host, const std::string& run_id, bool started) = 0;
    virtual void waiting(const std::string& host, const std::string& holder) = 0;
    virtual void step_started(const std::string& host, const std::string& step) = 0;
    virtual void step_ended(const std::string& host,
                            const std::string& step,
                            bool ok,
                            Milliseconds took,
                            const Tail& tail) = 0;
    virtual void log_line(const std::string& host, const std::string& text) = 0;
    virtual void output_line(const std::string& host, const std::string& text) = 0;
    // A line that the command is about to overwrite: a progress bar.
    virtual void progress(const std::string& host, const std::string& text) = 0;
    virtual void link_lost(const std::string& host, const std::string& reason) = 0;
    virtual void link_back(const std::string& host) = 0;
    virtual void annotate(const std::string& title, const std::string& reason) = 0;
    virtual void finish() = 0;
    virtual void flush() = 0;
    virtual void redraw() = 0;
    // Something else wrote to the screen: begin below it.
    virtual void screen_lost() = 0;
};

[[nodiscard]] std::unique_ptr<Renderer> make_live_renderer(const ViewOptions& options);
[[nodiscard]] std::unique_ptr<Renderer> make_plain_renderer(const ViewOptions& options);
[[nodiscard]] std::unique_ptr<Renderer> make_github_renderer(const ViewOptions& options);

} // namespace loomrel::cli
