#include "lib/base/random.hpp"
#include "lib/messages/messages.hpp"
#include "lib/messages/steps.hpp"
#include "lib/terminal/view_renderer.hpp"
#include "lib/terminal/view_text.hpp"
#include "lib/terminal/workflow_commands.hpp"

#include <map>
#include <set>

namespace loomrel::terminal {

namespace {

using messages::Id;

// What one host's step has printed while another's group may be open: only its end is kept.
struct Kept {
    static constexpr std::size_t k_bytes = 256 * 1024;

    std::string step;
    Tail tail;
    std::size_t bytes = 0;

    void add(const std::string& line) {
        tail.lines.push_back(line);
        bytes += line.size();
        while (bytes > k_bytes) {
            bytes -= tail.lines.front().size();
            tail.lines.pop_front();
            ++tail.left_out;
        }
    }
};

// GitHub's log: a group a step, folded, and below it how the step ended. Groups cannot be nested
// or mixed, so with several hosts each is written when its step has ended.
class GithubRenderer final : public Renderer {
public:
    explicit GithubRenderer(const ViewOptions& options)
        : m_options(options) {
        if (!m_options.token) {
            m_options.token = [] { return random_hex(16); };
        }
        if (m_options.masks_told && m_options.redactor != nullptr) {
            const auto& forms = m_options.redactor->forms();
            m_masked.insert(forms.begin(), forms.end());
        }
    }

    void begin(const std::string& title) override { tell("", title); }

    void note(const std::string& text) override { tell("", text); }

    void on(const std::string& host, const deploy::RunEvent& event) override {
        if (const auto* started = std::get_if<deploy::StepStarted>(&event)) {
            m_running[host] = Kept{started->step.name, {}, 0};
            if (!is_quiet() && !has_several()) {
                command(workflow::group(label(started->step.name)));
            }
        } else if (const auto told = event_text(m_options.language, host, event)) {
            tell(told->names_host ? "" : host, told->text);
        }
    }

    void
    step_ended(const std::string& host, const deploy::StepEnded& step, const Tail& tail) override {
        const auto running = m_running.find(host);
        if (!is_quiet() && running != m_running.end()) {
            end_group_of(host, running->second, duration_text(m_options.language, step.took));
        }
        m_running.erase(host);
        tell(host, step_line(m_options.language, step.step, step.ok, step.took));
        if (!step.ok && !is_quiet()) {
            add_lines(tail);
        }
    }

    void output_line(const std::string& host, const std::string& text) override {
        const auto running = m_running.find(host);
        if (is_quiet() || running == m_running.end()) {
            return;
        }
        if (has_several()) {
            running->second.add(text);
        } else {
            foreign(text);
        }
    }

    void annotate(const std::string& title, const std::string& reason) override {
        command(workflow::error(title, reason));
    }

    void finish() override {
        for (const auto& [host, kept] : m_running) {
            if (!is_quiet()) {
                end_group_of(host, kept, "…");
            }
            tell(host, "❔ " + say(Id::view_step_unknown, fmt::arg("step", label(kept.step))));
        }
        m_running.clear();
        resume();
    }

    void flush() override {
        mask_new_secrets();
        if (!m_lines.empty()) {
            m_options.write(m_lines);
            m_lines.clear();
        }
        m_stopped_by_written = m_stopped_by;
    }

private:
    [[nodiscard]] bool is_quiet() const { return m_options.verbosity == Verbosity::quiet; }

    [[nodiscard]] bool has_several() const { return m_options.hosts > 1; }

    [[nodiscard]] std::string label(const std::string& step) const {
        return messages::step_label(m_options.language, step);
    }

    template <typename... Arguments> std::string say(Id id, const Arguments&... arguments) const {
        return messages::say(m_options.language, id, arguments...);
    }

    // Before anything else of this flush: what follows may hold them.
    void mask_new_secrets() {
        if (m_options.redactor == nullptr
            || m_options.redactor->forms().size() == m_masked.size()) {
            return;
        }
        std::string masks;
        for (const std::string& form : m_options.redactor->forms()) {
            if (m_masked.insert(form).second) {
                masks += workflow::add_mask(form) + '\n';
            }
        }
        if (masks.empty()) {
            return;
        }
        if (!m_stopped_by_written.empty()) {
            masks = workflow::resume_commands(m_stopped_by_written) + '\n' + masks
                    + workflow::stop_commands(m_stopped_by_written) + '\n';
        }
        m_options.write(masks);
    }

    void command(const std::string& line) {
        resume();
        m_lines += line + '\n';
    }

    void resume() {
        if (!m_stopped_by.empty()) {
            m_lines += workflow::resume_commands(m_stopped_by) + '\n';
            m_stopped_by.clear();
        }
    }

    // What commands print; the runner must not act upon any of it.
    void foreign(const std::string& line) {
        if (m_stopped_by.empty()) {
            m_stopped_by = m_options.token();
            m_lines += workflow::stop_commands(m_stopped_by) + '\n';
        }
        m_lines += line + '\n';
    }

    void tell(const std::string& host, const std::string& text) {
        if (is_quiet()) {
            return;
        }
        const std::string line = has_several() && !host.empty() ? host + " | " + text : text;
        if (workflow::is_inert(line)) {
            m_lines += line + '\n';
        } else {
            foreign(line);
        }
    }

    void add_lines(const Tail& tail) {
        if (tail.left_out > 0) {
            foreign(say(Id::view_lines_left_out, fmt::arg("count", tail.left_out)));
        }
        for (const std::string& line : tail.lines) {
            foreign(line);
        }
        resume();
    }

    void end_group_of(const std::string& host, const Kept& kept, const std::string& took) {
        if (!has_several()) {
            command(workflow::end_group());
        } else if (!kept.tail.lines.empty()) {
            command(workflow::group(fmt::format("{}: {} ({})", host, label(kept.step), took)));
            add_lines(kept.tail);
            command(workflow::end_group());
        }
    }

    ViewOptions m_options;
    std::map<std::string, Kept> m_running;
    std::set<std::string> m_masked;
    std::string m_stopped_by;         // the token, while commands are stopped
    std::string m_stopped_by_written; // the same at the end of what the runner has got
    std::string m_lines;
};

} // namespace

std::unique_ptr<Renderer> make_github_renderer(const ViewOptions& options) {
    return std::make_unique<GithubRenderer>(options);
}

} // namespace loomrel::terminal
