#include "cli/commands/init/plan.hpp"
#include "cli/commands/init/workflow_files.hpp"
#include "lib/base/file.hpp"
#include "lib/base/random.hpp"
#include "lib/config/config.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>

using namespace loomrel;
using cli::plan_init;
using cli::triggers_of;

namespace fs = std::filesystem;

namespace {

using Events = std::set<std::string>;

struct Folder {
    fs::path path = fs::temp_directory_path() / ("loomrel-init-" + random_hex(8));

    Folder() { fs::create_directories(path); }

    ~Folder() { fs::remove_all(path); }

    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    void write(const std::string& name, std::string_view text) const {
        fs::create_directories((path / name).parent_path());
        write_file_atomically(path / name, text, 0644);
    }
};

} // namespace

TEST_CASE("The workflows inside the program are those of workflows/, letter by letter") {
    std::size_t count = 0;
    for (const auto& entry : fs::directory_iterator(fs::path(LOOMREL_SOURCE_DIR) / "workflows")) {
        const auto& files = cli::workflow_files();
        const auto found = std::find_if(files.begin(), files.end(), [&](const auto& file) {
            return file.name == entry.path().filename().string();
        });
        REQUIRE(found != files.end());
        CHECK(found->text == read_file(entry.path()).value_or(""));
        ++count;
    }
    CHECK(count == cli::workflow_files().size());
    CHECK(count == 4);
}

TEST_CASE("The events of a workflow are found in every form that people write") {
    CHECK(triggers_of("on: push\n") == Events{"push"});
    CHECK(triggers_of("name: x\non: [push, pull_request] # both\n")
          == Events{"push", "pull_request"});
    CHECK(triggers_of("\"on\":\n  push:\n    branches: [create]\n  workflow_dispatch:\njobs:\n"
                      "  create:\n")
          == Events{"push", "workflow_dispatch"});
    CHECK(triggers_of("on:\n- push\n- create\njobs: {}\n") == Events{"push", "create"});
    CHECK(triggers_of("on:\n    # push:\n\n    create:\n") == Events{"create"});
    CHECK(triggers_of("jobs:\n  on:\n    push\n").empty());
    CHECK(triggers_of("").empty());
}

TEST_CASE("The repository's name is the last part of its address") {
    CHECK(cli::repository_name("git@github.com:LoomAI-IT/loom-content.git") == "loom-content");
    CHECK(cli::repository_name("https://github.com/LoomAI-IT/loom-content/") == "loom-content");
    CHECK(cli::repository_name("/srv/git/loom.content.git") == "loom.content");
    CHECK(cli::repository_name("host:repo") == "repo");
    CHECK(cli::repository_name("").empty());
}

TEST_CASE("The configuration that init writes can be read, whatever the service is called") {
    for (const Language language : {Language::ru, Language::en}) {
        for (const std::string service : {"loom-content", "my.service"}) {
            const Folder folder;
            const cli::InitPlan plan = plan_init(folder.path, service, language);
            REQUIRE(plan.writes.front().path == "loomrel.toml");
            folder.write("loomrel.toml", plan.writes.front().text);
            config::Inputs inputs;
            inputs.environment = {{"HOME", folder.path.string()}};
            inputs.working_directory = folder.path;
            const config::Config loaded = config::Config::load(inputs);
            CHECK(loaded.services == std::vector<std::string>{service});
            CHECK(loaded.language == language);
        }
    }
}

TEST_CASE("What deploys the old way is in the way, what only starts alike stays") {
    const Folder folder;
    folder.write(".github/workflows/tests.yml", "on: push\njobs: {}\n");
    folder.write(".github/workflows/nightly.yml", "on: schedule\njobs: {}\n");
    folder.write(".github/workflows/prod.yaml",
                 "on: workflow_dispatch\njobs: {a: {x: release_tag}}\n");
    folder.write(".github/workflows/old.yml",
                 "on: create\njobs: {a: bash .github/scripts/on-x.sh}\n");
    folder.write(".github/workflows/notes.txt", "on: push\n");
    folder.write(".github/scripts/on-x.sh", "");
    folder.write(".github/scripts/lint.sh", "");
    const cli::InitPlan plan = plan_init(folder.path, "api", Language::en);
    CHECK(plan.is_in_the_way());
    CHECK(plan.removals
          == std::vector<fs::path>{".github/workflows/old.yml", ".github/scripts/on-x.sh"});
    REQUIRE(plan.neighbours.size() == 2);
    CHECK(plan.neighbours[0].path == ".github/workflows/prod.yaml");
    CHECK(plan.neighbours[1].path == ".github/workflows/tests.yml");
    CHECK(plan.neighbours[1].trigger == "push");
    CHECK(plan.writes.size() == 6); // .gitignore among them
    CHECK(plan.endangered() == plan.removals);
}

TEST_CASE("A neighbour is not in the way where no workflow is left to be written") {
    const Folder folder;
    folder.write(".github/workflows/tests.yml", "on: push\njobs: {}\n");
    for (const auto& file : plan_init(folder.path, "api", Language::en).writes) {
        if (file.path != ".gitignore") {
            folder.write(file.path, file.text);
        }
    }
    const cli::InitPlan plan = plan_init(folder.path, "api", Language::en);
    CHECK(plan.neighbours.size() == 1);
    CHECK(plan.writes.size() == 1);
    CHECK_FALSE(plan.is_in_the_way());
}

TEST_CASE("A folder that is a link out of the repository is found on the way to a file") {
    const Folder folder;
    const Folder elsewhere;
    const std::vector<fs::path> paths{"loomrel.toml", ".github/workflows/x.yml"};
    CHECK_FALSE(cli::link_on_the_way(folder.path, paths));
    fs::create_directories(folder.path / ".github");
    CHECK_FALSE(cli::link_on_the_way(folder.path, paths));
    const fs::path link = folder.path / ".github/workflows";
    for (const fs::path& target : {elsewhere.path, fs::path("../.."), fs::path("nowhere")}) {
        CAPTURE(target);
        fs::create_symlink(target, link);
        CHECK(cli::link_on_the_way(folder.path, paths) == fs::path(".github/workflows"));
        fs::remove(link);
    }
    fs::create_directories(folder.path / "ours");
    fs::create_symlink("../ours", link);
    CHECK_FALSE(cli::link_on_the_way(folder.path, paths));
}
