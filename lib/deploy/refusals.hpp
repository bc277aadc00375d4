#pragma once

#include "lib/base/error.hpp"

#include <string>
#include <string_view>

namespace loomrel::deploy {

// What a host answered instead of starting a run: nothing was changed there. `told` is the
// bootstrap's "word detail".
[[nodiscard]] Error refusal(const std::string& host, std::string_view told);

// The shell on the host ended before it said hello; `noise` is what it printed instead.
[[nodiscard]] Error shell_failed(const std::string& host, std::string_view noise);

// It said something, and not that this was all.
[[nodiscard]] Error answer_cut(const std::string& host);

} // namespace loomrel::deploy
