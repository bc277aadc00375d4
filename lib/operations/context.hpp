#pragma once

#include "lib/config/config.hpp"
#include "lib/deploy/again.hpp"
#include "lib/deploy/follow.hpp"
#include "lib/messages/messages.hpp"
#include "lib/ssh/ssh.hpp"
#include "lib/store/store.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

// What loomrel does, whoever asks for it: a command, the bot, a worker of serve.
namespace loomrel::operations {

// What a ledger is opened for.
enum class Purpose {
    // Goes on without one: whichever is configured will do.
    looking,
    // In CI the embedded default is refused (design 4): a runner's disk does not last.
    releases,
    // Decides what reaches production: only a ledger that the trusted side names is believed;
    // the embedded default where there is no trusted side at all (design 13.2).
    production,
};

// Who starts it, by whose word (release::Actors): of a release that an operation begins.
struct Sender {
    std::string who;
    std::string again; // who ran GitHub's run again
    std::string event;
    std::string word;
};

// In whose name an operation is done, and through what.
struct Caller {
    std::string actor;   // as the ledger's events name him
    std::string source;  // of those events: "cli", "bot"
    std::string link;    // the page of the GitHub run that asks; "" = none does
    deploy::Asker asker; // that run
    Sender sender{};
};

// What an operation works with. Many threads may read one; it outlives every operation.
struct Context {
    // A connection of its own: one store, one thread. Error(config) where the configured ledger
    // will not do for that purpose. No deadline: the store's own.
    using OpenLedger = std::function<std::unique_ptr<store::Store>(
        Purpose purpose, std::optional<Milliseconds> deadline, bool must_exist)>;
    using Connect = std::function<std::unique_ptr<ssh::Connection>(const ssh::Endpoint& endpoint,
                                                                   Milliseconds wait)>;

    const config::Config& config;
    const Redactor& redactor; // knows every secret of the configuration
    Language language = Language::ru;
    Caller caller;
    std::filesystem::path state_folder; // what this machine keeps between two starts
    deploy::Patience patience;          // how long links may be silent or gone
    WallClock clock = now;
    OpenLedger open_ledger;
    Connect connect = ssh::connect;

    template <typename... Arguments>
    [[nodiscard]] std::string say(messages::Id id, Arguments&&... arguments) const {
        return messages::format(language, id, fmt::make_format_args(arguments...));
    }
};

// Whoever asked for an operation, while it goes on. Results are his to show.
class Console {
public:
    virtual ~Console() = default;

    // A line for people.
    virtual void note(std::string_view text) = 0;
    // At a terminal that can be asked, and not in CI: what only a person may want.
    [[nodiscard]] virtual bool is_person_here() const = 0;
};

} // namespace loomrel::operations
