#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace loomrel::cli {

// The git repository on this machine that somebody works in, asked through the program git.
class GitRepository {
public:
    // The repository that this folder is in; nullopt = none, or git does not know or trust it.
    [[nodiscard]] static std::optional<GitRepository> find(const std::filesystem::path& folder);

    [[nodiscard]] const std::filesystem::path& root() const { return m_root; }

    // The URL of origin; "" = there is none.
    [[nodiscard]] std::string origin() const;
    // git leaves this file out of itself: .gitignore and the like.
    [[nodiscard]] bool ignores(const std::filesystem::path& file) const;
    // The last commit has this file as it is: nothing is lost when it is changed or removed.
    [[nodiscard]] bool holds(const std::filesystem::path& file) const;

private:
    explicit GitRepository(std::filesystem::path root)
        : m_root(std::move(root)) {}

    std::filesystem::path m_root;
};

} // namespace loomrel::cli
