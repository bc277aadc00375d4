#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace loomrel::cli {

// "READY=1", "STOPPING=1" to the service manager, if $NOTIFY_SOCKET names it (sd_notify(3)). What
// goes wrong with that is the manager's to notice.
void notify_manager(const std::optional<std::string>& socket, std::string_view state);

} // namespace loomrel::cli
