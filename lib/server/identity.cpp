#include "lib/server/identity.hpp"

#include "lib/base/text.hpp"

#include <algorithm>

namespace loomrel::server {

using store::Scope;

std::string_view to_string(Access access) {
    switch (access) {
    case Access::open:
        return "open";
    case Access::telegram:
        return "telegram";
    case Access::read:
        return "read";
    case Access::work:
        return "work";
    case Access::stage:
        return "stage";
    case Access::prod:
        return "prod";
    case Access::manage:
        return "manage";
    case Access::decide:
        return "decide";
    }
    return {};
}

Identity Identity::interserver() {
    Identity identity;
    identity.m_name = store::k_interserver;
    identity.m_scope = Scope::all;
    identity.m_interserver = true;
    return identity;
}

Identity Identity::of(const store::Key& key) {
    Identity identity;
    identity.m_name = key.name;
    // An approver's key does nothing else, whatever its row says.
    identity.m_scope = key.approver_id ? Scope::read : key.scope;
    identity.m_services = key.services;
    identity.m_approver = key.approver_id;
    return identity;
}

Identity Identity::nobody() {
    return {};
}

bool Identity::may_ask(Access access) const {
    switch (access) {
    case Access::open:
    case Access::telegram:
        return true;
    case Access::read:
        return m_scope.has_value();
    case Access::work:
        return m_scope && m_scope != Scope::read;
    case Access::stage:
        return works_in("stage");
    case Access::prod:
        return works_in("prod");
    case Access::manage:
        return is_unlimited();
    case Access::decide:
        return m_approver.has_value();
    }
    return false;
}

bool Identity::works_in(const std::string& environment) const {
    if (!m_scope) {
        return false;
    }
    switch (*m_scope) {
    case Scope::read:
        return false;
    case Scope::dev:
    case Scope::stage:
    case Scope::prod:
        return environment == to_string(*m_scope);
    case Scope::all:
        return true;
    }
    return false;
}

bool Identity::works_on(const std::string& service) const {
    return m_scope
           && (m_services.empty()
               || std::find(m_services.begin(), m_services.end(), service) != m_services.end());
}

std::string Identity::rights() const {
    const std::string what = m_approver ? "the decisions of approver " + std::to_string(*m_approver)
                             : m_scope  ? std::string(to_string(*m_scope))
                                        : "nothing";
    return m_services.empty() ? what : what + " of " + join(m_services, ", ");
}

} // namespace loomrel::server
