#pragma once

#include "lib/config/config.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace loomrel::config {

// An administrator's files.
inline constexpr const char* k_system_folder = "/etc/loomrel";

// A file of the configuration, wherever it was found.
struct Found {
    std::filesystem::path path; // "" = the text came from a variable
    std::string place;          // as errors name it
    std::string text;
};

// The two files called loomrel.toml (design 13.5). Whoever can push a branch writes the
// repository's; the trusted one belongs to whoever types the command, or to root.
struct TomlLayers {
    std::optional<Found> repository;
    std::optional<Found> trusted;
    // What is to be said of files that were passed over, or that others can write.
    std::vector<Phrase> notices;
    bool lacks_trusted = false; // one is there, and cannot be read
};

struct EnvLayer {
    std::optional<Found> file;
    std::vector<Phrase> notices;
};

// Where design 4 looks, in its order. A file that was named but is not there, one that cannot be
// read, and a trusted one that others can write, is Error(config). Whoever must go on gets a notice
// of the last, as CI does, and of an unreadable one that nobody named. A file in a git work tree is
// the repository's, however it was named.
[[nodiscard]] TomlLayers find_tomls(const Inputs& inputs);
// Where the trusted one is written first: in XDG_CONFIG_HOME, in HOME, in /etc.
[[nodiscard]] std::filesystem::path first_trusted_toml(const Inputs& inputs);
// One that git tracks is not read: Error(config), a notice for whoever must go on.
[[nodiscard]] EnvLayer find_env_servers(const Inputs& inputs);

// "a-B" and "A_b" are one developer: lower case, "-" as "_".
[[nodiscard]] std::string fold(std::string_view login);

// Folded; never a developer's.
[[nodiscard]] bool is_reserved(std::string_view folded);

} // namespace loomrel::config
