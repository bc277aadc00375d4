#include "cli/commands/config.hpp"

#include "cli/checks/config_check.hpp"
#include "cli/checks/exposure.hpp"
#include "lib/base/text.hpp"
#include "lib/terminal/table.hpp"

#include <nlohmann/json.hpp>

#include <utility>

namespace loomrel::cli {

namespace {

using messages::Id;

const char* word_of(config::Source source) {
    switch (source) {
    case config::Source::flag:
        return "flag";
    case config::Source::environment:
        return "environment";
    case config::Source::toml:
        return "toml";
    case config::Source::repository:
        return "repository";
    case config::Source::env_servers:
        return "env_servers";
    case config::Source::built_in:
        return "default";
    }
    return "";
}

// Whose word it is (design 13.5).
const char* layer_of(config::Source source) {
    switch (source) {
    case config::Source::repository:
        return "repository";
    case config::Source::built_in:
        return "default";
    case config::Source::flag:
    case config::Source::environment:
    case config::Source::toml:
    case config::Source::env_servers:
        break;
    }
    return "trusted";
}

void show_checked(Services& services,
                  const std::vector<std::string>& warnings,
                  const std::vector<std::string>& problems) {
    const config::Config& config = services.config();
    const auto shown = [&](const std::filesystem::path& path) {
        return path.empty() ? services.say(Id::cli_config_not_found) : sanitize_line(path.string());
    };
    services.out(services.say(Id::cli_config_files,
                              fmt::arg("toml", shown(config.toml_path)),
                              fmt::arg("repository", shown(config.repository_toml_path)),
                              fmt::arg("env_servers", shown(config.env_servers_path)))
                 + "\n");
    for (const std::string& each : warnings) {
        services.out(services.say(Id::cli_warning, fmt::arg("text", each)) + "\n");
    }
    for (const std::string& each : problems) {
        services.out(services.say(Id::cli_config_problem, fmt::arg("text", each)) + "\n");
    }
    if (problems.empty()) {
        const bool none = config.toml_path.empty() && config.repository_toml_path.empty()
                          && config.env_servers_path.empty();
        services.out(services.say(none ? Id::cli_config_none : Id::cli_config_good) + "\n");
    }
}

} // namespace

void register_config(Command& parent) {
    Command& family = parent.command("config", Id::cli_config_about);
    family.command("show", Id::cli_config_show_about).runs(run_config_show);
    family.command("check", Id::cli_config_check_about).runs(run_config_check);
}

ExitCode run_config_show(Services& services) {
    const std::vector<config::Shown> values = services.config().shown();
    if (services.json()) {
        nlohmann::ordered_json list = nlohmann::ordered_json::array();
        for (const config::Shown& each : values) {
            list.push_back({{"key", each.key},
                            {"value", each.value},
                            {"source", word_of(each.origin.source)},
                            {"origin", each.origin.place},
                            {"layer", layer_of(each.origin.source)},
                            {"in_repository", each.in_repository}});
        }
        services.out_json({{"values", std::move(list)}});
        return ExitCode::ok;
    }
    terminal::Table table({services.say(Id::cli_column_key),
                           services.say(Id::cli_column_value),
                           services.say(Id::cli_column_origin)});
    const bool for_people = services.io().out_is_tty();
    for (const config::Shown& each : values) {
        std::string origin = each.origin.place;
        if (each.origin.source == config::Source::built_in || origin.empty()) {
            origin = for_people && each.origin.source == config::Source::built_in
                         ? services.say(Id::cli_config_default)
                         : word_of(each.origin.source);
        }
        table.add({each.key, each.value, origin});
    }
    services.out(for_people ? table.aligned(services.io().size().columns) : table.plain());
    return ExitCode::ok;
}

ExitCode run_config_check(Services& services) {
    const config::Config& config = services.config();
    std::vector<std::string> warnings;
    for (const Phrase& each : config.warnings()) {
        warnings.push_back(sanitize_line(in(services.language(), each)));
    }
    std::vector<std::string> problems = config_problems(services);
    for (const Exposure& each : find_exposures(services)) {
        const Language language = services.language();
        (each.bad ? problems : warnings)
            .push_back(sanitize_line(in(language, each.text) + ": " + in(language, each.mend)));
    }
    const ExitCode code = problems.empty() ? ExitCode::ok : ExitCode::usage;
    if (services.json()) {
        services.out_json({{"ok", problems.empty()},
                           {"toml", config.toml_path.string()},
                           {"repository_toml", config.repository_toml_path.string()},
                           {"env_servers", config.env_servers_path.string()},
                           {"warnings", warnings},
                           {"problems", problems}});
        return code;
    }
    show_checked(services, warnings, problems);
    return code;
}

} // namespace loomrel::cli
