#include "cli/commands/init/plan.hpp"

#include "cli/commands/init/workflow_files.hpp"
#include "lib/base/file.hpp"
#include "lib/base/text.hpp"
#include "lib/messages/messages.hpp"

#include <algorithm>
#include <system_error>

namespace loomrel::cli {

namespace {

namespace fs = std::filesystem;
using messages::Id;

const fs::path k_workflows = ".github/workflows";
const fs::path k_scripts = ".github/scripts";
constexpr std::string_view k_old_script = ".github/scripts/on-";
const fs::path k_config = "loomrel.toml";

std::vector<fs::path> names_in(const fs::path& folder) {
    std::vector<fs::path> names;
    std::error_code absent;
    for (const auto& entry : fs::directory_iterator(folder, absent)) {
        if (entry.is_regular_file() || entry.is_symlink()) {
            names.push_back(entry.path().filename());
        }
    }
    std::sort(names.begin(), names.end());
    return names;
}

bool is_ours(const fs::path& name) {
    const auto& files = workflow_files();
    return std::any_of(
        files.begin(), files.end(), [&](const WorkflowFile& file) { return name == file.name; });
}

bool is_workflow(const fs::path& name) {
    return name.extension() == ".yml" || name.extension() == ".yaml";
}

// What ours start on; of those started by hand only one that takes a release is like ours.
std::string shared_trigger(const std::string& text) {
    const std::set<std::string> triggers = triggers_of(text);
    for (const char* event : {"push", "create"}) {
        if (triggers.contains(event)) {
            return event;
        }
    }
    const bool takes_release = text.find("release_id") != std::string::npos
                               || text.find("release_tag") != std::string::npos;
    return triggers.contains("workflow_dispatch") && takes_release ? "workflow_dispatch" : "";
}

// A bare key of TOML, or a quoted one.
std::string toml_key(const std::string& name) {
    const bool bare = std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')
               || c == '_' || c == '-';
    });
    return bare ? name : "\"" + name + "\"";
}

void plan_config(InitPlan& plan,
                 const fs::path& root,
                 const std::string& service,
                 Language language) {
    for (const fs::path& place : {k_config, fs::path(".github") / k_config}) {
        if (fs::exists(fs::symlink_status(root / place))) {
            plan.kept.push_back(place);
            return;
        }
    }
    plan.writes.push_back({k_config,
                           messages::say(language,
                                         Id::init_config,
                                         fmt::arg("service", service),
                                         fmt::arg("key", toml_key(service))),
                           false});
}

// Passwords stand beside the configuration, and "git add -A" takes whatever it finds.
void plan_ignore(InitPlan& plan, const fs::path& root) {
    const fs::path name = ".gitignore";
    if (fs::is_symlink(fs::symlink_status(root / name))) {
        return; // it may be shared with others
    }
    std::string text = read_regular_file(root / name).value_or("");
    for (const std::string_view line : split(text, '\n')) {
        for (const std::string_view known : {".env.servers", "/.env.servers", ".env.*", ".env*"}) {
            if (trim(line) == known) {
                return;
            }
        }
    }
    text += text.empty() || text.ends_with('\n') ? "" : "\n";
    plan.writes.push_back({name, text + ".env.servers\n", false});
}

void plan_workflows(InitPlan& plan, const fs::path& root) {
    for (const WorkflowFile& file : workflow_files()) {
        const fs::path path = k_workflows / file.name;
        const auto there = read_regular_file(root / path);
        if (there == file.text) {
            plan.kept.push_back(path);
        } else {
            plan.writes.push_back({path, std::string(file.text), there.has_value()});
        }
    }
}

void plan_old_ways(InitPlan& plan, const fs::path& root) {
    for (const fs::path& name : names_in(root / k_workflows)) {
        if (is_ours(name) || !is_workflow(name)) {
            continue;
        }
        const std::string text = read_regular_file(root / k_workflows / name).value_or("");
        if (text.find(k_old_script) != std::string::npos) {
            plan.removals.push_back(k_workflows / name);
        } else if (const std::string trigger = shared_trigger(text); !trigger.empty()) {
            plan.neighbours.push_back({k_workflows / name, trigger});
        }
    }
    for (const fs::path& name : names_in(root / k_scripts)) {
        if (name.string().starts_with("on-")) {
            plan.removals.push_back(k_scripts / name);
        }
    }
}

