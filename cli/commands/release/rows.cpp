#include "cli/commands/release/rows.hpp"

#include "cli/commands/release/release.hpp"

namespace loomrel::cli {

std::string time_for(Services& services, Time time) {
    return services.io().out_is_tty() ? services.date(time) : to_rfc3339(time);
}

std::string status_of(Services& services, const release::Release& row) {
    const std::string status = status_for(services, row.status);
    return row.unverified && services.io().out_is_tty()
               ? status + " (" + services.say(messages::Id::event_unverified) + ")"
               : status;
}

std::string status_for(Services& services, const std::string& status) {
    return services.io().out_is_tty() ? status_label(services.language(), status) : status;
}

void print(Services& services, const terminal::Table& table) {
    services.out(services.io().out_is_tty() ? table.aligned(services.io().size().columns)
                                            : table.plain());
}

} // namespace loomrel::cli
