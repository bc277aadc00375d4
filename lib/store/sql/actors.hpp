#pragma once

#include "lib/release/actors.hpp"
#include "lib/store/server_ledger.hpp"
#include "lib/store/sql/session.hpp"

#include <cstdint>
#include <optional>
#include <string>

// Who acted on a release, a JSON object in its row; each call in a transaction of the caller's.
namespace loomrel::store {

// nullopt: a row of before. What cannot be read says nothing of anybody.
[[nodiscard]] std::optional<release::Actors> actors_of(const std::optional<std::string>& cell);
[[nodiscard]] std::string actors_text(const release::Actors& actors);

// As whoever makes it says.
[[nodiscard]] release::Actors first_actors(const NewRelease& release);

// Of the release's commit, if they are; what is there already stands.
void keep_signatures(Session& session,
                     std::int64_t release_id,
                     const std::string& commit,
                     const release::Signatures& signatures);

void keep_sender(Session& session, const SenderAnswer& answer);

} // namespace loomrel::store
