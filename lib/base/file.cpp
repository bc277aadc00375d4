#include "lib/base/file.hpp"

#include "lib/base/random.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace loomrel {

namespace {

[[noreturn]] void fail(int number, const std::filesystem::path& path) {
    throw std::system_error(number, std::generic_category(), "\"" + path.string() + "\"");
}

class Descriptor {
public:
    explicit Descriptor(int number)
        : m_number(number) {}

    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;

    ~Descriptor() {
        if (m_number >= 0) {
            ::close(m_number);
        }
    }

    [[nodiscard]] int get() const { return m_number; }

    // Some file systems tell only here that the data did not fit.
    [[nodiscard]] int close() {
        const int result = ::close(m_number);
        m_number = -1;
        return result;
    }

private:
    int m_number;
};

// Takes the half-written file away unless it has been renamed into its place.
class Leftover {
public:
    explicit Leftover(const std::filesystem::path& path)
        : m_path(&path) {}

    Leftover(const Leftover&) = delete;
    Leftover& operator=(const Leftover&) = delete;

    ~Leftover() {
        if (m_path != nullptr) {
            ::unlink(m_path->c_str());
        }
    }

    void moved() { m_path = nullptr; }

private:
    const std::filesystem::path* m_path;
};

void write_all(const Descriptor& file, std::string_view text, const std::filesystem::path& path) {
    while (!text.empty()) {
        const ssize_t written = ::write(file.get(), text.data(), text.size());
        if (written < 0) {
            if (errno == EINTR) {
                continue;
            }
            fail(errno, path);
        }
        text.remove_prefix(static_cast<std::size_t>(written));
    }
}

void sync_folder(const std::filesystem::path& folder) {
    const Descriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (opened.get() < 0) {
        fail(errno, folder);
    }
    // Not every file system can sync a folder; then it does not need it.
    if (::fsync(opened.get()) != 0 && errno != EINVAL && errno != EROFS) {
        fail(errno, folder);
    }
}

// nullopt = no such file.
std::optional<Descriptor> open_to_read(const std::filesystem::path& path, int flags) {
    const int opened = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | flags);
    if (opened < 0 && (errno == ENOENT || errno == ENOTDIR)) {
        return std::nullopt;
    }
    if (opened < 0) {
        fail(errno, path);
    }
    return std::optional<Descriptor>(std::in_place, opened);
}

std::string
read_whole(const Descriptor& file, const std::filesystem::path& path, std::size_t limit) {
    std::string text;
    std::array<char, 16384> buffer{};
    for (;;) {
        const ssize_t got = ::read(file.get(), buffer.data(), buffer.size());
        if (got < 0) {
            if (errno == EINTR) {
                continue;
            }
            fail(errno, path);
        }
        if (got == 0) {
            return text;
        }
        text.append(buffer.data(), static_cast<std::size_t>(got));
        if (text.size() > limit) {
            fail(EFBIG, path);
        }
    }
}

} // namespace

std::optional<std::string> read_file(const std::filesystem::path& path, std::size_t limit) {
    const auto file = open_to_read(path, 0);
    return file ? std::optional(read_whole(*file, path, limit)) : std::nullopt;
}

std::optional<std::string> read_regular_file(const std::filesystem::path& path, std::size_t limit) {
    const auto file = open_to_read(path, O_NONBLOCK | O_NOCTTY);
    if (!file) {
        return std::nullopt;
    }

    struct stat status {};

    if (::fstat(file->get(), &status) != 0) {
        fail(errno, path);
    }
    if (!S_ISREG(status.st_mode)) {
        fail(S_ISDIR(status.st_mode) ? EISDIR : ENOTSUP, path);
    }
    return read_whole(*file, path, limit);
}

void write_file_atomically(const std::filesystem::path& path, std::string_view text, int mode) {
    const std::filesystem::path folder =
        path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
    const std::filesystem::path beside =
        folder / ("." + path.filename().string() + "." + random_hex(6) + ".new");
    Descriptor file(::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (file.get() < 0) {
        fail(errno, beside);
    }
    Leftover leftover(beside);
    write_all(file, text, beside);
    if (::fchmod(file.get(), static_cast<mode_t>(mode)) != 0 || ::fsync(file.get()) != 0
        || file.close() != 0 || ::rename(beside.c_str(), path.c_str()) != 0) {
        fail(errno, path);
    }
    leftover.moved();
    sync_folder(folder);
}

bool is_readable_by_others(const std::filesystem::path& path) {
    struct stat about {};

    return ::stat(path.c_str(), &about) == 0 && (about.st_mode & (S_IRGRP | S_IROTH)) != 0;
}

FileOwner owner_of(const std::filesystem::path& path) {
    struct stat about {};

    if (::stat(path.c_str(), &about) != 0) {
        return {};
    }
    const bool own_group = about.st_gid == ::getegid() || about.st_gid == 0;
    return {about.st_uid == ::geteuid() || about.st_uid == 0,
            (about.st_mode & S_IWOTH) != 0 || ((about.st_mode & S_IWGRP) != 0 && !own_group)};
}

} // namespace loomrel
