#include "lib/terminal/view.hpp"

#include "lib/base/text.hpp"
#include "lib/terminal/output_lines.hpp"
#include "lib/terminal/view_renderer.hpp"

#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

namespace loomrel::terminal {

namespace {

// Between what happens on the hosts and how it looks: takes the hosts' threads in one by one, makes
// their texts harmless, and draws at intervals where the mode wants it.
class GuardedView final : public View {
public:
    GuardedView(const ViewOptions& options, std::unique_ptr<Renderer> renderer)
        : m_redactor(options.redactor),
          m_redraw_every(options.mode == ViewMode::live ? options.redraw_every : Milliseconds{0}),
          m_renderer(std::move(renderer)) {}

    ~GuardedView() override { stop_drawing(); }

    void begin(std::string_view title) override {
        {
            const std::scoped_lock lock(m_mutex);
            m_renderer->begin(clean(title));
            m_renderer->flush();
        }
        if (m_redraw_every.count() > 0 && !m_drawer.joinable()) {
            m_drawer = std::thread([this] { draw_at_intervals(); });
        }
    }

    void note(std::string_view text) override {
        const std::scoped_lock lock(m_mutex);
        for (const std::string_view line : split(text, '\n')) {
            m_renderer->note(clean(line));
        }
        m_renderer->flush();
    }

    void annotate(std::string_view title, std::string_view reason) override {
        const std::scoped_lock lock(m_mutex);
        m_renderer->annotate(clean(title), clean_lines(reason));
        m_renderer->flush();
    }

    void finish() override {
        stop_drawing();
        const std::scoped_lock lock(m_mutex);
        if (m_finished) {
            return;
        }
        m_finished = true;
        for (auto& [name, host] : m_hosts) {
            host->lines.flush();
        }
        m_renderer->finish();
        m_renderer->flush();
    }

    void redraw() override {
        const std::scoped_lock lock(m_mutex);
        m_renderer->redraw();
    }

    void on(const std::string& name, const deploy::RunEvent& event) override {
        const std::scoped_lock lock(m_mutex);
        Host& host = host_of(name);
        if (const auto* output = std::get_if<deploy::Output>(&event)) {
            host.lines.feed(output->bytes);
        } else {
            std::visit([&](const auto& one) { show(host, one); }, cleaned(event));
        }
        m_renderer->flush();
    }

private:
    struct Host {
        std::string shown;
        OutputLines lines;
        std::string last_log_line;
        std::string holder; // of the lock, when it has been shown

        // The host's log and the client both learn who holds the lock; people are told once.
        [[nodiscard]] bool says_holder(const std::string& who) const {
            return last_log_line.find(who) != std::string::npos;
        }
    };

    Host& host_of(const std::string& name) {
        std::unique_ptr<Host>& host = m_hosts[name];
        if (!host) {
            const std::string shown = clean(name);
            Renderer* renderer = m_renderer.get();
            OutputLines::Sink sink{
                [renderer, shown](const std::string& text) { renderer->output_line(shown, text); },
                [renderer, shown](const std::string& text) { renderer->progress(shown, text); }};
            host.reset(new Host{shown, OutputLines(m_redactor, std::move(sink)), {}, {}});
        }
        return *host;
    }

    void show(Host& host, const deploy::LockAwaited& event) {
        if (host.holder != event.holder && !host.says_holder(event.holder)) {
            m_renderer->on(host.shown, event);
        }
        host.holder = event.holder;
    }

    void show(Host& host, const deploy::StepStarted& event) {
        host.lines.flush();
        host.lines.clear_tail();
        m_renderer->on(host.shown, event);
    }

    void show(Host& host, const deploy::StepEnded& event) {
        host.lines.flush();
        m_renderer->step_ended(host.shown, event, host.lines.tail());
        host.lines.clear_tail();
        host.holder.clear();
    }

    void show(Host& host, const deploy::LogLine& event) {
        host.lines.flush();
        host.last_log_line = event.text;
        if (host.holder.empty() || !host.says_holder(host.holder)) {
            m_renderer->on(host.shown, event);
        }
    }

    template <typename Event> void show(Host& host, const Event& event) {
        m_renderer->on(host.shown, event);
    }

    [[nodiscard]] deploy::RunEvent cleaned(deploy::RunEvent event) const {
        const auto clean_all = [this](auto&... texts) { ((texts = clean(texts)), ...); };
        std::visit([&](auto& one) { std::apply(clean_all, one.texts()); }, event);
        return event;
    }

    [[nodiscard]] std::string clean(std::string_view text) const {
        const std::string harmless = sanitize_line(cut_bytes(text, OutputLines::k_line_bytes));
        return m_redactor != nullptr ? m_redactor->redact(harmless) : harmless;
    }

    [[nodiscard]] std::string clean_lines(std::string_view text) const {
        const std::string harmless = sanitize(text);
        return m_redactor != nullptr ? m_redactor->redact(harmless) : harmless;
    }

    void draw_at_intervals() {
        using Clock = std::chrono::steady_clock;
        // Longer between two frames than this: the process was stopped, and the shell wrote.
        const Milliseconds stopped = m_redraw_every * 10;
        try {
            std::unique_lock lock(m_mutex);
            while (!m_stop) {
                const Clock::time_point before = Clock::now();
                m_wake.wait_for(lock, m_redraw_every);
                if (Clock::now() - before > stopped) {
                    m_renderer->screen_lost();
                }
                if (!m_stop) {
                    m_renderer->redraw();
                }
            }
        } catch (...) { // the terminal is gone; the run goes on without its picture
            return;
        }
    }

    void stop_drawing() {
        {
            const std::scoped_lock lock(m_mutex);
            m_stop = true;
        }
        m_wake.notify_all();
        if (m_drawer.joinable()) {
            m_drawer.join();
        }
    }

    const Redactor* m_redactor;
    Milliseconds m_redraw_every;
    std::mutex m_mutex;
    std::condition_variable m_wake;
    std::unique_ptr<Renderer> m_renderer;
    std::map<std::string, std::unique_ptr<Host>> m_hosts;
    bool m_finished = false;
    bool m_stop = false;
    std::thread m_drawer;
};

std::unique_ptr<Renderer> make_renderer(const ViewOptions& options) {
    // GitHub's masks are needed whatever is shown.
    if (options.verbosity == Verbosity::quiet && options.mode != ViewMode::github) {
        return std::make_unique<Renderer>();
    }
    switch (options.mode) {
    case ViewMode::live:
        return make_live_renderer(options);
    case ViewMode::plain:
        return make_plain_renderer(options);
    case ViewMode::github:
        return make_github_renderer(options);
    }
    throw std::logic_error("a view mode outside the table");
}

bool is_dumb(const GetEnv& get_env) {
    const std::optional<std::string> term = get_env("TERM");
    return !term || term->empty() || *term == "dumb";
}

} // namespace

std::unique_ptr<View> make_view(const ViewOptions& options) {
    return std::make_unique<GuardedView>(options, make_renderer(options));
}

ViewMode choose_view_mode(bool is_tty, const GetEnv& get_env) {
    if (get_env("GITHUB_ACTIONS") == "true") {
        return ViewMode::github;
    }
    return is_tty && !is_dumb(get_env) ? ViewMode::live : ViewMode::plain;
}

bool choose_colour(bool is_tty, bool no_color, const GetEnv& get_env) {
    const std::optional<std::string> variable = get_env("NO_COLOR");
    return is_tty && !no_color && (!variable || variable->empty()) && !is_dumb(get_env);
}

} // namespace loomrel::terminal
