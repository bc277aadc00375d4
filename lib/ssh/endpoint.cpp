#include "lib/base/shell_quote.hpp"
#include "lib/ssh/link.hpp"
#include "lib/ssh/ssh.hpp"

#include <fmt/format.h>
#include <libssh/libssh.h>

namespace loomrel::ssh {

std::string Endpoint::shown() const {
    const bool is_ipv6 = host.find(':') != std::string::npos;
    return fmt::format("{}@{}{}{}:{}", user, is_ipv6 ? "[" : "", host, is_ipv6 ? "]" : "", port);
}

std::string probe_command(const Endpoint& endpoint) {
    return fmt::format(
        "ssh -v -p {} {} true", endpoint.port, shell_quote(endpoint.user + "@" + endpoint.host));
}

std::string library_version() {
    const std::string text = ssh_version(0);
    return text.substr(0, text.find('/'));
}

} // namespace loomrel::ssh
