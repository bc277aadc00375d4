#pragma once

#include <atomic>
#include <cstdint>
#include <list>
#include <mutex>
#include <thread>
#include <utility>

namespace loomrel::test {

// A link to a PostgreSQL that goes wrong at a COMMIT, the one moment at which a client cannot know
// what became of its transaction.
class CommitThief {
public:
    enum class Fault {
        none,
        lose_request, // COMMIT never comes to the server; both ends see the link break
        lose_reply,   // the server commits; the client sees the link break
        mute_reply,   // the server commits; the client sees nothing at all, and waits
        close_after,  // as lose_reply, and the server takes no new connection either
    };

    explicit CommitThief(std::uint16_t server);
    ~CommitThief();
    CommitThief(const CommitThief&) = delete;
    CommitThief& operator=(const CommitThief&) = delete;

    [[nodiscard]] std::uint16_t port() const { return m_port; }

    // After `passing` more COMMITs that go well, the next one meets the fault; once.
    void arm(Fault fault, int passing = 0);

    [[nodiscard]] int stolen() const { return m_stolen; }

private:
    void accept_links();
    void carry(int client);
    [[nodiscard]] Fault fault_of_this_commit();

    int m_listener = -1;
    std::uint16_t m_port = 0;
    std::uint16_t m_server;
    std::atomic<bool> m_over{false};
    std::atomic<bool> m_closed{false};
    std::atomic<int> m_stolen{0};
    std::mutex m_mutex;
    Fault m_fault = Fault::none;
    int m_passing = 0;
    std::thread m_acceptor;
    std::list<std::thread> m_links;
};

} // namespace loomrel::test
