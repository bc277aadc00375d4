#pragma once

#include "lib/store/store.hpp"

// What callers may write into the ledger: each field by its rule (store/entities.hpp), and what
// concerns several. Wrong values: store::wire::FieldError, or Error(usage) for names with rules of
// their own.
namespace loomrel::server {

void check(const store::NewRelease& release);
void check(const store::Run& run);
void check(const store::RunEnd& end);
void check(const store::Change& change);
void check(const store::Claim& claim);
void check(const store::Decision& decision);
void check(const store::NewNote& note);
// What the store itself writes may not be asked for: a dispatch would start a deploy.
void check(const store::NewNotice& notice);

} // namespace loomrel::server
