#include "cli/checks/exposure.hpp"

#include "cli/checks/git.hpp"
#include "lib/base/shell_quote.hpp"
#include "lib/base/text.hpp"
#include "lib/config/git_tree.hpp"
#include "lib/telemetry/exporter.hpp"

#include <algorithm>
#include <optional>

namespace loomrel::cli {

namespace {

namespace fs = std::filesystem;
using messages::Id;
using messages::phrase;

// Somewhere that a secret goes to without TLS, or may.
struct Way {
    std::string host;
    std::uint16_t port = 0;
    std::string shown; // "http://10.0.0.5:8000"
};

// A name without a dot is one of a Compose network, or of this machine's own hosts file.
bool is_near_by_name(const std::string& host) {
    const auto numeric = is_numeric_near(host);
    return numeric ? *numeric : host.find('.') == std::string::npos;
}

bool is_this_machine(const std::string& host) {
    return host.empty() || host == "localhost" || host == "::1" || host.starts_with("127.")
           || host.starts_with('/');
}

std::optional<Way> way_of(const std::string& authority, std::uint16_t port, std::string shown) {
    std::string host = authority;
    const std::size_t colon = host.rfind(':');
    if (colon != std::string::npos && host.find(']', colon) == std::string::npos) {
        port = static_cast<std::uint16_t>(
            parse_integer(std::string_view(host).substr(colon + 1)).value_or(port));
        host.erase(colon);
    }
    if (host.starts_with('[') && host.ends_with(']')) {
        host = host.substr(1, host.size() - 2);
    }
    return is_this_machine(host) ? std::nullopt : std::optional(Way{host, port, std::move(shown)});
}

std::optional<Way> way_without_tls(const std::string& url) {
    const std::string place = place_of_url(url);
    constexpr std::string_view k_http = "http://";
    if (place.starts_with(k_http)) {
        return way_of(place.substr(k_http.size()), 80, place);
    }
    if (!url.starts_with("postgres") || url.find("sslmode=verify-full") != std::string::npos) {
        return std::nullopt;
    }
    const std::size_t begin = url.find("://") + 3;
    std::string authority = url.substr(begin, url.find_first_of("/?", begin) - begin);
    authority.erase(0, authority.rfind('@') + 1);
    return way_of(authority, 5432, "postgresql://" + authority);
}

void check_ways(Services& services, std::vector<Exposure>& found) {
    const config::Config& config = services.config();
    std::vector<std::string> urls{config.store.url};
    if (!config.telegram.token.empty()) {
        urls.push_back(config.telegram.api_url);
    }
    if (!config.github.token.empty()) {
        urls.push_back(config.github.api_url);
    }
    const auto telemetry = telemetry::read_settings(services.environment(), config.cleartext);
    if (telemetry && !telemetry->headers.empty()) {
        urls.push_back(telemetry->url);
    }
    std::vector<std::string> open;
    for (const std::string& url : urls) {
        const auto way = way_without_tls(url);
        if (!way) {
            continue;
        }
        if (is_near_by_name(way->host) || config.cleartext.allows(way->host, way->port)) {
            open.push_back(sanitize_line(way->shown));
        } else if (way->shown.starts_with("http://") && is_numeric_near(way->host)) {
            found.push_back(
                {true,
                 phrase(Id::exposure_refused, fmt::arg("place", way->shown)),
                 phrase(Id::exposure_refused_mend,
                        fmt::arg("line",
                                 "LOOMREL_INSECURE=" + cleartext_place(way->host, way->port)))});
        }
    }
    if (!open.empty()) {
        found.push_back({false,
                         phrase(Id::exposure_open, fmt::arg("places", join(open, ", "))),
                         phrase(Id::exposure_open_mend)});
    }
}

// A path that is pasted into a command: short where the command is typed.
fs::path as_typed_here(Services& services, const fs::path& file) {
    return file.parent_path() == services.working_directory() ? file.filename() : file;
}

void check_git(Services& services, std::vector<Exposure>& found) {
    fs::path file = services.config().env_servers_path;
    const fs::path here = services.working_directory() / ".env.servers";
    if (file.empty() && fs::exists(here)) {
        file = here;
    }
    if (file.empty() || !config::checkout_of(file)) {
        return;
    }
    const std::string name = sanitize_line(file.filename().string());
    if (const auto tracked = config::tracked_name(file)) {
        found.push_back(
            {true,
             phrase(Id::exposure_tracked, fmt::arg("file", name)),
             phrase(
                 Id::exposure_tracked_mend,
                 fmt::arg("command", config::untrack_command(as_typed_here(services, *tracked))))});
        return;
    }
    const auto repository = GitRepository::find(file.parent_path());
    if (repository && !repository->ignores(file)) {
        const std::string ignore =
            sanitize_line(as_typed_here(services, file.parent_path() / ".gitignore").string());
        found.push_back({false,
                         phrase(Id::exposure_not_ignored, fmt::arg("file", name)),
                         phrase(Id::exposure_not_ignored_mend,
                                fmt::arg("file", shell_quote(name)),
                                fmt::arg("ignore", shell_quote(ignore)))});
    }
}

void check_production_ledger(Services& services, std::vector<Exposure>& found) {
    const config::Config& config = services.config();
    if (config.store.embedded && config.has_trusted_side) {
        found.push_back({false,
                         phrase(Id::cli_ledger_not_named),
                         phrase(Id::cli_ledger_not_named_hint, fmt::arg("url", config.store.url))});
    }
}

} // namespace

std::vector<Exposure> find_exposures(Services& services) {
    std::vector<Exposure> found;
    check_git(services, found);
    check_ways(services, found);
    check_production_ledger(services, found);
    return found;
}

} // namespace loomrel::cli
