#include "cli/context/io.hpp"

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace loomrel::cli {

namespace {

// 0, or the errno. Whoever gave us a non-blocking pipe gets everything all the same.
int write_all(int descriptor, std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = ::write(descriptor, text.data(), text.size());
        if (written >= 0) {
            text.remove_prefix(static_cast<std::size_t>(written));
            continue;
        }
        if (errno == EAGAIN || errno == EWOULDBLOCK) {
            pollfd waiting{descriptor, POLLOUT, 0};
            ::poll(&waiting, 1, -1);
        } else if (errno != EINTR) {
            return errno;
        }
    }
    return 0;
}

class StandardIo : public Io {
public:
    void out(std::string_view text) override {
        if (m_out_error == 0) {
            m_out_error = write_all(STDOUT_FILENO, text);
        }
    }

    void err(std::string_view text) override { (void)write_all(STDERR_FILENO, text); }

    std::optional<std::string> read_line() override {
        for (;;) {
            const std::size_t end = m_read.find('\n');
            if (end != std::string::npos) {
                std::string line = m_read.substr(0, end);
                m_read.erase(0, end + 1);
                return line;
            }
            if (!read_more()) {
                return m_read.empty() ? std::nullopt : std::optional(std::exchange(m_read, {}));
            }
        }
    }

    std::string read_all(std::size_t limit) override {
        while (m_read.size() <= limit && read_more()) {
        }
        return std::exchange(m_read, {});
    }

    [[nodiscard]] bool out_is_tty() const override { return ::isatty(STDOUT_FILENO) == 1; }

    [[nodiscard]] bool err_is_tty() const override { return ::isatty(STDERR_FILENO) == 1; }

    [[nodiscard]] bool can_prompt() const override {
        return ::isatty(STDIN_FILENO) == 1 && err_is_tty();
    }

    [[nodiscard]] terminal::ScreenSize size() const override {
        winsize window{};
        for (const int descriptor : {STDOUT_FILENO, STDERR_FILENO}) {
            if (::ioctl(descriptor, TIOCGWINSZ, &window) == 0 && window.ws_col > 0) {
                return {window.ws_col, window.ws_row};
            }
        }
        return {};
    }

    [[nodiscard]] int out_error() const override { return m_out_error; }

private:
    bool read_more() {
        std::array<char, 4096> buffer{};
        for (;;) {
            const ssize_t got = ::read(STDIN_FILENO, buffer.data(), buffer.size());
            if (got > 0) {
                m_read.append(buffer.data(), static_cast<std::size_t>(got));
                return true;
            }
            if (got == 0 || errno != EINTR) {
                return false;
            }
        }
    }

    int m_out_error = 0;
    std::string m_read;
};

} // namespace

std::unique_ptr<Io> make_standard_io() {
    return std::make_unique<StandardIo>();
}

} // namespace loomrel::cli
