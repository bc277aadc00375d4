#pragma once

#include "lib/operations/context.hpp"

#include <memory>

// A deploy to a developer's host. His push does not wait for a ledger.
namespace loomrel::operations {

struct DevRun {
    std::unique_ptr<store::Store> ledger; // null: it does not answer
    // The same ask may have begun it before: then it is joined, or reported.
    deploy::Decision decision;
};

// Tells the ledger of the run, if it is there in time, or finds what it knows of it.
[[nodiscard]] DevRun begin_dev_run(const Context& context, Console& console, const store::Run& run);

} // namespace loomrel::operations
