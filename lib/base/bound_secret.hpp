#pragma once

#include "lib/base/secret.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace loomrel {

// A secret and the places that it may be sent to. Whoever sends it names where to, and gets it only
// if that is one of them: a setting that points somewhere else cannot take the secret along.
class BoundSecret {
public:
    BoundSecret() = default;

    // Places as place_of_url() and place_of_host() give them, or a ledger's whole address. An empty
    // one is no place.
    BoundSecret(Secret value, std::vector<std::string> places);

    [[nodiscard]] bool empty() const { return m_value.empty(); }

    [[nodiscard]] bool may_go_to(std::string_view place) const;
    // Throws Error(config) with code secret_elsewhere.
    [[nodiscard]] const Secret& for_place(std::string_view place) const;

    // For what stays in this process: masking, a hash, a comparison.
    [[nodiscard]] const Secret& unsent() const { return m_value; }

    bool operator==(const BoundSecret&) const = default;

private:
    Secret m_value;
    std::vector<std::string> m_places;
};

// "https://host:443" of an http(s) address; "" of all else, of one with a user or password, and of
// one that two readers might read differently.
[[nodiscard]] std::string place_of_url(std::string_view url);

// "ssh://host:22", lower case.
[[nodiscard]] std::string place_of_host(std::string_view address, std::uint16_t port);

} // namespace loomrel
