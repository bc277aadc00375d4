#include "lib/deploy/refusals.hpp"

#include "lib/base/text.hpp"
#include "lib/messages/messages.hpp"

namespace loomrel::deploy {

namespace {

using messages::Id;
using messages::phrase;

} // namespace

Error refusal(const std::string& host, std::string_view told) {
    const std::size_t blank = told.find(' ');
    const std::string word(told.substr(0, blank));
    const std::string detail =
        blank == std::string_view::npos ? "" : sanitize_line(told.substr(blank + 1));
    const auto host_argument = fmt::arg("host", host);
    if (word == "no_tool") {
        return {ErrorKind::no_host,
                "host_lacks_tool",
                phrase(Id::deploy_host_lacks_tool, host_argument, fmt::arg("tool", detail)),
                phrase(Id::deploy_host_lacks_tool_hint)};
    }
    if (word == "no_room") {
        return {ErrorKind::no_host,
                "host_disk_full",
                phrase(Id::deploy_host_disk_full, host_argument, fmt::arg("path", detail)),
                phrase(Id::deploy_host_disk_full_hint, host_argument)};
    }
    if (word == "same_host") {
        return {ErrorKind::no_host,
                "same_host",
                phrase(Id::deploy_host_same, host_argument, fmt::arg("other", detail)),
                phrase(Id::deploy_host_same_hint)};
    }
    if (word == "no_program") {
        return {ErrorKind::refused,
                "no_kept_program",
                phrase(Id::deploy_no_program, host_argument, fmt::arg("path", detail)),
                phrase(Id::deploy_no_program_hint)};
    }
    return {ErrorKind::no_host,
            "host_state_dir",
            phrase(Id::deploy_host_state_dir, host_argument, fmt::arg("path", detail)),
            phrase(Id::deploy_host_state_dir_hint)};
}

Error shell_failed(const std::string& host, std::string_view noise) {
    const std::string said = sanitize_line(cut_bytes(trim(noise), 300));
    return {ErrorKind::no_host,
            "host_shell_failed",
            phrase(Id::deploy_host_shell_failed, fmt::arg("host", host), fmt::arg("said", said)),
            phrase(Id::deploy_host_shell_failed_hint, fmt::arg("host", host))};
}

Error answer_late(const std::string& host, Milliseconds limit) {
    return {ErrorKind::no_host,
            "answer_late",
            phrase(Id::deploy_answer_late,
                   fmt::arg("host", host),
                   fmt::arg("seconds", limit.count() / 1000)),
            phrase(Id::deploy_host_shell_failed_hint, fmt::arg("host", host))};
}

Error answer_endless(const std::string& host, std::size_t limit) {
    return {
        ErrorKind::no_host,
        "answer_endless",
        phrase(Id::deploy_answer_endless, fmt::arg("host", host), fmt::arg("size", limit / 1024)),
        phrase(Id::deploy_host_shell_failed_hint, fmt::arg("host", host))};
}

Error run_gone(const std::string& host, std::string_view folder) {
    const std::string path = sanitize_line(folder);
    return {ErrorKind::run_failed,
            "run_gone",
            phrase(Id::deploy_run_gone, fmt::arg("host", host), fmt::arg("path", path)),
            phrase(Id::deploy_run_gone_hint)};
}

Error written_by_newer(const std::string& host) {
    return {ErrorKind::run_failed,
            "written_by_newer",
            phrase(Id::deploy_written_by_newer, fmt::arg("host", host)),
            phrase(Id::deploy_written_by_newer_hint)};
}

Error answer_cut(const std::string& host) {
    return {ErrorKind::no_host,
            "answer_cut",
            phrase(Id::deploy_answer_cut, fmt::arg("host", host)),
            phrase(Id::deploy_host_shell_failed_hint, fmt::arg("host", host))};
}

} // namespace loomrel::deploy
