#include "lib/config/git_tree.hpp"

#include "lib/base/file.hpp"
#include "lib/base/shell_quote.hpp"
#include "lib/base/text.hpp"
#include "lib/config/lookup.hpp"

#include <cctype>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace loomrel::config {

namespace {

namespace fs = std::filesystem;

// Of a repository with a million files.
constexpr std::size_t k_largest_index = std::size_t{256} << 20;
constexpr std::size_t k_most_links = 40;

std::optional<fs::path> root_above(const fs::path& folder) {
    std::error_code ignored;
    for (fs::path at = folder;; at = at.parent_path()) {
        if (fs::exists(fs::symlink_status(at / ".git", ignored))) {
            return at;
        }
        if (at == at.parent_path()) {
            return std::nullopt;
        }
    }
}

// The folder as it is, with every link in its own path followed.
fs::path real_folder_of(const fs::path& file) {
    std::error_code ignored;
    const fs::path whole = fs::absolute(file).parent_path();
    const fs::path real = fs::weakly_canonical(whole, ignored);
    return real.empty() ? whole : real;
}

// https://git-scm.com/docs/index-format
class Index {
public:
    Index(std::string_view bytes, std::size_t hash_size)
        : m_rest(bytes),
          m_hash_size(hash_size) {}

    // nullopt: this is no index with hashes of that size.
    std::optional<bool> holds(std::string_view name) {
        if (take(4) != "DIRC") {
            return std::nullopt;
        }
        const std::uint64_t version = number(4);
        const std::uint64_t count = number(4);
        if (version < 2 || version > 4) {
            return std::nullopt;
        }
        bool found = false;
        std::string previous;
        for (std::uint64_t i = 0; i < count && m_good; ++i) {
            previous = next_name(version, previous);
            found = found || previous == name;
        }
        // Behind the entries stand extensions, each with a name of four letters, and a hash.
        const bool ends_well =
            m_rest.size() >= m_hash_size && (m_rest.size() == m_hash_size || is_extension(m_rest));
        return m_good && ends_well ? std::optional(found) : std::nullopt;
    }

private:
    static bool is_extension(std::string_view bytes) {
        return bytes.size() >= 8 && std::isalpha(static_cast<unsigned char>(bytes[0])) != 0
               && std::isalpha(static_cast<unsigned char>(bytes[3])) != 0;
    }

    std::string_view take(std::size_t count) {
        if (count > m_rest.size()) {
            m_good = false;
            return {};
        }
        const std::string_view taken = m_rest.substr(0, count);
        m_rest.remove_prefix(count);
        return taken;
    }

    std::uint64_t number(std::size_t size) {
        std::uint64_t value = 0;
        for (const char byte : take(size)) {
            value = (value << 8U) | static_cast<unsigned char>(byte);
        }
        return value;
    }

    std::string next_name(std::uint64_t version, const std::string& previous) {
        constexpr std::size_t k_stat_size = 40;
        const std::size_t before = m_rest.size();
        (void)take(k_stat_size + m_hash_size);
        const std::uint64_t flags = number(2);
        if ((flags & 0x4000U) != 0 && version >= 3) {
            (void)number(2);
        }
        std::string name;
        if (version == 4) {
            const std::size_t dropped = varint();
            if (dropped > previous.size()) {
                m_good = false;
                return {};
            }
            name = previous.substr(0, previous.size() - dropped);
        }
        const std::size_t end = m_rest.find('\0');
        if (end == std::string_view::npos) {
            m_good = false;
            return {};
        }
        name += take(end);
        (void)take(1);
        if (version < 4) { // filled up with zeros to a multiple of eight
            (void)take((8 - (before - m_rest.size()) % 8) % 8);
        }
        return name;
    }

    // As offsets are written in packs.
    std::size_t varint() {
        std::uint64_t byte = number(1);
        std::uint64_t value = byte & 0x7fU;
        while ((byte & 0x80U) != 0 && m_good && value < (std::uint64_t{1} << 40U)) {
            byte = number(1);
            value = ((value + 1) << 7U) | (byte & 0x7fU);
        }
        return value;
    }

    std::string_view m_rest;
    std::size_t m_hash_size;
    bool m_good = true;
};

bool holds(const fs::path& index, const std::string& name) {
    const auto bytes = read_regular_file(index, k_largest_index);
    if (!bytes) {
        return false;
    }
    for (const std::size_t hash_size : {std::size_t{20}, std::size_t{32}}) {
        if (const auto found = Index(*bytes, hash_size).holds(name)) {
            return *found;
        }
    }
    return true;
}

// ".git" is a folder, or in a linked work tree or a submodule a file that names one.
fs::path git_folder_of(const fs::path& work_tree) {
    const fs::path there = work_tree / ".git";
    if (fs::is_directory(there)) {
        return there;
    }
    const std::string text = read_regular_file(there).value_or("");
    constexpr std::string_view k_prefix = "gitdir:";
    if (!text.starts_with(k_prefix)) {
        return there;
    }
    return work_tree / fs::path(trim(std::string_view(text).substr(k_prefix.size())));
}

// The file's own name, and those that its links lead to, one after the other.
std::vector<fs::path> names_of(const fs::path& file) {
    std::vector<fs::path> names{fs::absolute(file)};
    while (names.size() < k_most_links) {
        const fs::path& at = names.back();
        std::error_code no_link;
        const fs::path next = fs::read_symlink(at, no_link);
        if (no_link) {
            break;
        }
        names.push_back(next.is_absolute() ? next : real_folder_of(at) / next);
    }
    return names;
}

bool is_etckeepers(const fs::path& name, const fs::path& tree) {
    return name.parent_path() == k_system_folder && (tree == "/etc" || tree == "/");
}

bool is_tracked(const fs::path& work_tree, const fs::path& file) {
    try {
        std::error_code ignored;
        const fs::path root = fs::weakly_canonical(work_tree, ignored);
        const fs::path whole = real_folder_of(file) / file.filename();
        const std::string name = whole.lexically_relative(root).generic_string();
        const fs::path git = git_folder_of(work_tree);
        if (holds(git / "index", name)) {
            return true;
        }
        // A split index keeps most of its entries in files of their own.
        for (const auto& entry : fs::directory_iterator(git, ignored)) {
            if (entry.path().filename().string().starts_with("sharedindex.")
                && holds(entry.path(), name)) {
                return true;
            }
        }
        return false;
    } catch (const std::system_error&) {
        return true;
    }
}

} // namespace

std::optional<fs::path> checkout_of(const fs::path& file) {
    for (const fs::path& name : names_of(file)) {
        // Also as it was named: a folder on the way may be a link out of the work tree.
        for (const fs::path& folder :
             {real_folder_of(name), name.lexically_normal().parent_path()}) {
            const auto root = root_above(folder);
            if (root && !is_etckeepers(name, *root)) {
                return root;
            }
        }
    }
    return std::nullopt;
}

std::optional<fs::path> tracked_name(const fs::path& file) {
    for (const fs::path& name : names_of(file)) {
        const auto root = root_above(real_folder_of(name));
        if (root && !is_etckeepers(name, *root) && is_tracked(*root, name)) {
            return name;
        }
    }
    return std::nullopt;
}

std::string untrack_command(const fs::path& file) {
    const fs::path folder = file.parent_path();
    const std::string name = typed_word(file.filename().string());
    const std::string there = folder.empty() ? "" : "-C " + typed_word(folder.string()) + " ";
    return "git " + there + "rm --cached " + name + " && echo " + name + " >>"
           + typed_word((folder / ".gitignore").string());
}

} // namespace loomrel::config
