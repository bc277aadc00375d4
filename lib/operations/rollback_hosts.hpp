#pragma once

#include "lib/deploy/conduct.hpp"
#include "lib/deploy/rollback.hpp"
#include "lib/operations/context.hpp"

#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace loomrel::operations {

// What is asked for.
struct RollbackRequest {
    std::string service; // "" = the only one that `host` keeps
    std::string environment = "prod";
    std::optional<std::string> to;       // a tag or commit; nullopt = the last good other version
    std::optional<std::string> host;     // without a configuration: [USER@]HOST[:PORT]
    std::optional<std::string> identity; // the file of a private key
    bool skip_hooks = false;
    bool kept_only = false;  // never a rebuild
    bool unapproved = false; // what nothing proves may be built; from a terminal only
    bool dry_run = false;    // a plan is wanted: nothing is written anywhere
};

// The hosts of a rollback: those of the configuration, or the one that was typed, whose own program
// says how things are done there. Keeps its connections for the run that follows.
class RollbackHosts {
public:
    RollbackHosts(const Context& context, Console& console, const RollbackRequest& request);
    ~RollbackHosts(); // waits for hosts that are still being asked
    RollbackHosts(const RollbackHosts&) = delete;
    RollbackHosts& operator=(const RollbackHosts&) = delete;

    // Asks all of them, and goes on after 15 s with those that have answered, once one has; they
    // come first from then on. Error(no_host) with the first one's reason if none answers.
    void look();

    struct Running {
        std::string host;
        std::string run_id;
        std::string holder;
    };

    // One that was typed: its runs may be nobody's in this configuration.
    [[nodiscard]] bool is_typed() const { return m_is_typed; }

    [[nodiscard]] bool all_answered() const;
    [[nodiscard]] std::optional<Running> running() const;

    // Who holds the service's lock without a run of this environment: another environment that is
    // deployed from the same clone. The rollback would be refused on the host.
    [[nodiscard]] std::optional<Running> held_by_another() const;

    // Cancelling has put back one version on every host, where `before` was what they said then:
    // that is where a rollback without a target was to lead.
    [[nodiscard]] bool is_put_back(const std::vector<deploy::HostLook>& before) const;

    // Stops a run on all hosts and waits for its end; what served before it serves again.
    void cancel(const std::string& run_id);

    // Those that are still open, by the hosts' order; null = has to be opened anew.
    [[nodiscard]] std::vector<std::unique_ptr<ssh::Connection>> take_connections();

    config::DeploySettings settings;
    std::vector<config::Host> hosts;
    std::vector<deploy::HostLook> looked_at;
    bool by_kept_program = false; // of a typed host; or where the settings are unproven

private:
    struct Asking;
    struct Answer;
    struct Round;

    [[nodiscard]] Answer ask(const deploy::Target& target,
                             std::unique_ptr<ssh::Connection> connection) const;
    void take(std::size_t index, Answer answer);
    void check_answers();
    void put_late_ones_last(const std::vector<bool>& late);

    const Context& m_context;
    bool m_is_typed = false;
    std::shared_ptr<Asking> m_asking; // the targets' too
    std::vector<std::thread> m_lookers;
    std::vector<deploy::Target> m_targets;
    std::vector<std::unique_ptr<ssh::Connection>> m_connections;
    std::vector<std::optional<Error>> m_errors;
    std::vector<std::string> m_chosen;
    std::string m_service; // as typed; "" = the only one there
    std::string m_to;      // likewise; "" = where each host would go back to
};

} // namespace loomrel::operations
