#pragma once

#include "tests/support/process.hpp"

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace loomrel::test {

// A bad link to a port of 127.0.0.1: fault_proxy.py, whose --help names all its faults.
class FaultProxy {
public:
    // `faults` as on its command line: {"--reset-after", "4096:down"}.
    explicit FaultProxy(std::uint16_t to, const std::vector<std::string>& faults = {});
    ~FaultProxy();
    FaultProxy(const FaultProxy&) = delete;
    FaultProxy& operator=(const FaultProxy&) = delete;

    [[nodiscard]] std::uint16_t port() const { return m_port; }

    // One command of its control port, with the answer; std::runtime_error if it has not obeyed.
    std::string tell(const std::string& command);

    // One number of "stats": that the fault has really happened.
    [[nodiscard]] long count(const std::string& name);

private:
    TempFolder m_folder;
    pid_t m_pid = -1;
    std::uint16_t m_port = 0;
    std::uint16_t m_control = 0;
};

} // namespace loomrel::test
