#pragma once

#include "lib/ssh/ssh.hpp"
#include "tests/support/process.hpp"

#include <filesystem>
#include <memory>
#include <string>

namespace loomrel::test {

// A host that is this machine: what is sent to it runs in a shell here, with a home of its own, and
// nobody logs in. Its service is a git clone and a file that says what serves.
class LocalHost {
public:
    LocalHost();

    // A commit of the service's repository under this tag. Gives the commit.
    std::string version(const std::string& tag);
    // What serves there: a commit; "" = nothing yet.
    [[nodiscard]] std::string serves() const;

    [[nodiscard]] std::unique_ptr<ssh::Connection> connect() const;

    // [deploy] and [services.api] for it, on the command engine.
    [[nodiscard]] std::string toml() const;

private:
    void git(std::vector<std::string> words) const;

    TempFolder m_folder;
    std::filesystem::path m_home = m_folder.path() / "home";
};

} // namespace loomrel::test
