#include "lib/store/wire.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace loomrel::store::wire {

using nlohmann::json;

namespace {

constexpr std::array<std::pair<Claimed::What, std::string_view>, 4> k_claim_words{
    {{Claimed::What::done, "done"},
     {Claimed::What::already, "already"},
     {Claimed::What::refused, "refused"},
     {Claimed::What::absent, "absent"}}};

} // namespace

json to_json(const Claim& claim) {
    json object{{"id", claim.id},
                {"release_id", claim.release_id},
                {"actor", claim.actor},
                {"source", claim.source},
                {"detail", claim.detail},
                {"older", claim.older}};
    if (claim.run) {
        object["run"] = to_json(*claim.run);
    }
    return object;
}

Claim claim_from(const json& object) {
    const Fields fields(object);
    Claim claim;
    claim.id = fields.text("id");
    claim.release_id = fields.integer("release_id");
    claim.actor = fields.text("actor");
    claim.source = fields.text_or("source", "api");
    claim.detail = fields.text_or("detail", "{}");
    claim.older = fields.flag_or("older", false);
    if (const json* run = fields.find("run")) {
        claim.run = run_from(*run);
    }
    return claim;
}

json to_json(const Claimed& claimed) {
    const auto* const word =
        std::find_if(k_claim_words.begin(), k_claim_words.end(), [&](const auto& pair) {
            return pair.first == claimed.what;
        });
    return {{"what", word->second},
            {"status", claimed.status},
            {"conflict", claimed.conflict},
            {"outrun_by", claimed.outrun_by},
            {"settings", claimed.settings},
            {"there", claimed.there ? to_json(*claimed.there) : json()}};
}

Claimed claimed_from(const json& object) {
    const Fields fields(object);
    const std::string what = fields.text("what");
    const auto* const word = std::find_if(k_claim_words.begin(),
                                          k_claim_words.end(),
                                          [&](const auto& pair) { return pair.second == what; });
    if (word == k_claim_words.end()) {
        throw FieldError("what", "is not a known word");
    }
    Claimed claimed;
    claimed.what = word->first;
    claimed.status = fields.text_or("status", "");
    claimed.conflict = fields.text_or("conflict", "");
    claimed.outrun_by = fields.text_or("outrun_by", "");
    for (const json& key : fields.list("settings")) {
        if (!key.is_string()) {
            throw FieldError("settings", "must be a list of strings");
        }
        claimed.settings.push_back(key.get<std::string>());
    }
    if (const json* there = fields.find("there")) {
        claimed.there = run_from(*there);
    }
    return claimed;
}

json to_json(const release::ApprovalRules& rules) {
    json people = json::array();
    for (const release::Person& person : rules.people) {
        people.push_back(
            {{"telegram", person.telegram}, {"github", person.github}, {"name", person.name}});
    }
    return {{"approvers", rules.approvers},
            {"quorum", rules.quorum},
            {"self_approval", rules.self_approval},
            {"people", std::move(people)},
            {"expires_ms", rules.expires.count()}};
}

release::ApprovalRules rules_from(const json& object) {
    const Fields fields(object);
    release::ApprovalRules rules;
    for (const json& one : fields.list("approvers")) {
        if (!one.is_number_integer()) {
            throw FieldError("approvers", "must be a list of numbers");
        }
        rules.approvers.push_back(one.get<std::int64_t>());
    }
    const std::int64_t quorum = fields.integer("quorum");
    if (quorum < 0 || quorum > 1000) {
        throw FieldError("quorum", "must be a small number");
    }
    rules.quorum = static_cast<int>(quorum);
    rules.self_approval = fields.flag_or("self_approval", true);
    for (const json& one : fields.list("people")) {
        const Fields person(one);
        rules.people.push_back(
            {person.integer("telegram"), person.text_or("github", ""), person.text_or("name", "")});
    }
    rules.expires = Milliseconds(fields.integer("expires_ms"));
    return rules;
}

} // namespace loomrel::store::wire
