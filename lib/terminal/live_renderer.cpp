#include "lib/messages/messages.hpp"
#include "lib/terminal/live_lines.hpp"
#include "lib/terminal/screen_region.hpp"
#include "lib/terminal/view_renderer.hpp"
#include "lib/terminal/view_text.hpp"

#include <algorithm>
#include <array>

namespace loomrel::terminal {

namespace {

using messages::Id;

constexpr std::size_t k_most_blocks = 4; // with more hosts than this, each has one line
constexpr std::size_t k_most_waiting_bytes = 64 * 1024;

// The log's lines that only say what the steps show anyway begin so.
bool is_routine(std::string_view line) {
    constexpr std::array<std::string_view, 12> k_signs{
        "🚀", "📥", "🏷", "🔨", "🔍", "✅", "🧹", "⚙", "⏪", "⏱", "⏳", "🔓"};
    return std::any_of(k_signs.begin(), k_signs.end(), [&](std::string_view sign) {
        return line.starts_with(sign);
    });
}

// A terminal: steps that have ended stay, the present one moves. One host's steps scroll up as
// ordinary lines; two to four hosts have a block each, more a line each.
class LiveRenderer final : public Renderer {
public:
    explicit LiveRenderer(const ViewOptions& options)
        : m_options(options),
          m_region(options.colour) {}

    void begin(const std::string& title) override {
        keep(StyledLine().add(title, Style::bold));
        draw();
    }

    void note(const std::string& text) override { keep(StyledLine().add(text)); }

    void on(const std::string& host, const deploy::RunEvent& event) override {
        std::visit([&](const auto& one) { show(host, one); }, event);
    }

    void
    step_ended(const std::string& host, const deploy::StepEnded& step, const Tail& tail) override {
        LiveHost& state = host_of(host);
        state.ended.push_back({step.step, step.ok, step.took});
        state.running.clear();
        state.last_line.clear();
        if (is_single()) {
            keep(lines().ended(state.ended.back()));
        }
        if (!step.ok && m_options.verbosity == Verbosity::normal) {
            if (tail.left_out > 0) {
                keep_of(host, say(Id::view_lines_left_out, fmt::arg("count", tail.left_out)));
            }
            for (const std::string& line : tail.lines) {
                keep_of(host, line);
            }
        }
    }

    void output_line(const std::string& host, const std::string& text) override {
        if (m_options.verbosity == Verbosity::verbose) {
            keep_of(host, text);
        } else if (!text.empty()) {
            host_of(host).last_line = text;
        }
    }

    void progress(const std::string& host, const std::string& text) override {
        if (!text.empty()) {
            host_of(host).last_line = text;
        }
    }

    void finish() override {
        for (const StyledLine& line : last_lines()) {
            keep(line);
        }
        m_finished = true;
        draw();
    }

    void flush() override {
        // Frames are drawn at intervals; what a fast command prints must not pile up until then.
        if (m_above.size() > k_most_waiting_bytes) {
            draw();
        }
    }

    void redraw() override {
        if (!m_finished) {
            draw();
        }
    }

    void screen_lost() override { m_region.forget(); }

private:
    void show(const std::string& host, const deploy::RunAttached& event) {
        host_of(host);
        keep(StyledLine().add(text_of(host, event), Style::dim));
    }

    void show(const std::string& host, const deploy::LockAwaited& event) {
        host_of(host).last_line = text_of(host, event);
    }

    void show(const std::string& host, const deploy::StepStarted& event) {
        LiveHost& state = host_of(host);
        state.running = event.step.name;
        state.since = m_options.clock();
        state.last_line.clear();
    }

    void show(const std::string& host, const deploy::LogLine& event) {
        if (is_routine(event.text) && m_options.verbosity == Verbosity::normal) {
            host_of(host).last_line = event.text;
        } else {
            keep(StyledLine().add(prefix(host)).add(event.text));
        }
    }

    template <typename Event> void show(const std::string& host, const Event& event) {
        LiveHost& state = host_of(host);
        state.linked = state.linked ? !std::is_same_v<Event, deploy::LinkLost>
                                    : std::is_same_v<Event, deploy::LinkBack>;
        const std::string text = text_of(host, event);
        if (!text.empty()) {
            keep(StyledLine().add(text));
        }
    }

    [[nodiscard]] std::string text_of(const std::string& host,
                                      const deploy::RunEvent& event) const {
        const auto told = event_text(m_options.language, host, event);
        return told ? told->text : "";
    }

    template <typename... Arguments> std::string say(Id id, const Arguments&... arguments) const {
        return messages::say(m_options.language, id, arguments...);
    }

    LiveHost& host_of(const std::string& name) {
        const auto host = std::find_if(m_hosts.begin(), m_hosts.end(), [&](const LiveHost& known) {
            return known.name == name;
        });
        if (host != m_hosts.end()) {
            return *host;
        }
        m_hosts.push_back({name, {}, {}, {}, {}, true});
        return m_hosts.back();
    }

    [[nodiscard]] std::size_t host_count() const {
        return std::max(m_options.hosts, m_hosts.size());
    }

    [[nodiscard]] bool is_single() const { return m_options.hosts <= 1; }

    [[nodiscard]] bool has_blocks() const { return host_count() <= k_most_blocks; }

    [[nodiscard]] std::string prefix(const std::string& host) const {
        return is_single() ? "" : host + " | ";
    }

    void keep(const StyledLine& line) {
        m_above += line.painted(m_options.colour, std::string::npos);
        m_above += '\n';
    }

    void keep_of(const std::string& host, const std::string& text) {
        keep(StyledLine().add(prefix(host)).add("    " + text, Style::dim));
    }

    [[nodiscard]] LiveLines lines(bool is_last = false) const {
        return {m_options.language, {m_options.clock(), m_options.size().columns, is_last}};
    }

    [[nodiscard]] std::vector<StyledLine> region(std::size_t rows) const {
        if (m_finished || m_hosts.empty()) {
            return {};
        }
        if (is_single()) {
            return lines().running(m_hosts.front());
        }
        if (has_blocks()) {
            std::vector<StyledLine> blocks = lines().blocks(m_hosts);
            if (blocks.size() <= rows) {
                return blocks;
            }
        }
        return lines().one_each(m_hosts, rows);
    }

    // What was only in the region so far, to stay.
    [[nodiscard]] std::vector<StyledLine> last_lines() const {
        if (m_hosts.empty()) {
            return {};
        }
        if (is_single()) {
            return lines(true).running(m_hosts.front());
        }
        return has_blocks() ? lines(true).blocks(m_hosts)
                            : lines(true).one_each(m_hosts, m_hosts.size());
    }

    void draw() {
        const ScreenSize size = m_options.size();
        // The cursor's own row, and one more that tells a full screen from a scrolled one.
        const std::size_t rows = std::max<std::size_t>(size.rows, 4) - 2;
        const std::string frame = m_region.frame(m_above, region(rows), size.columns);
        m_above.clear();
        if (!frame.empty()) {
            m_options.write(frame);
        }
    }

    ViewOptions m_options;
    ScreenRegion m_region;
    std::vector<LiveHost> m_hosts;
    std::string m_above; // lines to be put over the region for good with the next frame
    bool m_finished = false;
};

} // namespace

std::unique_ptr<Renderer> make_live_renderer(const ViewOptions& options) {
    return std::make_unique<LiveRenderer>(options);
}

} // namespace loomrel::terminal
