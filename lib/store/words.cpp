#include "lib/store/store.hpp"

#include <algorithm>
#include <array>

namespace loomrel::store {

namespace {

template <typename Enum, std::size_t count>
std::optional<Enum> find_word(const std::array<Enum, count>& all, std::string_view text) {
    const auto found =
        std::find_if(all.begin(), all.end(), [&](Enum one) { return to_string(one) == text; });
    return found == all.end() ? std::nullopt : std::optional(*found);
}

} // namespace

std::string_view to_string(RunKind kind) {
    switch (kind) {
    case RunKind::deploy:
        return "deploy";
    case RunKind::rollback:
        return "rollback";
    case RunKind::restore:
        return "restore";
    case RunKind::rehearsal:
        return "rehearsal";
    }
    return {};
}

std::optional<RunKind> parse_run_kind(std::string_view text) {
    return find_word(
        std::array{RunKind::deploy, RunKind::rollback, RunKind::restore, RunKind::rehearsal}, text);
}

std::string_view to_string(RunOutcome outcome) {
    switch (outcome) {
    case RunOutcome::good:
        return "good";
    case RunOutcome::failed:
        return "failed";
    case RunOutcome::cancelled:
        return "cancelled";
    case RunOutcome::refused:
        return "refused";
    case RunOutcome::unknown:
        return "unknown";
    }
    return {};
}

std::optional<RunOutcome> parse_run_outcome(std::string_view text) {
    return find_word(std::array{RunOutcome::good,
                                RunOutcome::failed,
                                RunOutcome::cancelled,
                                RunOutcome::refused,
                                RunOutcome::unknown},
                     text);
}

std::string_view to_string(Seen seen) {
    switch (seen) {
    case Seen::unasked:
        return "unasked";
    case Seen::seen:
        return "seen";
    case Seen::silent:
        return "silent";
    }
    return {};
}

std::optional<Seen> parse_seen(std::string_view text) {
    return find_word(std::array{Seen::unasked, Seen::seen, Seen::silent}, text);
}

std::string_view to_string(Verdict verdict) {
    switch (verdict) {
    case Verdict::approved:
        return "approved";
    case Verdict::rejected:
        return "rejected";
    }
    return {};
}

std::optional<Verdict> parse_verdict(std::string_view text) {
    return find_word(std::array{Verdict::approved, Verdict::rejected}, text);
}

} // namespace loomrel::store
