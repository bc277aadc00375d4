#include "lib/messages/messages.hpp"
#include "lib/messages/steps.hpp"
#include "lib/terminal/view_renderer.hpp"
#include "lib/terminal/view_text.hpp"

#include <map>

namespace loomrel::terminal {

namespace {

using messages::Id;

// Lines as things happen, for a pipe or a file; what commands print stands indented.
class PlainRenderer final : public Renderer {
public:
    explicit PlainRenderer(const ViewOptions& options)
        : m_options(options) {}

    void begin(const std::string& title) override { add("", title); }

    void note(const std::string& text) override { add("", text); }

    void on(const std::string& host, const deploy::RunEvent& event) override {
        if (const auto* started = std::get_if<deploy::StepStarted>(&event)) {
            m_running[host] = started->step.name;
        } else if (const auto told = event_text(m_options.language, host, event)) {
            add(told->names_host ? "" : host, told->text);
        }
    }

    void
    step_ended(const std::string& host, const deploy::StepEnded& step, const Tail& tail) override {
        m_running.erase(host);
        add(host, step_line(m_options.language, step.step, step.ok, step.took));
        if (step.ok || m_options.verbosity == Verbosity::verbose) {
            return;
        }
        if (tail.left_out > 0) {
            add(host, k_indent + say(Id::view_lines_left_out, fmt::arg("count", tail.left_out)));
        }
        for (const std::string& line : tail.lines) {
            add(host, k_indent + line);
        }
    }

    void output_line(const std::string& host, const std::string& text) override {
        if (m_options.verbosity == Verbosity::verbose) {
            add(host, k_indent + text);
        }
    }

    void finish() override {
        for (const auto& [host, step] : m_running) {
            const std::string label = messages::step_label(m_options.language, step);
            add(host, "❔ " + say(Id::view_step_unknown, fmt::arg("step", label)));
        }
        m_running.clear();
    }

    void flush() override {
        if (!m_lines.empty()) {
            m_options.write(m_lines);
            m_lines.clear();
        }
    }

private:
    template <typename... Arguments> std::string say(Id id, const Arguments&... arguments) const {
        return messages::say(m_options.language, id, arguments...);
    }

    void add(const std::string& host, const std::string& text) {
        if (m_options.hosts > 1 && !host.empty()) {
            m_lines += host + " | ";
        }
        m_lines += text + '\n';
    }

    static inline const std::string k_indent = "    ";

    ViewOptions m_options;
    std::map<std::string, std::string> m_running; // host → step
    std::string m_lines;
};

} // namespace

std::unique_ptr<Renderer> make_plain_renderer(const ViewOptions& options) {
    return std::make_unique<PlainRenderer>(options);
}

} // namespace loomrel::terminal
