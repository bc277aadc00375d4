#include "lib/terminal/live_lines.hpp"

#include "lib/base/text.hpp"
#include "lib/messages/messages.hpp"
#include "lib/messages/steps.hpp"
#include "lib/terminal/view_text.hpp"

#include <algorithm>
#include <array>

namespace loomrel::terminal {

namespace {

using messages::Id;

constexpr std::size_t k_label_columns = 24;
constexpr std::size_t k_narrow = 50; // columns: here durations do not stand below each other
constexpr std::size_t k_most_name_columns = 32;

const LiveHost::Step* failed_step(const LiveHost& host) {
    for (const LiveHost::Step& step : host.ended) {
        if (!step.ok) {
            return &step;
        }
    }
    return nullptr;
}

} // namespace

StyledLine LiveLines::ended(const LiveHost::Step& step, std::string_view indent) const {
    StyledLine line;
    line.add(indent).add(step.ok ? "✅ " : "❌ ").add(labelled(step.name));
    return line.add(" " + duration_text(m_language, step.took), Style::dim);
}

std::vector<StyledLine> LiveLines::running(const LiveHost& host, std::string_view indent) const {
    std::vector<StyledLine> lines;
    if (host.running.empty()) {
        return lines;
    }
    if (m_moment.is_last) {
        lines.push_back(StyledLine().add(indent).add("❔ " + unknown(host)));
        return lines;
    }
    StyledLine line;
    line.add(indent).add(spinner(host)).add(labelled(host.running));
    lines.push_back(line.add(" " + duration_text(m_language, elapsed(host)), Style::dim));
    if (const std::string last = last_line(host); !last.empty()) {
        lines.push_back(StyledLine().add(indent).add("   " + last, Style::dim));
    }
    return lines;
}

std::vector<StyledLine> LiveLines::blocks(const std::vector<LiveHost>& hosts) const {
    std::vector<StyledLine> lines;
    for (const LiveHost& host : hosts) {
        lines.push_back(StyledLine().add(host.name, Style::bold));
        for (const LiveHost::Step& step : host.ended) {
            lines.push_back(ended(step, "  "));
        }
        for (StyledLine& line : running(host, "  ")) {
            lines.push_back(std::move(line));
        }
    }
    return lines;
}

std::vector<StyledLine> LiveLines::one_each(const std::vector<LiveHost>& hosts,
                                            std::size_t rows) const {
    std::vector<const LiveHost*> order;
    std::size_t name_columns = 0;
    for (const LiveHost& host : hosts) {
        order.push_back(&host);
        name_columns = std::max(name_columns, display_width(host.name));
    }
    name_columns = std::min(name_columns, k_most_name_columns);
    std::size_t shown = order.size();
    if (shown > rows) {
        shown = rows - 1;
        std::stable_partition(order.begin(), order.end(), [](const LiveHost* host) {
            return !host->running.empty() || failed_step(*host) != nullptr;
        });
    }
    std::vector<StyledLine> lines;
    for (std::size_t i = 0; i < shown; ++i) {
        lines.push_back(one(*order[i], name_columns));
    }
    if (shown < order.size()) {
        const std::size_t rest = order.size() - shown;
        const std::string text =
            messages::say(m_language, Id::view_more_hosts, fmt::arg("count", rest));
        lines.push_back(StyledLine().add(text, Style::dim));
    }
    return lines;
}

std::string LiveLines::labelled(const std::string& step) const {
    const std::string label = messages::step_label(m_language, step);
    return m_moment.columns < k_narrow ? label : pad_columns(label, k_label_columns);
}

Milliseconds LiveLines::elapsed(const LiveHost& host) const {
    return std::max(std::chrono::floor<Milliseconds>(m_moment.now - host.since), Milliseconds{0});
}

// As wide as the signs of steps that have ended.
std::string LiveLines::spinner(const LiveHost& host) const {
    constexpr std::array<const char*, 10> k_frames{
        "⠋  ", "⠙  ", "⠹  ", "⠸  ", "⠼  ", "⠴  ", "⠦  ", "⠧  ", "⠇  ", "⠏  "};
    return k_frames[static_cast<std::size_t>(elapsed(host).count() / 100) % k_frames.size()];
}

std::string LiveLines::unknown(const LiveHost& host) const {
    const std::string label = messages::step_label(m_language, host.running);
    return messages::say(m_language, Id::view_step_unknown, fmt::arg("step", label));
}

std::string LiveLines::last_line(const LiveHost& host) const {
    return host.linked ? host.last_line : "🔌 " + messages::say(m_language, Id::view_no_link);
}

StyledLine LiveLines::one(const LiveHost& host, std::size_t name_columns) const {
    const std::string name = pad_columns(cut_columns(host.name, name_columns), name_columns);
    StyledLine line;
    if (!host.running.empty() && m_moment.is_last) {
        return line.add("❔ ").add(name, Style::bold).add("  " + unknown(host));
    }
    if (!host.running.empty()) {
        line.add(spinner(host)).add(name, Style::bold).add("  " + labelled(host.running));
        line.add(" " + duration_text(m_language, elapsed(host)), Style::dim);
        return line.add("  " + last_line(host), Style::dim);
    }
    if (host.ended.empty()) {
        return line.add("·  ").add(name, Style::bold);
    }
    // A host that had to be restored has failed, though its last step went well.
    const LiveHost::Step* failed = failed_step(host);
    const LiveHost::Step& step = failed != nullptr ? *failed : host.ended.back();
    line.add(step.ok ? "✅ " : "❌ ").add(name, Style::bold).add("  " + labelled(step.name));
    return line.add(" " + duration_text(m_language, step.took), Style::dim);
}

} // namespace loomrel::terminal
