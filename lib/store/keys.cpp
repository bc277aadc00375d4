#include "lib/store/keys.hpp"

#include "lib/base/digest.hpp"
#include "lib/base/random.hpp"

#include <algorithm>
#include <array>

namespace loomrel::store {

namespace {

constexpr std::string_view k_prefix = "loomrel_";
constexpr std::size_t k_random_bytes = 16;
constexpr std::size_t k_longest_name = 64;
// Actors of events that no key made.
constexpr std::array<std::string_view, 3> k_taken{k_interserver, "loomrel", "serve"};

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

} // namespace

std::string_view to_string(Scope scope) {
    switch (scope) {
    case Scope::read:
        return "read";
    case Scope::dev:
        return "dev";
    case Scope::stage:
        return "stage";
    case Scope::prod:
        return "prod";
    case Scope::all:
        return "all";
    }
    return {};
}

Secret make_key() {
    return Secret(std::string(k_prefix) + random_hex(k_random_bytes));
}

bool has_form_of_key(std::string_view text) {
    if (!text.starts_with(k_prefix) || text.size() != k_prefix.size() + 2 * k_random_bytes) {
        return false;
    }
    text.remove_prefix(k_prefix.size());
    return std::all_of(
        text.begin(), text.end(), [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); });
}

bool is_weak(const Secret& interserver) {
    return interserver.reveal().size() < k_shortest_interserver;
}

std::string digest_of(const Secret& key) {
    return to_hex(sha256(key.reveal()));
}

bool is_key_name(std::string_view name) {
    const auto is_letter = [](char c) { return c >= 'a' && c <= 'z'; };
    return !name.empty() && name.size() <= k_longest_name
           && (is_letter(name.front()) || is_digit(name.front()))
           && std::all_of(name.begin(),
                          name.end(),
                          [&](char c) {
                              return is_letter(c) || is_digit(c) || c == '.' || c == '_'
                                     || c == '-';
                          })
           && std::find(k_taken.begin(), k_taken.end(), name) == k_taken.end();
}

} // namespace loomrel::store
