#pragma once

#include "lib/store/keys.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace loomrel::server {

// What a route asks of a key (design 13.6). Which release, run or service it then comes to is
// ScopedLedger's to look at.
enum class Access {
    open,     // no key is wanted
    telegram, // Telegram's secret in its place
    read,     // any key
    work,     // one that works in some environment
    stage,    // one that works on stage
    prod,     // one that works in production
    manage,   // one of all environments and services
    decide,   // an approver's
};

// As openapi.json calls them.
[[nodiscard]] std::string_view to_string(Access access);

// Who asks, as the server itself knows it: no word of the request's is in it but the key. Only the
// door (Api::admit) makes one.
class Identity {
public:
    // LOOM_INTERSERVER_SECRET_KEY: all environments and services.
    [[nodiscard]] static Identity interserver();
    [[nodiscard]] static Identity of(const store::Key& key);
    // Nobody showed a key; only open routes let it in.
    [[nodiscard]] static Identity nobody();

    [[nodiscard]] bool may_ask(Access access) const;
    [[nodiscard]] bool works_in(const std::string& environment) const;
    [[nodiscard]] bool works_on(const std::string& service) const;

    // Empty = all of them.
    [[nodiscard]] const std::vector<std::string>& services() const { return m_services; }

    // No release and no run lies outside: nothing has to be looked up.
    [[nodiscard]] bool is_unlimited() const {
        return m_scope == store::Scope::all && m_services.empty();
    }

    [[nodiscard]] bool is_interserver() const { return m_interserver; }

    // For whom it decides.
    [[nodiscard]] std::optional<std::int64_t> approver() const { return m_approver; }

    // The key's; "" = nobody's.
    [[nodiscard]] const std::string& name() const { return m_name; }

    // "stage", "stage of loom-content", for whoever is refused.
    [[nodiscard]] std::string rights() const;

private:
    Identity() = default;

    std::string m_name;
    std::optional<store::Scope> m_scope;
    std::vector<std::string> m_services;
    std::optional<std::int64_t> m_approver;
    bool m_interserver = false;
};

} // namespace loomrel::server
