#include "lib/config/lookup.hpp"

#include "lib/base/error.hpp"
#include "lib/base/file.hpp"
#include "lib/base/shell_quote.hpp"
#include "lib/base/text.hpp"
#include "lib/config/git_tree.hpp"

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

Error tracked_error(const std::string& place, const path& tracked) {
    const std::string command = untrack_command(tracked);
    return {ErrorKind::config,
            "env_servers_tracked",
            {place
                 + ": файл с паролями лежит в git: пароли из него знает каждый, у кого есть "
                   "репозиторий",
             place
                 + ": git tracks this file of passwords: whoever has the repository knows the "
                   "passwords"},
            {"смените пароли и уберите файл из git: " + command,
             "change the passwords, and take the file out of git: " + command}};
}

// Whoever names a file may name a pipe; what lies in a checkout may lead anywhere.
std::optional<Found> read_whole(const Inputs& inputs, const path& file, bool named) {
    const path whole = file.is_absolute() ? file : inputs.working_directory / file;
    const std::string place = file.string();
    try {
        if (auto text = named ? read_file(whole) : read_regular_file(whole)) {
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

// Nobody asked for an unnamed file: where it cannot be read, whoever must go on is told so and goes
// past it.
std::optional<Found>
read(const Inputs& inputs, const path& file, bool named, std::vector<Phrase>& notices) {
    try {
        return read_whole(inputs, file, named);
    } catch (const Error& error) {
        if (named || !inputs.must_go_on) {
            throw;
        }
        notices.push_back(error.message());
        return std::nullopt;
    }
}

// Error, or a notice where the run has to go on: CI's images are not ours to own, and a rollback at
// night must not stop at the mode of a file.
void refuse(const Inputs& inputs, std::vector<Phrase>& notices, const Error& error) {
    const bool in_ci = variable(inputs, "CI") == "true";
    if (!in_ci && !inputs.must_go_on) {
        throw Error(error);
    }
    notices.push_back(error.message());
}

// Who could write it could send our secrets elsewhere.
void check_owner(const Inputs& inputs, const Found& found, std::vector<Phrase>& notices) {
    const FileOwner owner = owner_of(found.path);
    const std::string& place = found.place;
    if (!owner.mine_or_roots) {
        refuse(inputs,
               notices,
               Error(ErrorKind::config,
                     "file_of_another",
                     {place + ": файл принадлежит не вам и не root",
                      place + ": the file belongs neither to you nor to root"},
                     {"sudo chown \"$(id -un)\" " + shell_quote(place),
                      "sudo chown \"$(id -un)\" " + shell_quote(place)}));
    }
    if (owner.writable_by_others) {
        refuse(
            inputs,
            notices,
            Error(ErrorKind::config,
                  "file_writable",
                  {place + ": в файл могут писать другие", place + ": others can write the file"},
                  {"chmod go-w " + shell_quote(place), "chmod go-w " + shell_quote(place)}));
    }
}

struct Candidate {
    path file;
    bool named = false;
};

std::vector<Candidate> trusted_tomls(const Inputs& inputs) {
    std::vector<Candidate> candidates;
    if (inputs.config_flag) {
        candidates.push_back({*inputs.config_flag, true});
    } else if (const auto named = variable(inputs, "LOOMREL_CONFIG")) {
        candidates.push_back({*named, true});
    }
    const path of_system = path(k_system_folder) / "loomrel.toml";
    const path first = first_trusted_toml(inputs);
    candidates.push_back({first});
    if (first != of_system) {
        candidates.push_back({of_system});
    }
    return candidates;
}

bool is_same(const std::optional<Found>& one, const Found& other) {
    std::error_code ignored;
    return one && std::filesystem::equivalent(one->path, other.path, ignored);
}

} // namespace

path first_trusted_toml(const Inputs& inputs) {
    if (const auto home = variable(inputs, "XDG_CONFIG_HOME")) {
        return path(*home) / "loomrel/loomrel.toml";
    }
    if (const auto own = variable(inputs, "HOME")) {
        return path(*own) / ".config/loomrel/loomrel.toml";
    }
    return path(k_system_folder) / "loomrel.toml";
}

TomlLayers find_tomls(const Inputs& inputs) {
    TomlLayers layers;
    for (const auto& [file, named] : trusted_tomls(inputs)) {
        const std::size_t said = layers.notices.size();
        auto found = read(inputs, file, named, layers.notices);
        if (!found) {
            layers.lacks_trusted = layers.lacks_trusted || layers.notices.size() > said;
            continue;
        }
        if (!checkout_of(found->path)) {
            check_owner(inputs, *found, layers.notices);
            layers.trusted = std::move(found);
            break;
        }
        if (named) {
            layers.repository = std::move(found);
        } else {
            layers.notices.push_back(
                {found->place + ": файл лежит в репозитории git, поэтому не читается",
                 found->place + ": the file stands in a git work tree, so it is not read"});
        }
    }
    for (const char* file : {"loomrel.toml", ".github/loomrel.toml"}) {
        auto found = layers.repository ? std::nullopt : read(inputs, file, false, layers.notices);
        if (found && is_same(layers.trusted, *found)) {
            break; // it was named: one file is one layer
        }
        if (found) {
            layers.repository = std::move(found);
        }
    }
    return layers;
}

EnvLayer find_env_servers(const Inputs& inputs) {
    EnvLayer layer;
    std::vector<Candidate> candidates;
    const auto text = variable(inputs, "LOOMREL_ENV_SERVERS");
    if (inputs.env_file_flag) {
        candidates.push_back({*inputs.env_file_flag, true});
    } else if (const auto named = variable(inputs, "LOOMREL_ENV_FILE")) {
        candidates.push_back({*named, true});
    } else if (text) {
        layer.file = Found{{}, "$LOOMREL_ENV_SERVERS", *text};
    }
    // The one in the working directory is looked at whichever is read: it may have got into git.
    candidates.push_back({".env.servers"});
    if (candidates.size() == 1) {
        if (const auto own = variable(inputs, "HOME")) {
            candidates.push_back({path(*own) / ".env.servers"});
        }
        candidates.push_back({path(k_system_folder) / ".env.servers"});
    }
    for (const auto& [file, named] : candidates) {
        const path whole = file.is_absolute() ? file : inputs.working_directory / file;
        if (const auto name = tracked_name(whole)) {
            const Error tracked = tracked_error(file.string(), *name == whole ? file : *name);
            if (!layer.file && !inputs.must_go_on) {
                throw Error(tracked);
            }
            layer.notices.push_back(tracked.message());
        } else if (!layer.file) {
            layer.file = read(inputs, file, named, layer.notices);
            if (layer.file) {
                check_owner(inputs, *layer.file, layer.notices);
            }
        }
    }
    return layer;
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
