#include "cli/commands/init/init.hpp"

#include "cli/checks/git.hpp"
#include "cli/commands/init/plan.hpp"
#include "cli/context/services.hpp"
#include "lib/base/file.hpp"
#include "lib/base/text.hpp"
#include "lib/release/names.hpp"

#include <nlohmann/json.hpp>

namespace loomrel::cli {

namespace {

namespace fs = std::filesystem;
using messages::Id;
using messages::phrase;
using nlohmann::ordered_json;

GitRepository repository_of(Services& services) {
    auto repository = GitRepository::find(services.working_directory());
    if (!repository) {
        throw Error(ErrorKind::usage,
                    "no_repository",
                    phrase(Id::init_no_repository,
                           fmt::arg("folder", services.working_directory().string())),
                    phrase(Id::init_no_repository_hint));
    }
    return *repository;
}

// The name that GitHub's runs will ask for, else a placeholder that cannot be mistaken.
std::string service_of(const GitRepository& repository) {
    for (const std::string& name :
         {repository_name(repository.origin()), repository.root().filename().string()}) {
        if (release::is_service_name(name)) {
            return name;
        }
    }
    return "my-service";
}

std::string shown(const fs::path& path) {
    return sanitize_line(path.generic_string());
}

std::string list_of(const std::vector<fs::path>& paths) {
    std::vector<std::string> names;
    for (const fs::path& path : paths) {
        names.push_back(shown(path));
    }
    return join(names, ", ");
}

// Of what is done, or of what would be.
std::string
lines_of(Services& services, const GitRepository& repository, const InitPlan& plan, bool done) {
    std::string text;
    const auto add = [&](Id id, const fs::path& path) {
        text += "  " + services.say(id, fmt::arg("file", shown(path))) + "\n";
    };
    const auto add_endangered = [&](Id id, const fs::path& path) {
        const std::string name = shown(path);
        const auto file = fmt::arg("file", name);
        const bool in_git = done || repository.holds(path); // nothing is done to what is not
        text += "  "
                + services.say(
                    id,
                    file,
                    fmt::arg("kept",
                             services.say(in_git ? Id::init_in_git : Id::init_not_in_git, file)))
                + "\n";
    };
    for (const fs::path& path : plan.kept) {
        add(Id::init_keeps, path);
    }
    for (const InitPlan::File& file : plan.writes) {
        if (file.replaces) {
            add_endangered(done ? Id::init_replaces : Id::init_would_replace, file.path);
        } else {
            add(Id::init_writes, file.path);
        }
    }
    for (const fs::path& path : plan.removals) {
        add_endangered(done ? Id::init_removes : Id::init_would_remove, path);
    }
    for (const InitPlan::Neighbour& neighbour : plan.neighbours) {
        text += "  "
                + services.say(Id::init_neighbour,
                               fmt::arg("file", shown(neighbour.path)),
                               fmt::arg("trigger", neighbour.trigger))
                + "\n";
    }
    return text;
}

void refuse_if_in_the_way(Services& services,
                          const GitRepository& repository,
                          const InitPlan& plan) {
    if (!plan.is_in_the_way()) {
        return;
    }
    services.note(lines_of(services, repository, plan, false));
    // By name here too: with -q or --json the error is all there is.
    std::vector<fs::path> files = plan.endangered();
    for (const InitPlan::Neighbour& neighbour : plan.neighbours) {
        files.push_back(neighbour.path);
    }
    throw Error(ErrorKind::refused,
                "workflows_there",
                phrase(Id::init_in_the_way, fmt::arg("files", list_of(files))),
                phrase(Id::init_in_the_way_hint));
}

void refuse_if_lost(const GitRepository& repository, const InitPlan& plan) {
    std::vector<fs::path> lost;
    for (const fs::path& path : plan.endangered()) {
        if (!repository.holds(path)) {
            lost.push_back(path);
        }
    }
    if (!lost.empty()) {
        throw Error(ErrorKind::refused,
                    "uncommitted",
                    phrase(Id::init_uncommitted, fmt::arg("files", list_of(lost))),
                    phrase(Id::init_uncommitted_hint));
    }
}

// A link may lead to another repository, or to a folder that many share.
void refuse_if_elsewhere(const GitRepository& repository, const InitPlan& plan) {
    std::vector<fs::path> paths = plan.removals;
    for (const InitPlan::File& file : plan.writes) {
        paths.push_back(file.path);
    }
    if (const auto link = link_on_the_way(repository.root(), paths)) {
        throw Error(ErrorKind::refused,
                    "symbolic_link",
                    phrase(Id::init_link, fmt::arg("file", shown(*link))),
                    phrase(Id::init_link_hint, fmt::arg("file", shown(*link))));
    }
}

void carry_out(const fs::path& root, const InitPlan& plan) {
    for (const InitPlan::File& file : plan.writes) {
        fs::create_directories((root / file.path).parent_path());
        write_file_atomically(root / file.path, file.text, 0644);
    }
    for (const fs::path& path : plan.removals) {
        fs::remove(root / path);
    }
}

ordered_json to_object(const GitRepository& repository,
                       const std::string& service,
                       const InitPlan& plan,
                       bool dry_run) {
    const auto names = [](const std::vector<fs::path>& paths) {
        ordered_json list = ordered_json::array();
        for (const fs::path& path : paths) {
            list.push_back(path.generic_string());
        }
        return list;
    };
    ordered_json written = ordered_json::array();
    ordered_json replaced = ordered_json::array();
    for (const InitPlan::File& file : plan.writes) {
        (file.replaces ? replaced : written).push_back(file.path.generic_string());
    }
    ordered_json beside = ordered_json::array();
    for (const InitPlan::Neighbour& neighbour : plan.neighbours) {
        beside.push_back(
            {{"file", neighbour.path.generic_string()}, {"trigger", neighbour.trigger}});
    }
    return {{"repository", repository.root().string()},
            {"service", service},
            {"dry_run", dry_run},
            {"changed", !plan.is_done() && !dry_run},
            {"written", std::move(written)},
            {"replaced", std::move(replaced)},
            {"removed", names(plan.removals)},
            {"kept", names(plan.kept)},
            {"beside", std::move(beside)}};
}

} // namespace

ExitCode run_init(Services& services, const InitOptions& options) {
    const GitRepository repository = repository_of(services);
    const std::string service = service_of(repository);
    const InitPlan plan = plan_init(repository.root(), service, services.language());
    refuse_if_elsewhere(repository, plan);
    if (!options.replace) {
        refuse_if_in_the_way(services, repository, plan);
    }
    refuse_if_lost(repository, plan);
    if (!options.dry_run) {
        carry_out(repository.root(), plan);
    }
    if (services.json()) {
        services.out_json(to_object(repository, service, plan, options.dry_run));
        return ExitCode::ok;
    }
    const Id title = plan.is_done()    ? Id::init_done_before
                     : options.dry_run ? Id::init_would
                                       : Id::init_did;
    services.out(services.say(title,
                              fmt::arg("folder", shown(repository.root())),
                              fmt::arg("service", service))
                 + "\n" + lines_of(services, repository, plan, !options.dry_run));
    if (!plan.is_done()) {
        services.note(services.say(Id::init_next));
    }
    return ExitCode::ok;
}

void register_init(Command& parent) {
    auto options = std::make_shared<InitOptions>();
    parent.command("init", Id::cli_init_about)
        .flag("--replace", Id::cli_help_replace, options->replace)
        .flag("--dry-run", Id::cli_help_dry_run, options->dry_run)
        .runs([options](Services& services) { return run_init(services, *options); });
}

} // namespace loomrel::cli
