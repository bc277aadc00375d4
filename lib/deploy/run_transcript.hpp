#pragma once

#include "lib/base/clock.hpp"
#include "lib/deploy/journal.hpp"
#include "lib/release/actors.hpp"

#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace loomrel::deploy {

// The name of who asks a run to stop, as host and ledger take it: one line, not too long.
[[nodiscard]] std::string asker_name(std::string_view name);
// What the run's host is told then: "cancel NAME", a line.
[[nodiscard]] std::string wish_line(std::string_view word, std::string_view name);

struct StepRecord {
    std::string name;
    std::optional<bool> ok{}; // nullopt: not ended
    Milliseconds took{0};
    std::optional<Time> began{};      // by our clock; of a run that was found, not started here
    std::string commit{};             // that the run works on, as far as it was known by then
    release::Signatures signatures{}; // of that commit; its own commit is "" where nobody told them
};

// What the journal of one host's run has told so far: enough for the result and for why it failed.
// Memory is bounded whatever the run prints.
class RunTranscript {
public:
    void add(const Record& record);

    // The journal's clock is the host's uptime: what it shows now, where a run is caught up with.
    // What one that has `ended` says of a later time is of another boot, and nobody knows when.
    void set_clock(Time now, std::int64_t uptime_cs, bool ended) {
        m_boot = now - uptime_cs * k_cs;
        m_latest_cs = ended ? uptime_cs : std::numeric_limits<std::int64_t>::max();
    }

    void add_output(std::string_view bytes);

    [[nodiscard]] const std::vector<StepRecord>& steps() const { return m_steps; }

    std::optional<Time> last;       // record, likewise
    std::string commit;             // full, once the repository was fetched
    release::Signatures signatures; // of that commit, as git on the host reads them
    std::string log_file;           // on the host
    std::string saved_file;         // the patch of what was not committed there
    std::string failed_command;     // "docker compose build loom-content"
    int failed_code = 0;
    std::vector<std::string> lost; // kept versions whose images are gone from the host
    std::string cancelled_by;      // by his own word; "" = nobody cancelled it, or he did not say
    bool switched = false;
    bool older = false;     // it was asked for although a newer one was there
    bool unchecked = false; // nobody asked whether it works: health = "none"

    // The beginning and the end of what the last step printed, or the first that failed, and the
    // container's last lines.
    [[nodiscard]] const std::string& head() const { return m_head; }

    [[nodiscard]] const std::string& tail() const { return m_tail; }

    [[nodiscard]] const std::string& container() const { return m_container; }

private:
    static constexpr Milliseconds k_cs{10};

    std::vector<StepRecord> m_steps;
    std::optional<Time> m_boot;
    std::int64_t m_latest_cs = 0;
    std::int64_t m_step_began = 0;
    std::string m_head;
    std::string m_tail;
    std::string m_container;
    bool m_in_container = false;
    bool m_failed = false; // a step did; nothing of what follows is its reason
};

} // namespace loomrel::deploy
