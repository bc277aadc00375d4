#pragma once

#include "cli/program.hpp"
#include "tests/support/fake_store.hpp"
#include "tests/support/string_io.hpp"

#include <string>
#include <vector>

namespace loomrel::test {

// Everything around one command: strings for a terminal, a ledger in memory, a clock that stands,
// an empty environment, and a configuration that is what the test makes of it.
struct CommandWorld {
    StringIo io;
    Ledger ledger;
    config::Config config;
    std::optional<Error> config_broken;
    int config_loads = 0;
    config::Inputs config_inputs;
    cli::Outside outside{io, {}, "/nowhere"};

    CommandWorld() {
        config.language = Language::en;
        config.timezone = "Europe/Moscow";
        config.store.url = "sqlite:///ledger.db";
        ledger.time = Time(std::chrono::seconds(1710513000)); // 2024-03-15 14:30:00 UTC
        outside.clock = [this] { return ledger.time; };
        outside.load_config = [this](const config::Inputs& inputs) {
            ++config_loads;
            config_inputs = inputs;
            if (config_broken) {
                throw Error(*config_broken);
            }
            config::Config loaded = config;
            if (inputs.language_flag) {
                loaded.language = parse_language(*inputs.language_flag).value_or(Language::ru);
            }
            return loaded;
        };
        outside.open_store = [this](const store::Options& options) {
            ++ledger.opened;
            ledger.options = options;
            return std::make_unique<FakeStore>(ledger);
        };
    }

    CommandWorld(const CommandWorld&) = delete;
    CommandWorld& operator=(const CommandWorld&) = delete;

    // As it is typed, without "loomrel". What was printed before is forgotten.
    cli::ExitCode run(const std::vector<std::string>& words) {
        io.out_text.clear();
        io.err_text.clear();
        return cli::run(words, outside);
    }

    // For calling a run function by itself.
    cli::Services services(cli::GlobalOptions options = {}) {
        return cli::Services(outside, std::move(options));
    }

    void in_actions() {
        outside.environment = {{"CI", "true"},
                               {"GITHUB_ACTIONS", "true"},
                               {"GITHUB_ACTOR", "pusher"},
                               {"GITHUB_REPOSITORY", "LoomAI-IT/loom-content"},
                               {"GITHUB_REF", "refs/tags/v1.2.3"},
                               {"GITHUB_REF_NAME", "v1.2.3"},
                               {"GITHUB_REF_TYPE", "tag"},
                               {"GITHUB_SHA", "0123456789abcdef0123456789abcdef01234567"},
                               {"GITHUB_RUN_ID", "987654"},
                               {"GITHUB_RUN_ATTEMPT", "2"},
                               {"GITHUB_SERVER_URL", "https://github.com"}};
    }
};

} // namespace loomrel::test
