#include "lib/config/lookup.hpp"

#include "lib/base/error.hpp"
#include "lib/base/file.hpp"
#include "lib/base/text.hpp"

#include <algorithm>
#include <system_error>
#include <vector>

namespace loomrel::config {

namespace {

using std::filesystem::path;

std::optional<std::string> variable(const Inputs& inputs, const std::string& name) {
    const auto found = inputs.environment.find(name);
    if (found == inputs.environment.end() || found->second.empty()) {
        return std::nullopt;
    }
    return found->second;
}

std::optional<Found> read(const Inputs& inputs, const path& file, bool named) {
    const path whole = file.is_absolute() ? file : inputs.working_directory / file;
    const std::string place = file.string();
    try {
        if (auto text = read_file(whole)) {
            return Found{whole, place, std::move(*text)};
        }
    } catch (const std::system_error& error) {
        throw Error(ErrorKind::config,
                    "unreadable_file",
                    {place + ": не читается: " + error.code().message(),
                     place + ": cannot be read: " + error.code().message()});
    }
    if (named) {
        throw Error(ErrorKind::config,
                    "no_such_file",
                    {place + ": такого файла нет", place + ": there is no such file"},
                    {"без --config, --env-file и их переменных окружения файлы ищутся сами; начать "
                     "с примера: loomrel init",
                     "without --config, --env-file and their variables files are looked for in "
                     "their usual places; to begin with an example: loomrel init"});
    }
    return std::nullopt;
}

std::optional<Found> first_of(const Inputs& inputs, const std::vector<path>& candidates) {
    for (const path& candidate : candidates) {
        if (auto found = read(inputs, candidate, false)) {
            return found;
        }
    }
    return std::nullopt;
}

} // namespace

std::optional<Found> find_toml(const Inputs& inputs) {
    if (inputs.config_flag) {
        return read(inputs, *inputs.config_flag, true);
    }
    if (const auto named = variable(inputs, "LOOMREL_CONFIG")) {
        return read(inputs, *named, true);
    }
    std::vector<path> candidates{"loomrel.toml", ".github/loomrel.toml"};
    if (const auto home = variable(inputs, "XDG_CONFIG_HOME")) {
        candidates.push_back(path(*home) / "loomrel/loomrel.toml");
    } else if (const auto own = variable(inputs, "HOME")) {
        candidates.push_back(path(*own) / ".config/loomrel/loomrel.toml");
    }
    candidates.emplace_back("/etc/loomrel/loomrel.toml");
    return first_of(inputs, candidates);
}

std::optional<Found> find_env_servers(const Inputs& inputs) {
    if (inputs.env_file_flag) {
        return read(inputs, *inputs.env_file_flag, true);
    }
    if (const auto named = variable(inputs, "LOOMREL_ENV_FILE")) {
        return read(inputs, *named, true);
    }
    if (const auto text = variable(inputs, "LOOMREL_ENV_SERVERS")) {
        return Found{{}, "$LOOMREL_ENV_SERVERS", *text};
    }
    std::vector<path> candidates{".env.servers"};
    if (const auto own = variable(inputs, "HOME")) {
        candidates.push_back(path(*own) / ".env.servers");
    }
    candidates.emplace_back("/etc/loomrel/.env.servers");
    return first_of(inputs, candidates);
}

std::string fold(std::string_view login) {
    std::string folded = to_lower(login);
    std::replace(folded.begin(), folded.end(), '-', '_');
    return folded;
}

bool is_reserved(std::string_view folded) {
    return folded == "stage" || folded == "prod" || folded.starts_with("loom_") || folded == "loom";
}

} // namespace loomrel::config
