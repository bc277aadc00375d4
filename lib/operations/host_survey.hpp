#pragma once

#include "lib/operations/context.hpp"
#include "lib/ssh/ssh.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace loomrel::operations {

// One host of an environment, and the services that are to be looked at there.
struct HostServices {
    std::string environment;
    config::Host host;
    std::string name; // "root@192.168.1.30:22"
    std::vector<config::DeploySettings> services;
};

// The host's place among them, added where it has none yet, whichever services are there.
HostServices& place_of(const Context& context,
                       std::vector<HostServices>& all,
                       const std::string& environment,
                       const config::Host& host);

// The hosts of these services in the environment that was asked for, else in all that are
// configured (developers' machines only when asked for). Error(config) if none is.
[[nodiscard]] std::vector<HostServices> places(const Context& context,
                                               Console& console,
                                               const std::optional<std::string>& environment,
                                               const std::vector<std::string>& services);

// Looks at every place at once, one connection and one thread each, so that a host that is down
// does not hide the others. What `look` throws becomes the place's error; `failed` hears of it at
// once, in the place's thread.
struct Surveyed {
    std::optional<Error> error;
};

[[nodiscard]] std::vector<Surveyed>
survey(const Context& context,
       Console& console,
       const std::vector<HostServices>& all,
       const std::function<void(std::size_t, ssh::Connection&)>& look,
       const std::function<void(std::size_t, const Error&)>& failed = {});

} // namespace loomrel::operations
