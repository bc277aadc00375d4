#pragma once

#include "cli/actions/outputs.hpp"
#include "cli/context/services.hpp"
#include "lib/base/error.hpp"

// What a command says besides its result: an error, and the outputs of a step in Actions.
namespace loomrel::cli {

// Tells of what ends a command, in every form that was asked for.
void tell(Services& services, const Error& error);

// For the steps after this one, if this is one; what was done is done whether or not they can be
// told.
void set_outputs(Services& services, const github::Outputs& outputs);

} // namespace loomrel::cli
