#include "cli/context/local_state.hpp"

#include "lib/base/text.hpp"

namespace loomrel::cli {

std::filesystem::path state_folder(Services& services) {
    if (const auto state = state_home(services.environment())) {
        return *state / "loomrel";
    }
    return std::filesystem::path(services.env("HOME").value_or("/")) / ".local/state/loomrel";
}

store::Spool make_spool(Services& services) {
    return {state_folder(services) / "spool", store::shown_url(services.config().store.url)};
}

bool is_ledger_named(Services& services) {
    return !store::shown_url(services.config().store.url).empty();
}

deploy::Patience patience(Services& services) {
    deploy::Patience patience;
    if (const auto wait = parse_integer(services.env("LOOMREL_LINK_WAIT").value_or(""))) {
        patience.away = std::chrono::seconds(std::max<std::int64_t>(*wait, 0));
    }
    return patience;
}

} // namespace loomrel::cli
