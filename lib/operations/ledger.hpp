#pragma once

#include "lib/operations/context.hpp"
#include "lib/store/spool/spool.hpp"

#include <functional>
#include <memory>

namespace loomrel::operations {

// A ledger that is silent for so long is not waited for (design 6).
inline constexpr Milliseconds k_ledger_patience{3000};

// Where results wait that the ledger could not be told.
[[nodiscard]] store::Spool make_spool(const Context& context);

// False where the ledger's address could not be read, and somebody must go on all the same.
[[nodiscard]] bool is_ledger_named(const Context& context);

// Who begins this release, and by whose word.
void set_sender(store::NewRelease& release, const Sender& sender);

// The ledger, for operations that go on without one: `first` is asked of it, and if it does not
// answer in time people are told so and the result is null.
[[nodiscard]] std::unique_ptr<store::Store>
ledger_if_it_answers(const Context& context,
                     Console& console,
                     Purpose purpose,
                     const std::function<void(store::Store&)>& first);

} // namespace loomrel::operations
