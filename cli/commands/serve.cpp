#include "cli/commands/serve.hpp"

#include "cli/serve/run_server.hpp"
#include "cli/serve/server_settings.hpp"
#include "cli/serve/telegram.hpp"

#include <nlohmann/json.hpp>

#include <memory>
#include <optional>
#include <string>

namespace loomrel::cli {

namespace {

using messages::Id;
using messages::phrase;

struct ServeOptions {
    std::optional<std::string> listen;
    bool dry_run = false;
};

void require_database(Services& services) {
    const std::string& url = services.config().store.url;
    if (url.starts_with("http://") || url.starts_with("https://")) {
        throw Error(ErrorKind::config,
                    "serve_needs_database",
                    phrase(Id::serve_needs_database, fmt::arg("url", store::shown_url(url))),
                    phrase(Id::serve_needs_database_hint));
    }
}

ExitCode show_plan(Services& services, const server::Settings& settings) {
    const bool v6 = settings.address.find(':') != std::string::npos;
    const std::string address = (v6 ? "[" + settings.address + "]" : settings.address) + ":"
                                + std::to_string(settings.port);
    if (services.json()) {
        auto plan = server_summary(services, address, settings);
        plan["dry_run"] = true;
        services.out_json(plan);
        return ExitCode::ok;
    }
    services.out(services.say(Id::serve_plan,
                              fmt::arg("address", address),
                              fmt::arg("prefix", settings.api.prefix),
                              fmt::arg("store", store::shown_url(services.config().store.url)))
                 + "\n");
    return ExitCode::ok;
}

// Until SIGTERM, SIGINT or SIGHUP.
ExitCode run_serve(Services& services, const ServeOptions& options) {
    const server::Settings settings = server_settings(services, options.listen);
    require_database(services);
    server::check_key(settings);
    check_webhook_url(services.config());
    if (options.dry_run) {
        return show_plan(services, settings);
    }
    run_server(services, settings);
    return ExitCode::ok;
}

} // namespace

void register_serve(Command& parent) {
    auto options = std::make_shared<ServeOptions>();
    parent.command("serve", Id::serve_about)
        .option("--listen", "ADDRESS:PORT", Id::serve_help_listen, &options->listen)
        .flag("--dry-run", Id::cli_help_dry_run, options->dry_run)
        .runs([options](Services& services) { return run_serve(services, *options); });
}

} // namespace loomrel::cli
