#include "lib/ssh/channel.hpp"

#include "lib/messages/messages.hpp"

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <utility>

namespace loomrel::ssh {

namespace {

using messages::Id;
using messages::phrase;

// Given to the caller at once even if more is there: an endless writer must not keep us inside.
constexpr std::size_t k_enough = 1 << 20;

// What libssh holds for the socket at a time; the rest waits here, where it costs one copy.
constexpr std::size_t k_write_turn = 256 * 1024;

class LiveChannel : public Channel {
public:
    explicit LiveChannel(std::shared_ptr<Link> link)
        : m_link(std::move(link)),
          m_channel(ssh_channel_new(m_link->session())) {
        if (!m_channel) {
            m_link->fail(phrase(Id::ssh_during_channel));
        }
        listen();
    }

    void start(const std::string& command, Deadline deadline) {
        ssh_channel channel = m_channel.get();
        drive(deadline, [&] { return ssh_channel_open_session(channel); });
        drive(deadline, [&] { return ssh_channel_request_exec(channel, command.c_str()); });
    }

    ~LiveChannel() override {
        // libssh keeps the channel until the peer has closed it too, and would call into us.
        ssh_remove_channel_callbacks(m_channel.get(), &m_callbacks);
    }

    LiveChannel(const LiveChannel&) = delete;
    LiveChannel& operator=(const LiveChannel&) = delete;

    void write(std::string_view bytes) override {
        if (m_input_ends || is_over()) {
            return;
        }
        m_input.append(bytes);
        feed();
    }

    void close_input() override {
        m_input_ends = true;
        feed();
    }

    Arrived poll(Milliseconds wait) override {
        const Deadline deadline = deadline_in(wait);
        for (;;) {
            if (!m_lost && !m_link->process(k_enough) && !m_closed) {
                m_lost = true;
            }
            feed();
            if (!m_out.empty() || !m_err.empty() || is_over()) {
                break;
            }
            const Link::Waited waited = m_link->wait(deadline);
            if (waited == Link::Waited::gone) {
                m_lost = true;
            }
            if (waited == Link::Waited::timed_out || waited == Link::Waited::interrupted) {
                break;
            }
        }
        return {std::exchange(m_out, {}), std::exchange(m_err, {}), m_closed, m_lost && !m_closed};
    }

    // sshd tells the status as soon as the command has ended, maybe ahead of its last output; only
    // with the close is it the end.
    [[nodiscard]] Exit exit() const override { return m_closed ? m_exit : Exit{}; }

private:
    [[nodiscard]] bool is_over() const { return m_closed || m_lost; }

    template <typename Call> void drive(Deadline deadline, Call call) {
        const Phrase during = phrase(Id::ssh_during_channel);
        if (m_link->drive(SSH_AGAIN, deadline, during, call) != SSH_OK) {
            m_link->fail(during);
        }
    }

    // For the channel's whole life and from before the exec: an exit signal is told by a callback
    // only, and the exit status may come behind everything else.
    void listen() {
        m_callbacks.userdata = this;
        m_callbacks.channel_data_function = [](ssh_session,
                                               ssh_channel,
                                               void* data,
                                               std::uint32_t size,
                                               int is_stderr,
                                               void* self) {
            auto* channel = static_cast<LiveChannel*>(self);
            (is_stderr != 0 ? channel->m_err : channel->m_out)
                .append(static_cast<const char*>(data), size);
            return static_cast<int>(size);
        };
        m_callbacks.channel_exit_status_function =
            [](ssh_session, ssh_channel, int code, void* self) {
                static_cast<LiveChannel*>(self)->m_exit.code = code;
            };
        m_callbacks.channel_exit_signal_function = [](ssh_session,
                                                      ssh_channel,
                                                      const char* signal,
                                                      int,
                                                      const char*,
                                                      const char*,
                                                      void* self) {
            std::string_view name = signal == nullptr ? "" : signal;
            if (name.starts_with("SIG")) {
                name.remove_prefix(3);
            }
            static_cast<LiveChannel*>(self)->m_exit.signal = name;
        };
        m_callbacks.channel_close_function = [](ssh_session, ssh_channel, void* self) {
            static_cast<LiveChannel*>(self)->m_closed = true;
        };
        ssh_callbacks_init(&m_callbacks);
        if (ssh_add_channel_callbacks(m_channel.get(), &m_callbacks) != SSH_OK) {
            m_link->fail(phrase(Id::ssh_during_channel));
        }
    }

    // As much of the input as the peer's window takes now.
    void feed() {
        if (is_over()) {
            m_input.clear();
            m_input_at = 0;
            return;
        }
        ssh_channel channel = m_channel.get();
        while (m_input_at < m_input.size()
               && (ssh_get_poll_flags(m_link->session()) & SSH_WRITE_PENDING) == 0) {
            const std::size_t room = std::min<std::size_t>(
                {ssh_channel_window_size(channel), m_input.size() - m_input_at, k_write_turn});
            if (room == 0) {
                break;
            }
            const int written = ssh_channel_write(
                channel, m_input.data() + m_input_at, static_cast<std::uint32_t>(room));
            if (written < 0) {
                m_lost = !m_link->is_alive();
                return;
            }
            if (written == 0) { // keys are being exchanged anew
                return;
            }
            m_input_at += static_cast<std::size_t>(written);
        }
        if (m_input_at == m_input.size()) {
            m_input.clear();
            m_input_at = 0;
            if (m_input_ends && !m_input_ended) {
                m_input_ended = true;
                static_cast<void>(ssh_channel_send_eof(channel));
            }
        }
    }

    std::shared_ptr<Link> m_link;
    ssh_channel_callbacks_struct m_callbacks{};
    ChannelHandle m_channel;
    std::string m_input;
    std::size_t m_input_at = 0;
    bool m_input_ends = false;
    bool m_input_ended = false;
    std::string m_out;
    std::string m_err;
    Exit m_exit;
    bool m_closed = false;
    bool m_lost = false;
};

} // namespace

std::unique_ptr<Channel>
open_channel(std::shared_ptr<Link> link, const std::string& command, Deadline deadline) {
    auto channel = std::make_unique<LiveChannel>(std::move(link));
    channel->start(command, deadline);
    return channel;
}

} // namespace loomrel::ssh
