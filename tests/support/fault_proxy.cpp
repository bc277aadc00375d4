#include "tests/support/fault_proxy.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <thread>

namespace loomrel::test {

FaultProxy::FaultProxy(std::uint16_t to, const std::vector<std::string>& faults)
    : m_folder("loomrel-proxy") {
    std::vector<std::string> words{"python3",
                                   LOOMREL_SOURCE_DIR "/tests/support/fault_proxy.py",
                                   "--to",
                                   "127.0.0.1:" + std::to_string(to)};
    words.insert(words.end(), faults.begin(), faults.end());
    const std::filesystem::path output = m_folder.path() / "output";
    m_pid = start_program(words, output);
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    std::string said;
    while (said.find('\n') == std::string::npos) {
        if (std::chrono::steady_clock::now() > give_up) {
            throw std::runtime_error("fault_proxy.py does not start: " + said);
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
        said = read_whole(output);
    }
    if (std::sscanf(said.c_str(), "listen %hu control %hu", &m_port, &m_control) != 2) {
        throw std::runtime_error("fault_proxy.py does not start: " + said);
    }
}

FaultProxy::~FaultProxy() {
    ::kill(m_pid, SIGKILL);
    wait_for(m_pid);
}

std::string FaultProxy::tell(const std::string& command) {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(m_control);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    std::string answer;
    if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0) {
        const std::string line = command + "\n";
        static_cast<void>(::send(socket, line.data(), line.size(), MSG_NOSIGNAL));
        std::array<char, 4096> piece{};
        while (answer.find('\n') == std::string::npos) {
            const ssize_t size = ::recv(socket, piece.data(), piece.size(), 0);
            if (size <= 0) {
                break;
            }
            answer.append(piece.data(), static_cast<std::size_t>(size));
        }
    }
    ::close(socket);
    if (answer.empty() || answer.starts_with("what?")) {
        throw std::runtime_error("fault_proxy.py: " + command + ": " + answer);
    }
    return answer;
}

long FaultProxy::count(const std::string& name) {
    const std::string stats = tell("stats");
    const std::size_t at = stats.find("\"" + name + "\": ");
    if (at == std::string::npos) {
        throw std::runtime_error("fault_proxy.py counts no " + name);
    }
    return std::strtol(stats.c_str() + at + name.size() + 4, nullptr, 10);
}

} // namespace loomrel::test
