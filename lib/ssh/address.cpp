#include "lib/ssh/address.hpp"

#include "lib/base/error.hpp"
#include "lib/messages/messages.hpp"

#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <memory>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>

namespace loomrel::ssh {

namespace {

using messages::Id;
using messages::phrase;

struct Answer {
    int code = 0;
    int system_error = 0;
    std::vector<std::string> addresses;
};

Answer ask(const std::string& host, int flags) {
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = flags;
    addrinfo* list = nullptr;
    Answer answer;
    answer.code = ::getaddrinfo(host.c_str(), nullptr, &hints, &list);
    answer.system_error = errno;
    if (answer.code != 0) {
        return answer;
    }
    for (const addrinfo* entry = list; entry != nullptr; entry = entry->ai_next) {
        std::array<char, NI_MAXHOST> text{};
        if (::getnameinfo(entry->ai_addr,
                          entry->ai_addrlen,
                          text.data(),
                          text.size(),
                          nullptr,
                          0,
                          NI_NUMERICHOST)
            != 0) {
            continue;
        }
        std::string address = text.data();
        if (std::find(answer.addresses.begin(), answer.addresses.end(), address)
            == answer.addresses.end()) {
            answer.addresses.push_back(std::move(address));
        }
    }
    ::freeaddrinfo(list);
    return answer;
}

[[noreturn]] void fail(const std::string& host, const std::string& reason) {
    throw Error(ErrorKind::no_host,
                "host_unreachable",
                phrase(Id::ssh_not_resolved, fmt::arg("host", host), fmt::arg("reason", reason)),
                phrase(Id::ssh_not_resolved_hint, fmt::arg("host", host)));
}

} // namespace

std::vector<std::string> resolve(const std::string& host, Deadline deadline) {
    // An address needs no resolver, and so no thread.
    if (Answer numeric = ask(host, AI_NUMERICHOST); numeric.code == 0) {
        return numeric.addresses;
    }

    struct Shared {
        std::mutex mutex;
        std::condition_variable answered;
        std::optional<Answer> answer;
    };

    auto shared = std::make_shared<Shared>();
    std::thread([shared, host] {
        Answer answer = ask(host, 0);
        const std::lock_guard lock(shared->mutex);
        shared->answer = std::move(answer);
        shared->answered.notify_all();
    }).detach();

    std::unique_lock lock(shared->mutex);
    if (!shared->answered.wait_until(lock, deadline, [&] { return shared->answer.has_value(); })) {
        fail(host, "the resolver does not answer");
    }
    const Answer& answer = *shared->answer;
    if (answer.code == EAI_SYSTEM) {
        fail(host, std::generic_category().message(answer.system_error));
    }
    if (answer.code != 0) {
        fail(host, ::gai_strerror(answer.code));
    }
    if (answer.addresses.empty()) {
        fail(host, "no addresses");
    }
    return answer.addresses;
}

} // namespace loomrel::ssh
