#include "lib/store/store.hpp"

namespace loomrel::store {

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

std::string_view to_string(Verdict verdict) {
    switch (verdict) {
    case Verdict::approved:
        return "approved";
    case Verdict::rejected:
        return "rejected";
    }
    return {};
}

std::string_view to_string(Claimed::What what) {
    switch (what) {
    case Claimed::What::done:
        return "done";
    case Claimed::What::already:
        return "already";
    case Claimed::What::refused:
        return "refused";
    case Claimed::What::absent:
        return "absent";
    }
    return {};
}

std::string_view to_string(Decided::What what) {
    switch (what) {
    case Decided::What::counted:
        return "counted";
    case Decided::What::approved:
        return "approved";
    case Decided::What::rejected:
        return "rejected";
    case Decided::What::already:
        return "already";
    case Decided::What::refused:
        return "refused";
    case Decided::What::absent:
        return "absent";
    }
    return {};
}

} // namespace loomrel::store
