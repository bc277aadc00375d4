#pragma once

#include "lib/base/clock.hpp"
#include "lib/deploy/run_transcript.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <tuple>
#include <variant>

// What passes in the stream of a run on one host. texts() names what the host or the network wrote,
// so that whoever shows an event makes all of it harmless.
namespace loomrel::deploy {

struct RunAttached {
    std::string run_id;
    bool started = false; // by this command; false: it was there already and is followed

    auto texts() { return std::tie(run_id); }
};

// Another run holds the service's lock.
struct LockAwaited {
    std::string holder; // "v1.2.2, run …, developer, since …"

    auto texts() { return std::tie(holder); }
};

struct StepStarted {
    StepRecord step;

    auto texts() { return std::tie(step.name, step.commit); }
};

struct StepEnded {
    std::string step;
    bool ok = false;
    Milliseconds took{0};

    auto texts() { return std::tie(step); }
};

// Of the log for people, in the run's language: "🚀 Начинаем деплой тега v1.2.3".
struct LogLine {
    std::string text;

    auto texts() { return std::tie(text); }
};

// What commands print: raw, cut anywhere, and gone when the call returns.
struct Output {
    std::string_view bytes;

    auto texts() { return std::tie(); }
};

struct LinkLost {
    std::string reason;

    auto texts() { return std::tie(reason); }
};

struct LinkBack {
    auto texts() { return std::tie(); }
};

// The host says every 5 s that the run goes on.
struct HostAlive {
    auto texts() { return std::tie(); }
};

using RunEvent = std::variant<RunAttached,
                              LockAwaited,
                              StepStarted,
                              StepEnded,
                              LogLine,
                              Output,
                              LinkLost,
                              LinkBack,
                              HostAlive>;

// Called from the host's thread, in order, and must not wait for anything slow. Several hosts call
// at once, so a listener locks. `host` is the host's shown name. An empty one: nobody listens.
using RunListener = std::function<void(const std::string& host, const RunEvent& event)>;

} // namespace loomrel::deploy