// `  - push:` and `  push: # …` are push.
std::string event_of(std::string_view line) {
    line = trim(line);
    if (line.starts_with("-")) {
        line = trim(line.substr(1));
    }
    const auto end = std::find_if(
        line.begin(), line.end(), [](char c) { return !((c >= 'a' && c <= 'z') || c == '_'); });
    return {line.begin(), end};
}

std::set<std::string> words_of(std::string_view line) {
    std::set<std::string> words;
    while (!line.empty()) {
        const std::string word = event_of(line);
        if (!word.empty()) {
            words.insert(word);
        }
        line.remove_prefix(std::max<std::size_t>(1, line.find(word) + word.size()));
    }
    return words;
}

std::string_view without_comment(std::string_view line) {
    const std::size_t at = line.find(" #");
    return line.starts_with('#') ? "" : line.substr(0, at);
}

// What stands behind "on:", or nullopt on any other line.
std::optional<std::string_view> behind_on(std::string_view line) {
    for (const std::string_view key : {"on:", "\"on\":", "'on':"}) {
        if (line.starts_with(key)) {
            return trim(line.substr(key.size()));
        }
    }
    return std::nullopt;
}

} // namespace

bool InitPlan::is_in_the_way() const {
    const bool writes_workflows = std::any_of(writes.begin(), writes.end(), [](const File& file) {
        return file.path.parent_path() == k_workflows;
    });
    return !endangered().empty() || (writes_workflows && !neighbours.empty());
}

std::vector<fs::path> InitPlan::endangered() const {
    std::vector<fs::path> paths = removals;
    for (const File& file : writes) {
        if (file.replaces) {
            paths.push_back(file.path);
        }
    }
    return paths;
}

InitPlan plan_init(const fs::path& root, const std::string& service, Language language) {
    InitPlan plan;
    plan_config(plan, root, service, language);
    plan_ignore(plan, root);
    plan_workflows(plan, root);
    plan_old_ways(plan, root);
    return plan;
}

std::optional<fs::path> link_on_the_way(const fs::path& root, const std::vector<fs::path>& paths) {
    std::error_code broken;
    const fs::path whole_root = fs::canonical(root, broken);
    for (const fs::path& path : paths) {
        fs::path folder;
        for (const fs::path& part : path.parent_path()) {
            folder /= part;
            if (!fs::is_symlink(root / folder, broken)) {
                continue;
            }
            const fs::path target = fs::canonical(root / folder, broken);
            const auto [end, rest] =
                std::mismatch(whole_root.begin(), whole_root.end(), target.begin(), target.end());
            if (end != whole_root.end()) {
                return folder;
            }
        }
    }
    return std::nullopt;
}

std::set<std::string> triggers_of(std::string_view workflow) {
    std::set<std::string> triggers;
    bool inside = false;
    std::optional<std::size_t> depth; // of the events' names
    for (const std::string_view whole : split(workflow, '\n')) {
        const std::string_view line = without_comment(whole);
        if (trim(line).empty()) {
            continue;
        }
        if (const auto rest = behind_on(line)) {
            inside = rest->empty();
            if (!inside) {
                return words_of(*rest);
            }
            continue;
        }
        const std::size_t indent = line.find_first_not_of(' ');
        if (!inside || (indent == 0 && line.front() != '-')) {
            inside = false;
            continue;
        }
        if (indent == depth.value_or(indent)) {
            depth = indent;
            triggers.insert(event_of(line));
        }
    }
    return triggers;
}

std::string repository_name(std::string_view url) {
    while (url.ends_with('/')) {
        url.remove_suffix(1);
    }
    if (url.ends_with(".git")) {
        url.remove_suffix(4);
    }
    const std::size_t at = url.find_last_of("/:");
    return std::string(at == std::string_view::npos ? url : url.substr(at + 1));
}

} // namespace loomrel::cli
