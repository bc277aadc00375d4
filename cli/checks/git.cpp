#include "cli/checks/git.hpp"

#include "lib/base/shell_quote.hpp"
#include "lib/base/text.hpp"

#include <array>
#include <cstdio>
#include <initializer_list>

namespace loomrel::cli {

namespace {

// What git prints; nullopt = it failed. What it complains of is not for people: they did not type
// this.
std::optional<std::string> git(const std::filesystem::path& folder,
                               std::initializer_list<std::string_view> words) {
    // A folder's own settings may name a program to run whenever its files are looked at.
    std::string command = "git -c core.fsmonitor=false -C " + shell_quote(folder.string());
    for (const std::string_view word : words) {
        command += " " + shell_quote(word);
    }
    command += " 2>/dev/null";
    std::FILE* stream = ::popen(command.c_str(), "r");
    if (stream == nullptr) {
        return std::nullopt;
    }
    std::string text;
    std::array<char, 4096> buffer{};
    for (std::size_t got = 1; got > 0;) {
        got = std::fread(buffer.data(), 1, buffer.size(), stream);
        text.append(buffer.data(), got);
    }
    return ::pclose(stream) == 0 ? std::optional(text) : std::nullopt;
}

} // namespace

std::optional<GitRepository> GitRepository::find(const std::filesystem::path& folder) {
    auto root = git(folder, {"rev-parse", "--show-toplevel"});
    if (!root || !root->ends_with('\n') || root->size() == 1) {
        return std::nullopt;
    }
    root->pop_back();
    return GitRepository(*root);
}

std::string GitRepository::origin() const {
    const auto url = git(m_root, {"config", "--get", "remote.origin.url"});
    return std::string(trim(url.value_or("")));
}

bool GitRepository::ignores(const std::filesystem::path& file) const {
    return git(m_root, {"check-ignore", "-q", "--", file.string()}).has_value();
}

bool GitRepository::holds(const std::filesystem::path& file) const {
    const auto changes = git(m_root, {"status", "--porcelain", "--ignored", "--", file.string()});
    const auto known = git(m_root, {"ls-files", "--error-unmatch", "--", file.string()});
    return changes && changes->empty() && known.has_value();
}

} // namespace loomrel::cli
