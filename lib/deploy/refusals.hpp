#pragma once

#include "lib/base/clock.hpp"
#include "lib/base/error.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace loomrel::deploy {

// What a host answered instead of starting a run: nothing was changed there. `told` is the
// bootstrap's "word detail".
[[nodiscard]] Error refusal(const std::string& host, std::string_view told);

// The shell on the host ended before it said hello; `noise` is what it printed instead.
[[nodiscard]] Error shell_failed(const std::string& host, std::string_view noise);

// A look that was not over in time, or went on and on.
[[nodiscard]] Error answer_late(const std::string& host, Milliseconds limit);
[[nodiscard]] Error answer_endless(const std::string& host, std::size_t limit);

// The run's folder was taken away, or its lock no longer answers: the host cannot tell of the run.
[[nodiscard]] Error run_gone(const std::string& host, std::string_view folder);

// A newer loomrel's program wrote the run's end, in a form that this one cannot read.
[[nodiscard]] Error written_by_newer(const std::string& host);

// It said something, and not that this was all.
[[nodiscard]] Error answer_cut(const std::string& host);

} // namespace loomrel::deploy
