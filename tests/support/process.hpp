#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

namespace loomrel::test {

// A folder of a test's own, gone with it.
class TempFolder {
public:
    explicit TempFolder(const std::string& name = "loomrel");
    ~TempFolder();
    TempFolder(const TempFolder&) = delete;
    TempFolder& operator=(const TempFolder&) = delete;

    [[nodiscard]] const std::filesystem::path& path() const { return m_path; }

private:
    std::filesystem::path m_path;
};

[[nodiscard]] std::string read_whole(const std::filesystem::path& path);
void write_whole(const std::filesystem::path& path, const std::string& text);

// Its standard output and error are appended to `output`; it reads nothing.
[[nodiscard]] pid_t start_program(std::vector<std::string> words,
                                  const std::filesystem::path& output);

// Waits for it. Gives the status of waitpid().
int wait_for(pid_t pid);

// What a program wrote; std::runtime_error if it did not end with 0.
std::string run_program(const std::vector<std::string>& words);

// All processes that `pid` started, directly or not.
[[nodiscard]] std::vector<pid_t> descendants_of(pid_t pid);

} // namespace loomrel::test
