#include "lib/store/postgres/places.hpp"

#include "lib/base/handle.hpp"
#include "lib/base/text.hpp"
#include "lib/http/http.hpp"

#include <libpq-fe.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <vector>

namespace loomrel::store {

namespace {

using Defaults = Handle<PQconninfoOption, PQconninfoFree>;

struct Place {
    std::string host;
    std::string address; // numeric; "" = a socket, or left to libpq
    std::string port;
    bool near = false;
};

// What the environment says: PGHOST and the like, and the service that PGSERVICE names.
Parameters defaults_of_environment() {
    Parameters found;
    const Defaults defaults(PQconndefaults());
    for (const auto* one = defaults.get(); one != nullptr && one->keyword != nullptr; ++one) {
        const std::string name = one->keyword;
        const bool is_wanted =
            name == "host" || name == "hostaddr" || name == "port" || name == "sslrootcert";
        if (is_wanted && one->val != nullptr && one->val[0] != '\0') {
            found[name] = one->val;
        }
    }
    return found;
}

// The environment's, where the address says nothing of a place itself.
void take_defaults(Parameters& parameters, const Parameters& defaults) {
    const bool is_named = !parameters["host"].empty() || !parameters["hostaddr"].empty()
                          || parameters.contains("service");
    for (const char* name : {"host", "hostaddr", "port"}) {
        std::string& value = parameters[name];
        if (!is_named && value.empty() && defaults.contains(name)) {
            value = defaults.at(name);
        }
    }
}

std::string nth(const std::string& list, std::size_t at) {
    const auto parts = split(list, ',');
    return at < parts.size() ? std::string(parts[at]) : "";
}

void add_resolved(std::vector<Place>& places, const Place& named) {
    const bool is_socket =
        named.address.empty()
        && (named.host.empty() || named.host.starts_with('/') || named.host.starts_with('@'));
    if (is_socket) {
        places.push_back({named.host, "", named.port, true});
        return;
    }
    const auto found = resolve(named.address.empty() ? named.host : named.address);
    if (found.empty()) { // libpq says so in its own words
        places.push_back({named.host, named.address, named.port, false});
    }
    for (const Resolved& one : found) {
        places.push_back(
            {named.host.empty() ? one.address : named.host, one.address, named.port, one.near});
    }
}

std::vector<Place> places_of(const Parameters& parameters) {
    const std::string& hosts = parameters.at("host");
    const std::string& addresses = parameters.at("hostaddr");
    const std::string& ports = parameters.at("port");
    const std::size_t count = std::max(split(hosts, ',').size(), split(addresses, ',').size());
    const bool one_port = ports.find(',') == std::string::npos;
    std::vector<Place> places;
    for (std::size_t i = 0; i < count; ++i) {
        add_resolved(places,
                     {nth(hosts, i), nth(addresses, i), one_port ? ports : nth(ports, i), false});
    }
    return places;
}

// One's own authority for databases, where libpq looks for it by itself; a service file may name
// one.
bool has_own_authority(const Parameters& parameters, const Parameters& defaults) {
    if (parameters.contains("sslrootcert") || parameters.contains("service")
        || defaults.contains("sslrootcert")) {
        return true;
    }
    const char* home = std::getenv("HOME");
    return home != nullptr
           && ::access((std::string(home) + "/.postgresql/root.crt").c_str(), R_OK) == 0;
}

} // namespace

std::string settle_places(Parameters& parameters, const Cleartext& allowed) {
    const Parameters defaults = defaults_of_environment();
    take_defaults(parameters, defaults);
    const std::vector<Place> places = places_of(parameters);
    std::vector<std::string> hosts;
    std::vector<std::string> addresses;
    std::vector<std::string> ports;
    std::string far;
    for (const Place& place : places) {
        hosts.push_back(place.host);
        addresses.push_back(place.address);
        ports.push_back(place.port);
        const auto port = parse_integer(place.port.empty() ? "5432" : place.port);
        if (far.empty() && !place.near
            && !allowed.allows(place.host, static_cast<std::uint16_t>(port.value_or(0)))) {
            far = cleartext_place(place.host, static_cast<std::uint16_t>(port.value_or(0)));
        }
    }
    parameters["host"] = join(hosts, ",");
    parameters["hostaddr"] = join(addresses, ",");
    parameters["port"] = join(ports, ",");
    // libpq fills in what is not said here: a socket's address may lead to another machine then.
    const bool may_be_elsewhere =
        parameters["hostaddr"].empty()
        && (parameters.contains("service") || defaults.contains("hostaddr"));
    std::erase_if(parameters, [](const auto& one) {
        return (one.first == "host" || one.first == "hostaddr" || one.first == "port")
               && one.second.empty();
    });
    if (!far.empty() || may_be_elsewhere) {
        parameters["sslmode"] = "verify-full";
        if (!has_own_authority(parameters, defaults) && !http::authorities_file().empty()) {
            parameters["sslrootcert"] = http::authorities_file();
        }
    }
    return far;
}

} // namespace loomrel::store
