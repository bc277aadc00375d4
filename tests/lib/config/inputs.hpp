#pragma once

#include "lib/base/error.hpp"
#include "lib/config/config.hpp"
#include "tests/support/process.hpp"

#include <filesystem>
#include <string>

namespace loomrel::test {

// A folder with a configuration of its own, and nothing of the machine's.
class ConfigWorld {
public:
    ConfigWorld() {
        inputs.working_directory = m_folder.path();
        inputs.environment["HOME"] = (m_folder.path() / "home").string();
    }

    // The trusted file: named, as by --config.
    ConfigWorld& toml(const std::string& text) {
        write_whole(m_folder.path() / "loomrel.toml", text);
        inputs.config_flag = "loomrel.toml";
        return *this;
    }

    // The repository's: found in the working directory, beside a trusted one in HOME if there is
    // any.
    ConfigWorld& repository(const std::string& text) {
        write_whole(m_folder.path() / "loomrel.toml", text);
        return *this;
    }

    ConfigWorld& trusted(const std::string& text) {
        const auto folder = m_folder.path() / "home/.config/loomrel";
        std::filesystem::create_directories(folder);
        write_whole(folder / "loomrel.toml", text);
        return *this;
    }

    ConfigWorld& env_servers(const std::string& text) {
        const auto path = m_folder.path() / ".env.servers";
        write_whole(path, text);
        std::filesystem::permissions(path, std::filesystem::perms(0600));
        return *this;
    }

    ConfigWorld& variable(const std::string& name, const std::string& value) {
        inputs.environment[name] = value;
        return *this;
    }

    [[nodiscard]] config::Config load() const { return config::Config::load(inputs); }

    // What the error says, in English; "" if there is none.
    [[nodiscard]] std::string error() const {
        try {
            (void)load();
        } catch (const Error& error) {
            return error.message().en + (error.hint().empty() ? "" : " | " + error.hint().en);
        }
        return "";
    }

    [[nodiscard]] const std::filesystem::path& path() const { return m_folder.path(); }

    config::Inputs inputs;

private:
    TempFolder m_folder;
};

} // namespace loomrel::test
