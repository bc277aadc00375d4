#pragma once

#include "lib/terminal/screen_region.hpp"
#include "lib/terminal/view.hpp"

#include <string>
#include <vector>

namespace loomrel::terminal {

// What the live view knows of a host.
struct LiveHost {
    struct Step {
        std::string name;
        bool ok = true;
        Milliseconds took{0};
    };

    std::string name;
    std::vector<Step> ended;
    std::string running; // step; "" = none
    Deadline since;
    std::string last_line;
    bool linked = true;
};

// How hosts and steps look at an instant: the lines of the live view, nothing of when they are
// drawn.
class LiveLines {
public:
    struct Moment {
        Deadline now;
        std::size_t columns = 80;
        bool is_last = false; // steps that still run: their outcome will not be seen
    };

    LiveLines(Language language, const Moment& moment)
        : m_language(language),
          m_moment(moment) {}

    [[nodiscard]] StyledLine ended(const LiveHost::Step& step, std::string_view indent = "") const;
    // The present step and the last that was printed; nothing between two steps.
    [[nodiscard]] std::vector<StyledLine> running(const LiveHost& host,
                                                  std::string_view indent = "") const;
    // Each host with all its steps.
    [[nodiscard]] std::vector<StyledLine> blocks(const std::vector<LiveHost>& hosts) const;
    // One line a host, at most `rows`: those where something happens first if not all find room.
    [[nodiscard]] std::vector<StyledLine> one_each(const std::vector<LiveHost>& hosts,
                                                   std::size_t rows) const;

private:
    [[nodiscard]] std::string labelled(const std::string& step) const;
    [[nodiscard]] Milliseconds elapsed(const LiveHost& host) const;
    [[nodiscard]] std::string spinner(const LiveHost& host) const;
    [[nodiscard]] std::string unknown(const LiveHost& host) const;
    [[nodiscard]] std::string last_line(const LiveHost& host) const;
    [[nodiscard]] StyledLine one(const LiveHost& host, std::size_t name_columns) const;

    Language m_language;
    Moment m_moment;
};

} // namespace loomrel::terminal
