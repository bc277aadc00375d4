#pragma once

#include "lib/config/config.hpp"

#include <filesystem>
#include <optional>
#include <string>

namespace loomrel::config {

// A file of the configuration, wherever it was found.
struct Found {
    std::filesystem::path path; // "" = the text came from a variable
    std::string place;          // as errors name it
    std::string text;
};

// Where design 4 looks, in its order. A file that was named but is not there is Error(config).
[[nodiscard]] std::optional<Found> find_toml(const Inputs& inputs);
[[nodiscard]] std::optional<Found> find_env_servers(const Inputs& inputs);

// "a-B" and "A_b" are one developer: lower case, "-" as "_".
[[nodiscard]] std::string fold(std::string_view login);

// Folded; never a developer's.
[[nodiscard]] bool is_reserved(std::string_view folded);

} // namespace loomrel::config
