#pragma once

#include "cli/syntax/command.hpp"

#include <optional>
#include <string>

namespace loomrel::cli {

struct DoctorOptions {
    std::optional<std::string> environment;
    std::optional<std::string> service;
};

void register_doctor(Command& parent);
[[nodiscard]] ExitCode run_doctor(Services& services, const DoctorOptions& options);

} // namespace loomrel::cli
