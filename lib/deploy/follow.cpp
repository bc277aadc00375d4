#include "lib/deploy/follow.hpp"

#include "lib/base/random.hpp"
#include "lib/base/text.hpp"
#include "lib/deploy/host_record.hpp"
#include "lib/deploy/refusals.hpp"
#include "lib/messages/messages.hpp"

#include <algorithm>
#include <thread>
#include <utility>

namespace loomrel::deploy {
namespace {

using messages::Id;
using messages::phrase;

// How often a stop_request from the terminal is looked at while nothing arrives.
constexpr Milliseconds k_slice{200};
constexpr Milliseconds k_first_pause{250};
constexpr Milliseconds k_longest_pause{10000};

} // namespace

// One channel: from its script to its last byte.
struct Follower::ChannelState {
    std::string nonce = random_hex(8);
    BeginMark begin{nonce};
    Deadline heard = std::chrono::steady_clock::now();
    bool only = false; // no script went out before this one: not starting here is certain
    bool greeted = false;
    bool over = false;                     // nothing more to wait for
    StopRequest asked = StopRequest::none; // of the run, over this channel
    std::optional<std::uint64_t> now;      // the size of `out` at hello, where no more is wanted
    std::optional<std::uint64_t> size;     // of `out`, once the run has ended
    std::string status;                    // the status file's line
    int protocol = 1;                      // of the run's program
    std::optional<std::string> refused;    // word and path
    std::string early;                     // of the log, come before hello on the other pipe
};

Follower::Follower(std::string host, Connector connector, RunListener listener)
    : m_host(std::move(host)),
      m_connector(std::move(connector)),
      m_listener(listener ? std::move(listener) : [](const auto&, const auto&) {}),
      m_pause(k_first_pause) {
    m_followed.host = m_host;
}

void Follower::connect() {
    m_connection = m_connector();
}

Followed Follower::run(const Plan& plan) {
    return follow(
        plan.request.run_id,
        // After a hello a vanished folder must not start the run again.
        [&](const ChannelMark& mark, bool may_start) {
            if (!may_start) {
                return attach_script({plan.request.run_id,
                                      plan.settings.service,
                                      plan.settings.environment,
                                      plan.settings.state_dir},
                                     mark);
            }
            return plan.by_kept_program ? start_kept_script(plan, mark) : start_script(plan, mark);
        },
        false);
}

Followed Follower::attach(const RunPlace& place, bool cancel_if_absent) {
    may_be_there = true;
    return follow(
        place.run_id,
        [&](const ChannelMark& mark, bool) { return attach_script(place, mark, cancel_if_absent); },
        false);
}

Followed Follower::peek(const RunPlace& place, bool cancel_if_absent) {
    may_be_there = true;
    return follow(
        place.run_id,
        [&](const ChannelMark& mark, bool) { return attach_script(place, mark, cancel_if_absent); },
        true);
}

Followed Follower::replay(const RunPlace& place) {
    m_only_now = true;
    return attach(place, false);
}

Followed
Follower::follow(const std::string& run_id, const MakeScript& make_script, bool only_look) {
    m_only_look = only_look;
    m_run_id = run_id;
    bool sent = false;
    Deadline give_up = deadline_in(patience.away);
    while (true) {
        bool greeted = false;
        try {
            if (!m_connection) {
                m_connection = sent ? reconnect(give_up) : m_connector();
            }
            ChannelState channel;
            const std::string script =
                make_script({channel.nonce, m_offset, has_others ? m_host : ""}, !m_greeted);
            m_channel = m_connection->exec(k_shell, patience.connect);
            channel.only = !may_be_there;
            sent = true;
            may_be_there = true;
            if (follow_channel(script, channel)) {
                return std::move(m_followed);
            }
            greeted = channel.greeted;
            if (greeted) {
                give_up = deadline_in(patience.away);
                m_pause = k_first_pause;
            }
        } catch (const Error& error) {
            m_followed.error = error;
            // Keys and passwords do not come back by waiting.
            const bool hopeless = error.code() != "host_unreachable";
            if (!sent || hopeless || left_until(give_up).count() == 0 || is_stop_requested()) {
                m_followed.how = may_be_there ? HowFollowed::unknown : HowFollowed::not_started;
                return std::move(m_followed);
            }
        }
        m_channel.reset();
        m_connection.reset();
        if (!std::exchange(m_lost, true)) {
            m_listener(m_host, LinkLost{m_followed.error ? m_followed.error->message().en : ""});
        }
        // Whoever wants to go does not wait for a host that lets us in and says nothing.
        if (left_until(give_up).count() == 0 || (is_stop_requested() && !greeted)) {
            m_followed.how = HowFollowed::unknown;
            return std::move(m_followed);
        }
    }
}

std::unique_ptr<ssh::Connection> Follower::reconnect(Deadline until) {
    while (true) {
        const Deadline next = deadline_in(std::min(m_pause, left_until(until)));
        m_pause = std::min(m_pause * 2, k_longest_pause);
        while (left_until(next).count() > 0 && !is_stop_requested()) {
            std::this_thread::sleep_for(std::min(k_slice, left_until(next)));
        }
        try {
            return m_connector();
        } catch (const Error& error) {
            if (error.code() != "host_unreachable" || left_until(until).count() == 0
                || is_stop_requested()) {
                throw;
            }
        }
    }
}

bool Follower::is_stop_requested() const {
    return stop_request != nullptr && stop_request->load() != StopRequest::none;
}

bool Follower::follow_channel(const std::string& script, ChannelState& channel) {
    ControlReader control(channel.nonce, [&](std::string_view word, std::string_view rest) {
        take_control(channel, word, rest);
    });
    m_channel->write(script);
    while (!channel.over) {
        const ssh::Arrived arrived = m_channel->poll(k_slice);
        if (!arrived.out.empty() || !arrived.err.empty()) {
            channel.heard = std::chrono::steady_clock::now();
        }
        control.feed(arrived.err);
        channel.early += channel.begin.skip(arrived.out);
        // The run's nonce comes in hello; the two pipes keep no order between them.
        if (channel.greeted && m_reader) {
            m_offset += channel.early.size();
            m_reader->feed(channel.early);
            channel.early.clear();
        }
        if (channel.size && m_offset >= *channel.size) {
            break;
        }
        if (channel.now && m_offset >= *channel.now) {
            m_reader->finish();
            m_followed.how = HowFollowed::going_on;
            return true;
        }
        const Milliseconds limit = channel.greeted ? patience.silence : patience.hello;
        const bool silent = std::chrono::steady_clock::now() - channel.heard > limit;
        if ((arrived.ended || arrived.lost || silent) && !channel.over) {
            // A shell that ended by itself without a word cannot have started anything.
            if (arrived.ended && !channel.greeted && m_channel->exit().code) {
                m_followed.how = HowFollowed::not_started;
                m_followed.error = shell_failed(m_host, control.noise());
                return channel.only;
            }
            return false;
        }
        pass_on_stop_request(channel);
    }
    if (channel.refused) {
        // The host's definite word; of a run that was there before it says nothing, unless the run
        // is another host's.
        const bool certain = channel.only || channel.refused->starts_with("same_host ");
        m_followed.how = certain ? HowFollowed::not_started : HowFollowed::unknown;
        m_followed.error = refusal(m_host, *channel.refused);
        return true;
    }
    if (channel.size) {
        m_reader->finish();
        m_followed.how = HowFollowed::ended;
        m_followed.end = parse_end_status(channel.status, m_run_id);
        const bool newer = !m_followed.end && channel.protocol > k_protocol;
        m_followed.error = newer ? std::optional(written_by_newer(m_host)) : std::nullopt;
    }
    return true;
}

void Follower::take_control(ChannelState& channel, std::string_view word, std::string_view rest) {
    if (word == "hello") {
        take_hello(channel, rest);
    } else if (word == "beat") {
        m_listener(m_host, HostAlive{});
    } else if (word == "refused") {
        channel.refused = std::string(rest);
        channel.over = true;
    } else if (word == "gone") {
        m_followed.how = HowFollowed::unknown;
        m_followed.error = run_gone(m_host, rest);
        channel.over = true;
    } else if (word == "end") {
        const std::size_t blank = rest.find(' ');
        channel.size = static_cast<std::uint64_t>(parse_integer(rest.substr(0, blank)).value_or(0));
        channel.status = blank == std::string_view::npos ? "" : std::string(rest.substr(blank + 1));
    }
}

void Follower::take_hello(ChannelState& channel, std::string_view rest) {
    const auto hello = read_hello(rest);
    if (!hello) {
        return;
    }
    channel.greeted = true;
    channel.protocol = hello->protocol;
    const std::string& how = hello->how;
    if (std::exchange(m_lost, false)) {
        m_listener(m_host, LinkBack{});
    }
    if (how == "absent" || how == "unstarted") {
        channel.over = true;
        m_followed.how = HowFollowed::absent;
        if (!m_only_look) {
            m_followed.how = HowFollowed::unknown;
            m_followed.error = Error(ErrorKind::no_host,
                                     "not_there_yet",
                                     phrase(Id::attach_not_there, fmt::arg("host", m_host)),
                                     phrase(Id::attach_not_there_hint, fmt::arg("run", m_run_id)));
        }
        return;
    }
    if (how != "started" && hello->up_cs) {
        m_followed.transcript.set_clock(now(), *hello->up_cs, how == "ended");
    }
    if (m_only_look && how == "running") {
        m_followed.how = HowFollowed::going_on;
        channel.over = true;
        return;
    }
    if (m_only_now && how == "running") {
        channel.now = hello->size;
    }
    if (!m_greeted) {
        m_greeted = true;
        m_nonce = hello->nonce;
        m_followed.started_here = how == "started";
        m_reader = std::make_unique<JournalReader>(
            m_nonce,
            [this](const Record& record) { take_record(record); },
            [this](std::string_view bytes) {
                m_followed.transcript.add_output(bytes);
                m_listener(m_host, Output{bytes});
            });
        m_listener(m_host, RunAttached{m_run_id, m_followed.started_here});
    }
}

void Follower::take_record(const Record& record) {
    RunTranscript& transcript = m_followed.transcript;
    transcript.add(record);
    if (record.kind == "start") {
        m_listener(m_host, StepStarted{transcript.steps().back()});
    } else if (record.kind == "end" && !transcript.steps().empty()) {
        const StepRecord& step = transcript.steps().back();
        m_listener(m_host, StepEnded{step.name, step.ok.value_or(false), step.took});
    } else if (record.kind == "waiting") {
        m_listener(m_host, LockAwaited{sanitize_line(record.rest)});
    } else if (record.kind == "log") {
        // "2024-03-15 14:30:00 - text": people here have their own clock.
        const std::size_t dash = record.rest.find(" - ");
        m_listener(m_host, LogLine{record.rest.substr(dash == std::string::npos ? 0 : dash + 3)});
    } else if (record.kind == "going_on" && m_asked == StopRequest::stop) {
        m_followed.how = HowFollowed::going_on;
    }
}

void Follower::pass_on_stop_request(ChannelState& channel) {
    if (m_followed.how == HowFollowed::going_on) {
        channel.over = true;
        return;
    }
    const StopRequest now = stop_request == nullptr ? StopRequest::none : stop_request->load();
    if (now == StopRequest::detach) {
        m_followed.how = HowFollowed::going_on;
        channel.over = true;
        return;
    }
    // Nothing may be sent behind the script before hello: some shells swallow it.
    // What was asked over a link that broke may not have come there; asked twice it does no harm.
    if (now != channel.asked && channel.greeted) {
        channel.asked = m_asked = now;
        m_channel->write(wish_line(now == StopRequest::cancel ? "cancel" : "stop", asks_as));
    }
}

void Follower::acknowledge() {
    if (m_channel) {
        m_channel->write("ack\nbye\n");
        m_acknowledged = true;
    }
}

Follower::~Follower() {
    if (!m_acknowledged) {
        return;
    }
    const Deadline until = deadline_in(Milliseconds{1000});
    while (left_until(until).count() > 0) {
        const ssh::Arrived arrived = m_channel->poll(left_until(until));
        if (arrived.ended || arrived.lost || !arrived.err.empty()) {
            return;
        }
    }
}

} // namespace loomrel::deploy
