#include "lib/operations/host_argument.hpp"

#include "lib/base/error.hpp"
#include "lib/base/text.hpp"
#include "lib/messages/messages.hpp"

#include <algorithm>
#include <string_view>

namespace loomrel::operations {

namespace {

using messages::Id;
using messages::phrase;

bool is_made_of(std::string_view text, std::string_view more) {
    return !text.empty() && !text.starts_with('-')
           && std::all_of(text.begin(), text.end(), [&](char c) {
                  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')
                         || more.find(c) != std::string_view::npos;
              });
}

} // namespace

HostArgument parse_host_argument(const std::string& text) {
    const auto refuse = [&] {
        return Error(ErrorKind::usage,
                     "bad_host",
                     phrase(Id::trust_bad_host, fmt::arg("host", sanitize_line(text))),
                     phrase(Id::trust_bad_host_hint));
    };
    HostArgument host;
    std::string_view rest = text;
    if (const std::size_t at = rest.rfind('@'); at != std::string_view::npos) {
        // What is typed is seen by everybody on this machine; it is not shown once more.
        if (rest.substr(0, at).find(':') != std::string_view::npos) {
            throw Error(ErrorKind::usage,
                        "password_in_host",
                        phrase(Id::cli_password_in_host),
                        phrase(Id::cli_password_in_host_hint));
        }
        host.user = rest.substr(0, at);
        rest.remove_prefix(at + 1);
        if (!is_made_of(*host.user, "._-")) {
            throw refuse();
        }
    }
    std::string_view port;
    bool has_port = false;
    if (rest.starts_with('[')) {
        const std::size_t end = rest.find(']');
        if (end == std::string_view::npos) {
            throw refuse();
        }
        host.address = rest.substr(1, end - 1);
        rest.remove_prefix(end + 1);
        has_port = !rest.empty();
        if (has_port && !rest.starts_with(':')) {
            throw refuse();
        }
        port = rest.substr(has_port ? 1 : 0);
    } else if (std::count(rest.begin(), rest.end(), ':') > 1) {
        host.address = rest;
    } else {
        const std::size_t colon = rest.find(':');
        has_port = colon != std::string_view::npos;
        host.address = rest.substr(0, colon);
        port = has_port ? rest.substr(colon + 1) : "";
    }
    if (!is_made_of(host.address, "._-:%")) {
        throw refuse();
    }
    if (has_port) {
        const std::optional<std::int64_t> number = parse_integer(port);
        if (!number || *number < 1 || *number > 65535) {
            throw refuse();
        }
        host.port = static_cast<std::uint16_t>(*number);
    }
    return host;
}

} // namespace loomrel::operations
