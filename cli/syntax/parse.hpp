#pragma once

#include "cli/syntax/command.hpp"
#include "lib/base/language.hpp"

#include <optional>
#include <string>
#include <vector>

namespace loomrel::cli {

// The flags of every command, accepted before it and after it.
struct GlobalOptions {
    std::optional<std::string> config;
    std::optional<std::string> env_file;
    std::optional<std::string> store;
    std::optional<std::string> language;
    bool json = false;
    bool quiet = false;
    bool verbose = false;
    bool no_color = false;
    bool help = false;
    bool version = false;
};

// The same, as help and completion show them.
[[nodiscard]] std::vector<Parameter> global_parameters(GlobalOptions& options);

// Fills the targets of the command that was typed and gives it. A family comes back as it is: the
// caller shows its help or says what is missing. With --help or --version nothing is checked any
// further. Error(usage) otherwise, with "did you mean". `options` is good even then, as far as it
// was read: the error is told in its language and form.
[[nodiscard]] const Command&
parse(const Command& program, std::vector<std::string> words, GlobalOptions& options);

} // namespace loomrel::cli
