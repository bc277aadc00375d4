#include "lib/deploy/run_transcript.hpp"

#include "lib/base/text.hpp"
#include "lib/release/names.hpp"

#include <utility>

namespace loomrel::deploy {

namespace {

constexpr std::size_t k_kept = 16 * 1024;
constexpr std::size_t k_most_lost = 20;
constexpr std::size_t k_longest_asker = 200; // bytes

void keep_end(std::string& text, std::string_view bytes) {
    text += bytes;
    if (text.size() > 2 * k_kept) {
        text.erase(0, text.size() - k_kept);
    }
}

} // namespace

std::string asker_name(std::string_view name) {
    return std::string(cut_bytes(trim(sanitize_line(name)), k_longest_asker));
}

std::string wish_line(std::string_view word, std::string_view name) {
    return std::string(word) + ' ' + asker_name(name) + '\n';
}

void RunTranscript::add(const Record& record) {
    if (record.uptime_cs > m_latest_cs) {
        m_boot.reset();
        last.reset();
    }
    if (m_boot) {
        last = *m_boot + record.uptime_cs * k_cs;
    }
    if (record.kind == "start") {
        m_steps.push_back({record.rest, std::nullopt, Milliseconds{0}, last, commit, signatures});
        m_step_began = record.uptime_cs;
        // What came before a failure is its reason; what follows only brings things back.
        if (!m_failed) {
            m_head.clear();
            m_tail.clear();
        }
    } else if (record.kind == "end" && !m_steps.empty() && !m_steps.back().ok) {
        const auto words = split(record.rest, ' ');
        m_steps.back().ok = words.size() == 2 && words[1] == "ok";
        m_steps.back().took = Milliseconds{(record.uptime_cs - m_step_began) * 10};
        m_in_container = false;
        m_failed = m_failed || !*m_steps.back().ok;
    } else if (record.kind == "commit") {
        // A host may say anything.
        commit = release::is_commit(record.rest) ? record.rest : "";
        signatures = {};
    } else if (record.kind == "author") {
        const auto [name, email] = release::parse_signature(record.rest);
        signatures = {commit, name, email, "", ""};
    } else if (record.kind == "committer") {
        auto [name, email] = release::parse_signature(record.rest);
        signatures.committer_name = std::move(name);
        signatures.committer_email = std::move(email);
    } else if (record.kind == "log_file") {
        log_file = record.rest;
    } else if (record.kind == "saved") {
        saved_file = record.rest;
    } else if (record.kind == "lost") {
        if (lost.size() < k_most_lost) {
            lost.push_back(record.rest);
        }
    } else if (record.kind == "unchecked") {
        unchecked = true;
    } else if (record.kind == "cancelled_by") {
        cancelled_by = asker_name(record.rest);
    } else if (record.kind == "switched") {
        switched = true;
    } else if (record.kind == "older") {
        older = true;
    } else if (m_failed) {
        return;
    } else if (record.kind == "container") {
        m_in_container = true;
    } else if (record.kind == "command") {
        const std::size_t blank = record.rest.find(' ');
        failed_code = static_cast<int>(parse_integer(record.rest.substr(0, blank)).value_or(1));
        failed_command = blank == std::string::npos ? "" : record.rest.substr(blank + 1);
    }
}

void RunTranscript::add_output(std::string_view bytes) {
    if (m_failed) {
        return;
    }
    if (m_in_container) {
        keep_end(m_container, bytes);
        return;
    }
    if (m_head.size() < k_kept) {
        m_head += bytes.substr(0, k_kept - m_head.size());
    }
    keep_end(m_tail, bytes);
}

} // namespace loomrel::deploy
