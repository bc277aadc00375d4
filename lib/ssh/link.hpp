#pragma once

#include "lib/base/clock.hpp"
#include "lib/base/error.hpp"
#include "lib/ssh/handles.hpp"
#include "lib/ssh/ssh.hpp"

#include <cstddef>
#include <optional>
#include <string>

namespace loomrel::ssh {

// What to type to see for oneself: "ssh -v -p 22 root@192.168.1.30 true".
[[nodiscard]] std::string probe_command(const Endpoint& endpoint);

// libssh's session towards one numeric address, always in non-blocking mode: the waiting is done
// here, so that every wait has an end. Up to the key exchange it knows nobody; who the peer is and
// who we are is settled by its users. Owned by the connection and its channels together.
class Link {
public:
    struct Failure {
        // The peer took the connection and closed it before it said who it is: it may take the
        // next one (MaxStartups).
        bool dropped = false;
        bool timed_out = false;
        std::string reason;
    };

    // `host_key_algorithms` as libssh writes them, the most wanted first.
    Link(const Endpoint& endpoint,
         const std::string& address,
         const std::string& host_key_algorithms);
    ~Link();
    Link(const Link&) = delete;
    Link& operator=(const Link&) = delete;

    // Connects and exchanges keys.
    [[nodiscard]] std::optional<Failure> open(Deadline deadline);

    enum class Waited { ready, timed_out, interrupted, gone };

    // Until the peer sent something, or takes something that is queued.
    Waited wait(Deadline deadline);

    // Repeats a non-blocking call while it answers `again`. SSH_ERROR if the link ends meanwhile;
    // throws Error(no_host) with code host_unreachable when the deadline has passed, `during` says
    // what for.
    template <typename Call>
    int drive(int again, Deadline deadline, const Phrase& during, Call call) {
        for (;;) {
            const int result = call();
            if (result != again) {
                return result;
            }
            switch (wait(deadline)) {
            case Waited::ready:
            case Waited::interrupted:
                break;
            case Waited::gone:
                return SSH_ERROR;
            case Waited::timed_out:
                fail_late(during);
            }
        }
    }

    // Takes in what the peer sent and sends what is queued, without waiting; channels hear of it by
    // their callbacks. Returns after about `enough` bytes. False = the link is gone.
    [[nodiscard]] bool process(std::size_t enough);

    [[nodiscard]] bool is_alive() const;

    [[nodiscard]] ssh_session session() const { return m_session.get(); }

    // libssh's own words, harmless for a terminal.
    [[nodiscard]] std::string error() const;

    // From now on the peer is told when we leave.
    void say_goodbye_at_end() { m_goodbye = true; }

    // Error(no_host) with code host_unreachable: the link ended by itself, or took too long.
    [[noreturn]] void fail(const Phrase& during) const;
    [[noreturn]] void fail_late(const Phrase& during) const;

private:
    void prepare_socket();
    void overhear();
    [[noreturn]] void fail(const Phrase& during, const Phrase& reason) const;

    std::string m_shown;
    std::string m_probe;
    ssh_counter_struct m_traffic{}; // outlives the session, which counts in it
    SessionHandle m_session;
    EventHandle m_event; // released before the session: it gives the session's poll handle back
    bool m_prepared = false;
    std::string m_said; // by the peer, in place of "SSH-2.0-…"
    bool m_goodbye = false;
};

} // namespace loomrel::ssh
