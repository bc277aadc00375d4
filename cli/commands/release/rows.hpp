#pragma once

#include "cli/context/services.hpp"
#include "lib/store/wire/wire.hpp"
#include "lib/terminal/table.hpp"

#include <string>

// Values of the ledger as the release commands show them: to people in their language and zone, to
// a pipe always alike.
namespace loomrel::cli {

[[nodiscard]] std::string time_for(Services& services, Time time);
[[nodiscard]] std::string status_for(Services& services, const std::string& status);
// With whose word it is, for people.
[[nodiscard]] std::string status_of(Services& services, const release::Release& row);

void print(Services& services, const terminal::Table& table);

// Times are RFC 3339 to the millisecond, null where there is none.
template <typename Entity> nlohmann::ordered_json json_of(const Entity& entity) {
    return store::wire::write<nlohmann::ordered_json>(entity, to_rfc3339);
}

} // namespace loomrel::cli
