#include "tests/support/process.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>

namespace loomrel::test {

namespace {

std::map<pid_t, pid_t> parents() {
    std::map<pid_t, pid_t> found;
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
        const std::string name = entry.path().filename();
        if (name.find_first_not_of("0123456789") != std::string::npos) {
            continue;
        }
        const std::string stat = read_whole(entry.path() / "stat");
        const std::size_t end = stat.rfind(')'); // the name before it may hold anything
        if (end == std::string::npos) {
            continue; // it has just ended
        }
        std::istringstream rest(stat.substr(end + 1));
        std::string state;
        pid_t parent = 0;
        rest >> state >> parent;
        found[std::stoi(name)] = parent;
    }
    return found;
}

} // namespace

TempFolder::TempFolder(const std::string& name) {
    std::string pattern = std::filesystem::temp_directory_path() / (name + "-XXXXXX");
    if (::mkdtemp(pattern.data()) == nullptr) {
        throw std::runtime_error("no temporary folder");
    }
    m_path = pattern;
}

TempFolder::~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(m_path, ignored);
}

std::string read_whole(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

void write_whole(const std::filesystem::path& path, const std::string& text) {
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    file << text;
    if (!file.flush()) {
        throw std::runtime_error("cannot write " + path.string());
    }
}

pid_t start_program(std::vector<std::string> words, const std::filesystem::path& output) {
    std::vector<char*> arguments;
    for (std::string& word : words) {
        arguments.push_back(word.data());
    }
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(
        &files, 1, output.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    posix_spawn_file_actions_adddup2(&files, 1, 2);
    pid_t pid = -1;
    const int failed =
        ::posix_spawnp(&pid, arguments.front(), &files, nullptr, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&files);
    if (failed != 0) {
        throw std::runtime_error("cannot start " + words.front());
    }
    return pid;
}

int wait_for(pid_t pid) {
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    return status;
}

std::string run_program(const std::vector<std::string>& words) {
    const TempFolder folder;
    const std::filesystem::path output = folder.path() / "output";
    const int status = wait_for(start_program(words, output));
    std::string text = read_whole(output);
    if (status != 0) {
        throw std::runtime_error(words.front() + " failed: " + text);
    }
    return text;
}

std::vector<pid_t> descendants_of(pid_t pid) {
    const std::map<pid_t, pid_t> parent_of = parents();
    std::vector<pid_t> found{pid};
    for (std::size_t at = 0; at < found.size(); ++at) {
        for (const auto& [child, parent] : parent_of) {
            if (parent == found[at]) {
                found.push_back(child);
            }
        }
    }
    found.erase(found.begin());
    return found;
}

} // namespace loomrel::test
