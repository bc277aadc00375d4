#pragma once

#include "lib/operations/context.hpp"
#include "tests/support/fake_store.hpp"
#include "tests/support/process.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

namespace loomrel::test {

// Whoever asks for an operation in a test; nobody is at a terminal unless it says so.
struct FakeConsole : operations::Console {
    std::vector<std::string> notes;
    bool person = false;

    void note(std::string_view text) override { notes.emplace_back(text); }

    [[nodiscard]] bool is_person_here() const override { return person; }
};

// Everything around one operation: a ledger in memory, a clock that stands, hosts that nobody
// reaches, and a configuration that is what the test makes of it.
struct OperationsWorld {
    Ledger ledger;
    FakeStore store{ledger};
    config::Config config;
    Redactor redactor;
    FakeConsole console;
    TempFolder folder;
    std::vector<operations::Purpose> opened; // what the ledger was opened for
    operations::Context context{
        config,
        redactor,
        Language::en,
        {"developer_name", "cli", "https://github.com/example/api/actions/runs/7", {"7", 1}},
        folder.path() / "state",
        {},
        [this] { return ledger.time; },
        [this](operations::Purpose purpose, std::optional<Milliseconds>, bool) {
            opened.push_back(purpose);
            return std::make_unique<FakeStore>(ledger);
        },
        [](const ssh::Endpoint& endpoint, Milliseconds) -> std::unique_ptr<ssh::Connection> {
            throw Error(
                ErrorKind::no_host, "host_unreachable", Phrase{endpoint.shown(), endpoint.shown()});
        }};

    OperationsWorld() {
        config.language = Language::en;
        config.store.url = "sqlite:///ledger.db";
        ledger.time = Time(std::chrono::seconds(1710513000)); // 2024-03-15 14:30:00 UTC
    }

    OperationsWorld(const OperationsWorld&) = delete;
    OperationsWorld& operator=(const OperationsWorld&) = delete;

    // The configuration of a file, with hosts as .env.servers names them.
    void load_config(const std::string& toml, const std::string& env_servers) {
        write_whole(folder.path() / "loomrel.toml", toml);
        config::Inputs inputs;
        inputs.environment = {{"LOOMREL_LANG", "en"},
                              {"LOOMREL_STORE", "sqlite:///ledger.db"},
                              {"LOOMREL_ENV_SERVERS", env_servers}};
        inputs.working_directory = folder.path();
        inputs.config_flag = folder.path() / "loomrel.toml";
        config = config::Config::load(inputs);
    }

    // A release of api, as far as it is said.
    release::Release& release_in(const std::string& status, const std::string& tag = "v1.2.3") {
        const auto id = static_cast<std::int64_t>(ledger.rows.size()) + 1;
        release::Release& row = ledger.rows[id];
        row.id = id;
        row.service_name = "api";
        row.release_tag = tag;
        row.status = status;
        row.commit_sha = std::string(40, 'a');
        return row;
    }
};

// The code of the Error that it ends with; "" = none.
template <typename Work> std::string refusal_of(Work work) {
    try {
        work();
    } catch (const Error& error) {
        return error.code();
    }
    return "";
}

} // namespace loomrel::test
