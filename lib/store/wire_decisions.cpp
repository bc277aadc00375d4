#include "lib/store/wire.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace loomrel::store::wire {

using nlohmann::json;

namespace {

using What = Decided::What;

constexpr std::array<std::pair<What, std::string_view>, 6> k_words{{{What::counted, "counted"},
                                                                    {What::approved, "approved"},
                                                                    {What::rejected, "rejected"},
                                                                    {What::already, "already"},
                                                                    {What::refused, "refused"},
                                                                    {What::absent, "absent"}}};

Verdict verdict_of(const Fields& fields) {
    const auto verdict = parse_verdict(fields.text("verdict"));
    if (!verdict) {
        throw FieldError("verdict", "must be approved or rejected");
    }
    return *verdict;
}

} // namespace

json to_json(const Decision& decision) {
    return {{"id", decision.id},
            {"commit", decision.commit},
            {"approver_id", decision.approver_id},
            {"approver_name", decision.approver_name},
            {"verdict", to_string(decision.verdict)},
            {"reason", decision.reason},
            {"stage", to_string(decision.stage)},
            {"typed_by", decision.typed_by},
            {"source", decision.source}};
}

json to_json(const Approval& approval) {
    return {{"approver_id", approval.approver_id},
            {"approver_name", approval.approver_name},
            {"commit", approval.commit},
            {"verdict", to_string(approval.verdict)},
            {"at", to_text(approval.at)}};
}

std::vector<Approval> approvals_from(const json& list) {
    std::vector<Approval> approvals;
    for (const json& one : list) {
        const Fields fields(one);
        approvals.push_back({fields.integer("approver_id"),
                             fields.text_or("approver_name", ""),
                             fields.text_or("commit", ""),
                             verdict_of(fields),
                             fields.maybe_time("at").value_or(Time{})});
    }
    return approvals;
}

Decided decided_from(const json& object) {
    const Fields fields(object);
    const std::string what = fields.text("what");
    const auto* const word = std::find_if(
        k_words.begin(), k_words.end(), [&](const auto& pair) { return pair.second == what; });
    if (word == k_words.end()) {
        throw FieldError("what", "is not a known word");
    }
    Decided decided;
    decided.what = word->first;
    decided.status = fields.text_or("status", "");
    decided.conflict = fields.text_or("conflict", "");
    decided.needed = static_cast<int>(
        std::clamp<std::int64_t>(fields.maybe_integer("needed").value_or(1), 1, 1000));
    decided.outrun_by = fields.text_or("outrun_by", "");
    decided.stage_serves = fields.text_or("stage_serves", "");
    decided.stage_run = fields.text_or("stage_run", "");
    decided.server_is_up = fields.flag_or("server_is_up", false);
    decided.approvals = approvals_from(fields.list("approvals"));
    return decided;
}

json to_json(const NewNote& note) {
    return {
        {"id", note.id}, {"actor", note.actor}, {"source", note.source}, {"detail", note.detail}};
}

NewNote note_from(const json& object) {
    const Fields fields(object);
    NewNote note;
    note.id = fields.text("id");
    note.actor = fields.text("actor");
    note.source = fields.text_or("source", "api");
    note.detail = fields.text_or("detail", "{}");
    return note;
}

json to_json(const NewNotice& notice) {
    return {{"key", notice.key},
            {"kind", notice.kind},
            {"release_id", notice.release_id ? json(*notice.release_id) : json()},
            {"fact", notice.fact}};
}

NewNotice notice_from(const json& object) {
    const Fields fields(object);
    NewNotice notice;
    notice.key = fields.text("key");
    notice.kind = fields.text("kind");
    notice.release_id = fields.maybe_integer("release_id");
    notice.fact = fields.text_or("fact", "{}");
    return notice;
}

} // namespace loomrel::store::wire
