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

constexpr const char* k_system_folder = "/etc/loomrel";

Error tracked_error(const std::string& place) {
    return {ErrorKind::config,
            "env_servers_tracked",
            {place
                 + ": файл с паролями лежит в git: пароли из него знает каждый, у кого есть "
                   "репозиторий",
             place + ": git tracks this file of passwords: whoever has the repository knows them"},
            {"git rm --cached " + shell_quote(place)
                 + " && echo .env.servers >>.gitignore, и смените пароли",
             "git rm --cached " + shell_quote(place)
                 + " && echo .env.servers >>.gitignore, and change the passwords"}};
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

// Administrators keep the whole of /etc in git (etckeeper): root's, and nobody's checkout.
bool is_in_checkout(const path& file, const path& tree) {
    return file != path(k_system_folder) / file.filename() || (tree != "/etc" && tree != "/");
}

std::optional<path> checkout_of(const path& file) {
    const auto tree = work_tree_of(file);
    return tree && is_in_checkout(file, *tree) ? tree : std::nullopt;
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
    if (const auto home = variable(inputs, "XDG_CONFIG_HOME")) {
        candidates.push_back({path(*home) / "loomrel/loomrel.toml"});
    } else if (const auto own = variable(inputs, "HOME")) {
        candidates.push_back({path(*own) / ".config/loomrel/loomrel.toml"});
    }
    candidates.push_back({path(k_system_folder) / "loomrel.toml"});
    return candidates;
}

bool is_same(const std::optional<Found>& one, const Found& other) {
    std::error_code ignored;
    return one && std::filesystem::equivalent(one->path, other.path, ignored);
}

} // namespace

TomlLayers find_tomls(const Inputs& inputs) {
    TomlLayers layers;
    for (const auto& [file, named] : trusted_tomls(inputs)) {
        auto found = read(inputs, file, named);
        if (!found) {
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
        auto found = layers.repository ? std::nullopt : read(inputs, file, false);
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
        const auto tree = checkout_of(whole);
        if (tree && is_tracked(*tree, whole)) {
            const Error tracked = tracked_error(file.string());
            if (!layer.file && !inputs.must_go_on) {
                throw Error(tracked);
            }
            layer.notices.push_back(tracked.message());
        } else if (!layer.file) {
            layer.file = read(inputs, file, named);
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
