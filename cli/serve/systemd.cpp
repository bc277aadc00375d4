#include "cli/serve/systemd.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>

namespace loomrel::cli {

void notify_manager(const std::optional<std::string>& socket, std::string_view state) {
    sockaddr_un address{};
    if (!socket || socket->size() < 2 || socket->size() >= sizeof(address.sun_path)
        || (socket->front() != '/' && socket->front() != '@')) {
        return;
    }
    address.sun_family = AF_UNIX;
    std::copy(socket->begin(), socket->end(), address.sun_path);
    if (socket->front() == '@') {
        address.sun_path[0] = '\0';
    }
    const int channel = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (channel == -1) {
        return;
    }
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket->size());
    (void)::sendto(channel,
                   state.data(),
                   state.size(),
                   MSG_NOSIGNAL,
                   reinterpret_cast<const sockaddr*>(&address),
                   length);
    (void)::close(channel);
}

} // namespace loomrel::cli
