#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct sockaddr;

// Where something may go without TLS (design 13.5).
namespace loomrel {

// The hosts that LOOMREL_INSECURE names: "host" with every port, "host:port" with that one.
struct Cleartext {
    std::vector<std::string> hosts;

    [[nodiscard]] bool allows(std::string_view host, std::uint16_t port) const;
};

// Blanks stand between them.
[[nodiscard]] Cleartext parse_cleartext(std::string_view text);

// "host:port" as LOOMREL_INSECURE takes it: the word to write for a place that was refused.
[[nodiscard]] std::string cleartext_place(std::string_view host, std::uint16_t port);

// An address that no stranger is on the way to: a socket of this machine, loopback, a private
// network (RFC 1918, 6598, 4193), link-local.
[[nodiscard]] bool is_near(const sockaddr& address);

// The addresses of a name as the system resolves it, each judged by is_near(). Blocks as long as
// the name servers do. Empty: the name is not known.
struct Resolved {
    std::string address; // numeric
    bool near = false;
};

[[nodiscard]] std::vector<Resolved> resolve(const std::string& host);

// The same of a numeric address, without asking anybody; nullopt: it is a name.
[[nodiscard]] std::optional<bool> is_numeric_near(const std::string& host);

} // namespace loomrel
