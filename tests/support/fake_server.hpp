#pragma once

#include "tests/support/process.hpp"

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace loomrel::test {

// A server of tests/support written in Python, on a port of 127.0.0.1 of its own choice: its first
// line of output is "listen PORT". Gone with the object.
class FakeServer {
public:
    explicit FakeServer(const std::string& script, const std::vector<std::string>& words = {});
    ~FakeServer();
    FakeServer(const FakeServer&) = delete;
    FakeServer& operator=(const FakeServer&) = delete;

    [[nodiscard]] std::uint16_t port() const { return m_port; }

    // "http://127.0.0.1:PORT"
    [[nodiscard]] std::string url() const;

    // What it printed behind its first line.
    [[nodiscard]] std::string said() const;

    [[nodiscard]] pid_t pid() const { return m_pid; }

private:
    TempFolder m_folder;
    pid_t m_pid = -1;
    std::uint16_t m_port = 0;
};

} // namespace loomrel::test
