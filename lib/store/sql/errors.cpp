#include "lib/messages/messages.hpp"
#include "lib/store/sql/transactions.hpp"

namespace loomrel::store {

namespace {

using messages::Id;
using messages::phrase;

// `reason` in the language of the sentence: the database's own words, or ours where it had none.
Phrase sentence(Id id, const std::string& ledger, const Fault& fault) {
    const Phrase reason =
        fault.text.empty() ? phrase(Id::store_no_answer) : Phrase{fault.text, fault.text};
    return {
        messages::say(Language::ru, id, fmt::arg("url", ledger), fmt::arg("reason", reason.ru)),
        messages::say(Language::en, id, fmt::arg("url", ledger), fmt::arg("reason", reason.en))};
}

} // namespace

Error error_of_fault(const Fault& fault, const std::string& ledger, bool in_doubt) {
    const auto make = [&](ErrorKind kind, const char* code, Id message, Id hint) {
        return Error(kind, code, sentence(message, ledger, fault), phrase(hint));
    };
    const bool could_not_look = fault.kind == Fault::Kind::lost
                                || fault.kind == Fault::Kind::transient
                                || fault.kind == Fault::Kind::busy;
    if (in_doubt && could_not_look) {
        return make(
            ErrorKind::ledger, "ledger_in_doubt", Id::store_in_doubt, Id::store_in_doubt_hint);
    }
    if (!fault.without_tls.empty()) {
        return {ErrorKind::config,
                "no_tls",
                sentence(Id::store_no_tls, ledger, fault),
                phrase(Id::store_no_tls_hint, fmt::arg("place", fault.without_tls))};
    }
    switch (fault.kind) {
    case Fault::Kind::lost:
    case Fault::Kind::absent:
        return make(ErrorKind::ledger,
                    "ledger_unreachable",
                    Id::store_unreachable,
                    Id::store_unreachable_hint);
    case Fault::Kind::transient:
    case Fault::Kind::busy:
        return make(ErrorKind::ledger, "ledger_busy", Id::store_busy, Id::store_busy_hint);
    case Fault::Kind::io:
        return make(ErrorKind::ledger, "ledger_disk", Id::store_disk, Id::store_disk_hint);
    case Fault::Kind::no_space:
        return make(ErrorKind::ledger, "ledger_full", Id::store_full, Id::store_full_hint);
    case Fault::Kind::read_only:
        return make(
            ErrorKind::ledger, "ledger_read_only", Id::store_read_only, Id::store_read_only_hint);
    case Fault::Kind::replaced:
        return make(
            ErrorKind::ledger, "ledger_replaced", Id::store_replaced, Id::store_replaced_hint);
    case Fault::Kind::damaged:
        return make(ErrorKind::ledger, "ledger_damaged", Id::store_damaged, Id::store_damaged_hint);
    case Fault::Kind::denied:
        // A file has no users and no passwords.
        return make(ErrorKind::ledger,
                    "ledger_denied",
                    Id::store_denied,
                    fault.sqlstate.empty() ? Id::store_read_only_hint : Id::store_denied_hint);
    case Fault::Kind::no_rights:
        return make(
            ErrorKind::config, "ledger_no_rights", Id::store_no_rights, Id::store_no_rights_hint);
    case Fault::Kind::bad_url:
        return make(ErrorKind::config, "store_url", Id::store_bad_url, Id::store_url_hint);
    case Fault::Kind::no_release:
        return {ErrorKind::refused, k_no_release, phrase(Id::store_no_release)};
    case Fault::Kind::rejected:
        return make(ErrorKind::ledger, k_rejected, Id::store_failed, Id::store_failed_hint);
    case Fault::Kind::failed:
        return make(ErrorKind::ledger, "ledger_failed", Id::store_failed, Id::store_failed_hint);
    }
    return make(ErrorKind::internal, "internal", Id::store_failed, Id::store_failed_hint);
}

} // namespace loomrel::store
