#pragma once

#include "lib/config/config.hpp"

#include <string>
#include <utility>
#include <vector>

namespace loomrel::config {

// A URL without its password, and the password as it stood there.
[[nodiscard]] std::pair<std::string, std::string> split_password(const std::string& url);

// In the address or among its parameters.
[[nodiscard]] bool has_password(const std::string& url);

// The ledger's address, taken apart.
struct StoreUrl {
    std::string bare;                 // without the password
    std::string shown;                // without anything secret
    std::string password;             // decoded; "" = none
    std::vector<std::string> secrets; // in every form that stood there
};

// Only the environment may bring a password along. Throws Error(config), never with the address in
// it, for that and for what begins with no scheme of a ledger's.
[[nodiscard]] StoreUrl read_store_url(const std::string& url, const Origin& origin);

// The same database of the same server, or the same API. Of two that are not written alike only
// plain ones are compared: a parameter may lead elsewhere.
[[nodiscard]] bool is_same_ledger(const std::string& one, const std::string& other);

[[nodiscard]] std::string url_encoded(const std::string& text);
[[nodiscard]] std::string url_decoded(const std::string& text);

} // namespace loomrel::config
