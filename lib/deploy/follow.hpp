#pragma once

#include "lib/deploy/end_status.hpp"
#include "lib/deploy/run_event.hpp"
#include "lib/deploy/run_transcript.hpp"
#include "lib/deploy/script.hpp"
#include "lib/ssh/ssh.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace loomrel::deploy {

// Opens a connection to the host; throws Error(no_host).
using Connector = std::function<std::unique_ptr<ssh::Connection>()>;

// What the person at this end asks of a run. Set from a signal's thread, read by the followers.
enum class StopRequest {
    none,
    stop,   // before the switch: cancel; after it: let it go on by itself
    cancel, // whenever: cancel, and put back what served before
    detach, // whenever: stop watching, ask the run for nothing
};

// How long a link may be silent or gone.
struct Patience {
    Milliseconds connect{15000};
    Milliseconds hello{20000};
    Milliseconds silence{15000};       // the host beats every 5 s
    Milliseconds away{15 * 60 * 1000}; // lost for longer: the outcome is unknown
};

enum class HowFollowed {
    not_started, // certainly: not reachable, or refused before any effect
    absent,      // peek: the host knows no such run, or never started it
    ended,       // `end` tells; absent `end` = the status cannot be read, unknown
    going_on,    // left after the switch, because a person asked
    unknown,     // the link did not come back in time, or the host knows nothing of it (yet)
};

struct Followed {
    std::string host;
    HowFollowed how = HowFollowed::unknown;
    bool started_here = false; // this command started the run
    std::optional<EndStatus> end;
    RunTranscript transcript;
    std::optional<Error> error; // of not_started and unknown: why
    bool put_back = false;      // went well here, and was taken back because of other hosts
};

// One host's end of a run: starts or finds it, follows its stream over as many connections as it
// takes, and knows the outcome. One thread.
class Follower {
public:
    Follower(std::string host, Connector connector, RunListener listener = {});
    // Waits for the host's word that the acknowledgement has come, a second at most.
    ~Follower();
    Follower(const Follower&) = delete;
    Follower& operator=(const Follower&) = delete;

    Patience patience;
    const std::atomic<StopRequest>* stop_request = nullptr;
    // In whose name that is asked; the run's journal says it.
    std::string asks_as;
    // Somebody else may have started the run: that this end cannot reach it says nothing of it.
    bool may_be_there = false;
    // The run has other hosts too: one that turns out to be another's machine is refused.
    bool has_others = false;

    // May be called before the run row is committed: log-in and ledger go side by side.
    void connect();
    // Starts the run of `plan` once, or finds it, and follows it to its end.
    Followed run(const Plan& plan);
    // Follows a run that is there; never starts one. `cancel_if_absent`: one that never came to the
    // host, and that nobody is about to start, is ended there as cancelled.
    Followed attach(const RunPlace& place, bool cancel_if_absent);
    // Only looks: one that is still going on is left at once, as HowFollowed::going_on.
    Followed peek(const RunPlace& place, bool cancel_if_absent);
    // What it has printed by now; one that is still going on is left there, as
    // HowFollowed::going_on.
    Followed replay(const RunPlace& place);

    // After the ledger's commit: the host may prune the run's folder. Best effort; not waited for
    // here, so that several hosts take no longer than one.
    void acknowledge();

private:
    struct ChannelState;
    using MakeScript = std::function<std::string(const ChannelMark&, bool may_start)>;

    Followed follow(const std::string& run_id, const MakeScript& make_script, bool only_look);
    // False = the link was lost.
    bool follow_channel(const std::string& script, ChannelState& channel);
    void take_control(ChannelState& channel, std::string_view word, std::string_view rest);
    void take_hello(ChannelState& channel, std::string_view rest);
    void take_record(const Record& record);
    void pass_on_stop_request(ChannelState& channel);
    [[nodiscard]] std::unique_ptr<ssh::Connection> reconnect(Deadline until);
    [[nodiscard]] bool is_stop_requested() const;

    std::string m_host;
    Connector m_connector;
    RunListener m_listener;
    std::unique_ptr<ssh::Connection> m_connection;
    std::unique_ptr<ssh::Channel> m_channel;
    std::unique_ptr<JournalReader> m_reader;
    std::string m_run_id;
    std::string m_nonce;        // the run's, as told in hello
    std::uint64_t m_offset = 0; // of the next byte of `out`
    bool m_greeted = false;     // a hello came: the run is there
    bool m_lost = false;        // people have been told so
    Milliseconds m_pause;       // before the next try to come back
    bool m_only_look = false;
    bool m_only_now = false;
    bool m_acknowledged = false;
    StopRequest m_asked = StopRequest::none;
    Followed m_followed;
};

} // namespace loomrel::deploy
