#include "tests/support/fake_server.hpp"

#include <chrono>
#include <csignal>
#include <cstdio>
#include <stdexcept>
#include <thread>

namespace loomrel::test {

FakeServer::FakeServer(const std::string& script, const std::vector<std::string>& words)
    : m_folder("loomrel-fake") {
    std::vector<std::string> all{"python3", LOOMREL_SOURCE_DIR "/tests/support/" + script};
    all.insert(all.end(), words.begin(), words.end());
    const std::filesystem::path output = m_folder.path() / "output";
    m_pid = start_program(all, output);
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(120);
    std::string said;
    while (said.find('\n') == std::string::npos && std::chrono::steady_clock::now() < give_up) {
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
        said = read_whole(output);
    }
    if (std::sscanf(said.c_str(), "listen %hu", &m_port) != 1) {
        ::kill(m_pid, SIGKILL);
        wait_for(m_pid);
        throw std::runtime_error(script + " does not start: " + said);
    }
}

FakeServer::~FakeServer() {
    ::kill(m_pid, SIGKILL);
    wait_for(m_pid);
}

std::string FakeServer::url() const {
    return "http://127.0.0.1:" + std::to_string(m_port);
}

std::string FakeServer::said() const {
    const std::string all = read_whole(m_folder.path() / "output");
    return all.substr(all.find('\n') + 1);
}

} // namespace loomrel::test
