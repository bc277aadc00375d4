#include "lib/ssh/connect.hpp"

#include "lib/base/error.hpp"
#include "lib/base/text.hpp"
#include "lib/messages/messages.hpp"
#include "lib/ssh/auth.hpp"
#include "lib/ssh/channel.hpp"
#include "lib/ssh/host_key.hpp"
#include "lib/ssh/link.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace loomrel::ssh {

namespace {

using messages::Id;
using messages::phrase;

// sshd drops some of many newcomers (MaxStartups): those dropped before the first word come again.
constexpr int k_most_attempts = 5;
constexpr Milliseconds k_first_pause{150};
// Of one address, until the keys are exchanged. The kernel waits longer and longer before it tries
// again; a new try finds a host that has come back at once.
constexpr Milliseconds k_longest_try{15000};

class LiveConnection : public Connection {
public:
    explicit LiveConnection(std::shared_ptr<Link> link)
        : m_link(std::move(link)) {}

    std::unique_ptr<Channel> exec(const std::string& command, Milliseconds wait) override {
        return open_channel(m_link, command, deadline_in(wait));
    }

private:
    std::shared_ptr<Link> m_link;
};

// A link with the keys exchanged and nothing else done.
struct Met {
    std::shared_ptr<Link> link;
    std::string address;
    HostKey key;
    std::vector<HostKey> others; // shown too, when asked for other types
};

class Meeting {
public:
    Meeting(const Endpoint& endpoint, Deadline deadline, const Resolver& resolver)
        : m_endpoint(endpoint),
          m_deadline(deadline),
          m_addresses(resolver(endpoint.host, deadline)) {}

    Met run() {
        Met met = open_any();
        if (m_endpoint.pins.empty() || is_pinned(m_endpoint, met.key)) {
            return met;
        }
        // A pin does not say its type. The host may hold the pinned key beside the one it showed.
        std::vector<HostKey> seen{met.key};
        for (;;) {
            const std::string algorithms = host_key_algorithms(m_endpoint, seen);
            if (algorithms.empty()) {
                break;
            }
            auto link = std::make_shared<Link>(m_endpoint, met.address, algorithms);
            if (link->open(m_deadline)) {
                break;
            }
            HostKey key = shown_key(link->session(), m_endpoint);
            if (is_pinned(m_endpoint, key)) {
                return {std::move(link), met.address, std::move(key), {}};
            }
            seen.push_back(key);
            met.others.push_back(std::move(key));
        }
        return met;
    }

private:
    Met open_any() {
        Milliseconds pause = k_first_pause;
        for (int attempt = 1;; ++attempt) {
            m_failures.clear();
            bool dropped = false;
            m_silent = false;
            for (std::size_t at = 0; at < m_addresses.size(); ++at) {
                if (std::optional<Met> met = open_one(at, dropped)) {
                    return std::move(*met);
                }
            }
            // Who was silent for a whole try may have been rebooting.
            if (m_silent && left_until(m_deadline).count() > 0) {
                continue;
            }
            if (!dropped || attempt >= k_most_attempts || left_until(m_deadline) <= pause) {
                fail(dropped);
            }
            std::this_thread::sleep_for(pause);
            pause *= 2;
        }
    }

    std::optional<Met> open_one(std::size_t at, bool& dropped) {
        const std::string& address = m_addresses[at];
        const Milliseconds left = left_until(m_deadline);
        const Milliseconds share =
            std::min(k_longest_try, left / static_cast<int>(m_addresses.size() - at));
        auto link =
            std::make_shared<Link>(m_endpoint, address, host_key_algorithms(m_endpoint, {}));
        const std::optional<Link::Failure> failure = link->open(deadline_in(share));
        if (!failure) {
            HostKey key = shown_key(link->session(), m_endpoint);
            return Met{std::move(link), address, std::move(key), {}};
        }
        dropped = dropped || failure->dropped;
        m_silent = m_silent || failure->timed_out;
        const Phrase reason = told(*failure);
        // One address that is what was typed need not be said twice.
        const std::string prefix = address == m_endpoint.host ? "" : address + ": ";
        m_failures.push_back({prefix + reason.ru, prefix + reason.en});
        return std::nullopt;
    }

    static Phrase told(const Link::Failure& failure) {
        if (failure.timed_out) {
            return phrase(Id::ssh_no_answer);
        }
        if (!failure.dropped) {
            return {failure.reason, failure.reason};
        }
        return failure.reason.empty()
                   ? phrase(Id::ssh_dropped)
                   : phrase(Id::ssh_dropped_saying, fmt::arg("said", failure.reason));
    }

    [[noreturn]] void fail(bool dropped) const {
        const std::string host = m_endpoint.shown();
        const std::string command = probe_command(m_endpoint);
        Phrase message;
        for (const Language language : {Language::ru, Language::en}) {
            std::vector<std::string> reasons;
            for (const Phrase& each : m_failures) {
                reasons.push_back(in(language, each));
            }
            const std::string list = join(reasons, "; ");
            std::string& text = language == Language::ru ? message.ru : message.en;
            text = messages::say(
                language, Id::ssh_unreachable, fmt::arg("host", host), fmt::arg("reason", list));
        }
        throw Error(ErrorKind::no_host,
                    "host_unreachable",
                    message,
                    phrase(dropped ? Id::ssh_dropped_hint : Id::ssh_unreachable_hint,
                           fmt::arg("command", command)));
    }

    const Endpoint& m_endpoint;
    Deadline m_deadline;
    std::vector<std::string> m_addresses;
    std::vector<Phrase> m_failures;
    bool m_silent = false; // an address gave no answer in the last round
};

} // namespace

std::unique_ptr<Connection>
connect_with(const Endpoint& endpoint, Milliseconds wait, const Resolver& resolver) {
    const Deadline deadline = deadline_in(wait);
    Milliseconds pause = k_first_pause;
    for (int attempt = 1;; ++attempt) {
        Met met = Meeting(endpoint, deadline, resolver).run();
        refuse_short(endpoint, met.key);
        check_trust(endpoint, met.key, met.others);
        try {
            authenticate(*met.link, endpoint, deadline);
        } catch (const Error& error) {
            // A link that died in the log-in has proved nothing; a refusal has.
            if (error.code() != "host_unreachable" || attempt == k_most_attempts
                || left_until(deadline) <= pause) {
                throw;
            }
            std::this_thread::sleep_for(pause);
            pause *= 2;
            continue;
        }
        met.link->say_goodbye_at_end();
        return std::make_unique<LiveConnection>(std::move(met.link));
    }
}

HostKey fetch_host_key_with(const Endpoint& endpoint, Milliseconds wait, const Resolver& resolver) {
    HostKey key = Meeting(endpoint, deadline_in(wait), resolver).run().key;
    refuse_short(endpoint, key);
    return key;
}

std::unique_ptr<Connection> connect(const Endpoint& endpoint, Milliseconds wait) {
    return connect_with(endpoint, wait, resolve);
}

HostKey fetch_host_key(const Endpoint& endpoint, Milliseconds wait) {
    return fetch_host_key_with(endpoint, wait, resolve);
}

} // namespace loomrel::ssh
