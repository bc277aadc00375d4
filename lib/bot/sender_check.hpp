#pragma once

#include "lib/config/config.hpp"
#include "lib/github/github.hpp"
#include "lib/release/release.hpp"
#include "lib/store/server_ledger.hpp"

#include <cstdint>
#include <functional>
#include <string>

namespace loomrel::bot {

// Asks GitHub who began the run that a release comes from, once, and its answer wins over what the
// run's job said (design 13.7). Whoever cannot be asked now is asked again, for as long as the
// release is young.
class SenderCheck {
public:
    struct Told {
        std::int64_t release_id = 0;
        std::string said;   // by the job
        std::string github; // "" = it knows no such run
    };

    using OnTold = std::function<void(const Told& told)>;
    using OnTrouble = std::function<void(std::int64_t release_id, const std::string& reason)>;

    SenderCheck(store::ServerLedger& ledger,
                github::Client& github,
                const config::Config& config,
                WallClock clock,
                OnTold on_told,
                OnTrouble on_trouble);

    // One round over the releases on their way.
    void run(const std::function<bool()>& stopped = {});

private:
    void ask(const release::Release& release, std::int64_t run_id);

    store::ServerLedger& m_ledger;
    github::Client& m_github;
    const config::Config& m_config;
    WallClock m_clock;
    OnTold m_on_told;
    OnTrouble m_on_trouble;
    Deadline m_in_peace{}; // GitHub did not answer: it is left alone for so long
};

} // namespace loomrel::bot
