#include "cli/serve/server_settings.hpp"

#include "cli/serve/telegram.hpp"
#include "lib/base/digest.hpp"
#include "lib/base/text.hpp"
#include "lib/server/proxies.hpp"
#include "lib/store/store.hpp"

#include <arpa/inet.h>
#include <nlohmann/json.hpp>

namespace loomrel::cli {

namespace {

using messages::Id;
using messages::phrase;

struct Listen {
    std::string address;
    std::uint16_t port = 0;
};

// No name: it may be many addresses, or another one tomorrow.
bool is_address(const std::string& text) {
    in6_addr parsed{};
    return ::inet_pton(AF_INET, text.c_str(), &parsed) == 1
           || ::inet_pton(AF_INET6, text.substr(0, text.find('%')).c_str(), &parsed) == 1;
}

// "127.0.0.1:8000", "[::1]:8000", ":8000" (everywhere).
Listen parse_listen(const std::string& text) {
    const std::size_t colon = text.rfind(':');
    const auto port =
        colon == std::string::npos ? std::nullopt : parse_integer(text.substr(colon + 1));
    std::string address = text.substr(0, colon);
    if (address.starts_with('[') && address.ends_with(']')) {
        address = address.substr(1, address.size() - 2);
    } else if (address.find(':') != std::string::npos) {
        address.clear();
    } else if (address.empty() || address == "*") {
        address = "0.0.0.0";
    } else if (address == "localhost") {
        address = "127.0.0.1";
    }
    if (!port || *port < 0 || *port > 65535 || !is_address(address)) {
        throw Error(ErrorKind::config,
                    "bad_listen",
                    phrase(Id::serve_bad_listen, fmt::arg("text", sanitize_line(text))),
                    phrase(Id::server_cannot_listen_hint));
    }
    return {address, static_cast<std::uint16_t>(*port)};
}

} // namespace

server::Settings server_settings(Services& services, const std::optional<std::string>& listen) {
    const config::Config& config = services.config();
    const Listen place = parse_listen(listen.value_or(config.server.listen));
    server::Settings settings;
    settings.address = place.address;
    settings.port = place.port;
    settings.trusted_proxies = config.server.trusted_proxies;
    settings.api.prefix = config.server.prefix;
    settings.api.key = config.store.api_secret.unsent();
    settings.api.rules = config.approval_rules();
    if (!config.telegram.token.empty()) {
        settings.api.webhook_secret =
            Secret(to_hex(hmac_sha256(config.telegram.token.unsent().reveal(), "loomrel webhook")));
    }
    return settings;
}

void check_serve_settings(Services& services) {
    const server::Settings settings = server_settings(services, {});
    (void)server::Proxies(settings.trusted_proxies);
    check_webhook_url(services.config());
}

nlohmann::ordered_json
server_summary(Services& services, const std::string& address, const server::Settings& settings) {
    return {{"listen", address},
            {"prefix", settings.api.prefix},
            {"store", store::shown_url(services.config().store.url)}};
}

} // namespace loomrel::cli
