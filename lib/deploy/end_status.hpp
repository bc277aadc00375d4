#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace loomrel::deploy {

// How a run ended on a host, from its status file: the only source of an outcome. One line, a
// record (host_record.hpp) of
//     id rc outcome step reason serves switched restored log whole
// where `whole` is a dot. One for a run that an older loomrel had started has no keys.
struct EndStatus {
    int rc = 1;            // 0 good, 1 failed, 2 configuration, 3 refused
    std::string outcome;   // good, failed, refused, cancelled, died
    std::string step;      // the last one
    std::string reason;    // "health_failed"; "-" = none
    std::string serves;    // tag, commit or image that answers there now; "" = not known
    bool switched = false; // the new version had been started
    std::string restored;  // what served before: yes (is back), failed, none (there was none), "-"
    std::string log;       // whole, cut, none

    [[nodiscard]] bool good() const { return rc == 0 && outcome == "good"; }
};

// nullopt for anything but a whole, own status: absent, cut short, foreign or too large is never a
// success; it is unknown.
[[nodiscard]] std::optional<EndStatus> parse_end_status(std::string_view line,
                                                        std::string_view run_id);

} // namespace loomrel::deploy
