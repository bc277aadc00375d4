#pragma once

#include "lib/store/store.hpp"

#include <memory>

namespace loomrel::store {

// The ledger behind a Release API (design 8): options.url is its address with the prefix, the
// password the key that its callers share. Nothing is asked yet. Throws Error(config) for an
// address that is none, or without a key.
[[nodiscard]] std::unique_ptr<Store> make_http_store(const Options& options);

} // namespace loomrel::store
