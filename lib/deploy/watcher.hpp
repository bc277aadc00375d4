#pragma once

#include "lib/base/clock.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace loomrel::deploy {

// Told of everything that passes in a run's stream, in order. All calls of one host come
// from one thread; several hosts call at once, so an implementation locks. `host` is the host's
// shown name.
class Watcher {
public:
    virtual ~Watcher() = default;

    // "started": this command started the run; false: it was there already and is followed.
    virtual void attached(const std::string& host, const std::string& run_id, bool started) = 0;
    // Another run holds the service's lock; `holder` is "v1.2.2, run …, developer, since …".
    virtual void waiting(const std::string& host, const std::string& holder) = 0;
    virtual void step_started(const std::string& host, const std::string& step) = 0;
    virtual void
    step_ended(const std::string& host, const std::string& step, bool ok, Milliseconds took) = 0;
    // A line of the log for people, in the run's language: "🚀 Начинаем деплой тега v1.2.3".
    virtual void log_line(const std::string& host, std::string_view text) = 0;
    // What commands print: raw bytes as they come, any bytes, cut anywhere.
    virtual void output(const std::string& host, std::string_view bytes) = 0;
    virtual void link_lost(const std::string& host, const std::string& reason) = 0;
    virtual void link_back(const std::string& host) = 0;
};

// Hears all and does nothing: for whoever wants to hear some.
class Quiet : public Watcher {
public:
    void attached(const std::string&, const std::string&, bool) override {}

    void waiting(const std::string&, const std::string&) override {}

    void step_started(const std::string&, const std::string&) override {}

    void step_ended(const std::string&, const std::string&, bool, Milliseconds) override {}

    void log_line(const std::string&, std::string_view) override {}

    void output(const std::string&, std::string_view) override {}

    void link_lost(const std::string&, const std::string&) override {}

    void link_back(const std::string&) override {}
};

// For whoever only wants the outcome.
class Nobody final : public Quiet {};

} // namespace loomrel::deploy
