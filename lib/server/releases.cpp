#include "lib/base/random.hpp"
#include "lib/base/text.hpp"
#include "lib/messages/messages.hpp"
#include "lib/release/names.hpp"
#include "lib/server/checks.hpp"
#include "lib/server/handlers.hpp"
#include "lib/server/query.hpp"
#include "lib/store/wire/wire.hpp"

#include <algorithm>
#include <optional>
#include <string_view>

namespace loomrel::server {

using nlohmann::json;
using release::Status;
using store::wire::FieldError;
using store::wire::Members;

namespace {

// Approvals and rejections are people's: no key of the API gives them by writing a status.
void refuse_decision(Status to) {
    if (release::is_decision(to)) {
        throw Refused{refusal(403,
                              "approval_required",
                              "\"" + std::string(to_string(to))
                                  + "\" is a person's decision: in Telegram, or loomrel release "
                                    "approve|reject")};
    }
}

Response of_refusal(const store::Changed& changed) {
    const bool by_status = changed.conflict.empty() || changed.conflict == "status";
    const std::string is = "the release is \"" + changed.status + "\"";
    return refusal(409,
                   by_status ? "move_not_allowed" : "conflict",
                   by_status ? is + " and cannot become that"
                   : changed.conflict == "not_proven"
                       ? "no production run left this version serving; " + is
                       : "its " + changed.conflict + " does not allow it; " + is,
                   {{"status", changed.status},
                    {"conflict", changed.conflict},
                    {"there", changed.there ? store::wire::to_json(*changed.there) : json()}});
}

// The spec's own scripts go from `building` to `manual_testing` directly; its diagram has a status
// between them. Whoever is asked anew does not come that way.
std::vector<store::Change::Step> steps_to(Call& call, std::int64_t release_id, release::Move to) {
    if (to == release::Move::manual_testing) {
        const auto row = call.ledger.find_release(release_id);
        const auto from = row ? row->state() : std::nullopt;
        if (from && !release::may_become(*from, Status::manual_testing)) {
            return {{release::Move::stage_deploy, "{}"}, {to, "{}"}};
        }
    }
    return {{to, "{}"}};
}

Response of_claim(const store::Claimed& claimed) {
    using What = store::Claimed::What;
    nlohmann::json object = store::wire::to_json(claimed);
    switch (claimed.what) {
    case What::done:
    case What::already:
        return answer(200, object);
    case What::refused:
        break;
    case What::absent:
        return no_release();
    }
    return refusal(409,
                   "claim_refused",
                   "the release is \"" + claimed.status + "\"; its " + claimed.conflict
                       + " does not let it into production",
                   {{"status", claimed.status},
                    {"conflict", claimed.conflict},
                    {"claimed", std::move(object)}});
}

store::Claim read_claim(const Call& call) {
    auto claim = store::wire::read<store::Claim>(parse_body(call.body));
    check(claim);
    return claim;
}

// The same as older programs and the spec's scripts understand it.
Response of_old_claim(const store::Claimed& claimed, bool with_run) {
    using What = store::Claimed::What;
    switch (claimed.what) {
    case What::done:
        return answer(200,
                      with_run ? json{{"what", "done"}, {"status", claimed.status}}
                               : json{{"status", "success"}});
    case What::already:
        return with_run ? refusal(409,
                                  "already",
                                  "the release is \"" + claimed.status + "\" already",
                                  {{"status", claimed.status}})
                        : answer(200, {{"status", "success"}});
    case What::refused:
        break;
    case What::absent:
        return no_release();
    }
    return of_refusal({store::Changed::What::refused, claimed.status, claimed.conflict, {}, {}});
}

// What a loomrel of before the claim sends: a change whose only step is the claim.
std::optional<store::Claim> old_claim(const json& body) {
    const json& steps = Members(body).list("steps");
    if (steps.size() != 1 || Members(steps.front()).text_or("to", "") != "deploying") {
        return std::nullopt;
    }
    json object = body;
    object["run"] = body.value("open_run", json());
    auto claim = store::wire::read<store::Claim>(object);
    return claim;
}

void refuse_decisions(const json& body) {
    for (const json& step : Members(body).list("steps")) {
        if (const auto to = release::parse_status(Members(step).text_or("to", ""))) {
            refuse_decision(*to);
        }
    }
}

bool is_amended(std::string_view column) {
    return column == "status"
           || std::any_of(store::k_amended_columns.begin(),
                          store::k_amended_columns.end(),
                          [&](const auto& amended) { return amended.first == column; });
}

// What a release was made with stays; saying nothing to another value would look like having
// changed it.
void refuse_fixed_columns(Call& call, std::int64_t release_id, const json& body) {
    std::optional<release::Release> row;
    bool is_read = false;
    store::for_each_field<release::Release>([&](const auto& field) {
        if (is_amended(field.name) || !body.contains(field.name)) {
            return;
        }
        if (!std::exchange(is_read, true)) {
            row = call.ledger.find_release(release_id);
        }
        if (row && store::wire::to_json(*row).at(field.name) != body.at(field.name)) {
            throw FieldError(field.name, "cannot be changed");
        }
    });
}

// An older system that deploys by itself only says so. It needs the same proof.
Response claim_by_status(Call& call, store::Change change) {
    store::Claim claim;
    claim.id = change.id;
    claim.release_id = change.release_id;
    claim.actor = change.actor;
    claim.source = change.source;
    check(claim);
    check(change);
    // Found out behind the claim, production would be taken by a deploy of something else.
    const auto row = change.commit ? call.ledger.find_release(change.release_id) : std::nullopt;
    const std::string pinned = row ? row->commit_sha.value_or("") : "";
    if (!pinned.empty() && pinned != *change.commit) {
        return of_refusal({store::Changed::What::refused, row->status, "commit", {}, {}});
    }
    const store::Claimed claimed = call.ledger.claim_status(claim);
    const bool granted =
        claimed.what == store::Claimed::What::done || claimed.what == store::Claimed::What::already;
    // The columns that came with it.
    if (granted && store::amends(change)) {
        change.id = random_uuid();
        const store::Changed changed = call.ledger.apply_status(change);
        if (changed.what == store::Changed::What::refused) {
            return of_refusal(changed);
        }
    }
    return of_old_claim(claimed, false);
}

} // namespace

Response no_release() {
    return refusal(404, "not_found", messages::say(Language::en, messages::Id::store_no_release));
}

Response create_release(Call& call) {
    const json body = parse_body(call.body);
    if (Members(body).text_or("status", "initiated") != "initiated") {
        throw FieldError("status", "of a new release is \"initiated\"");
    }
    const auto release = store::wire::read<store::NewRelease>(body);
    check(release);
    const store::Created created = call.ledger.create_release(release);
    return answer(created.created ? 201 : 200,
                  {{"release_id", created.id}, {"status", created.status}});
}

Response patch_release(Call& call) {
    const json body = parse_body(call.body);
    const Members members(body);
    store::Change change;
    change.id = random_uuid();
    change.release_id = members.integer("release_id");
    refuse_fixed_columns(call, change.release_id, body);
    change.actor = members.text_or("actor", "api");
    change.source = "api";
    for (const auto& [column, value] : store::k_amended_columns) {
        change.*value = members.maybe_text(column);
    }
    if (const auto status = members.maybe_text("status")) {
        const auto to = release::parse_status(*status);
        if (!to) {
            throw FieldError("status", "is not a known status");
        }
        refuse_decision(*to);
        if (*to == Status::deploying) {
            return claim_by_status(call, change);
        }
        const auto move = release::move_to(*to);
        if (!move) {
            const auto row = call.ledger.find_release(change.release_id);
            return row ? of_refusal({store::Changed::What::refused, row->status, "status", {}, {}})
                       : no_release();
        }
        change.steps = steps_to(call, change.release_id, *move);
    } else if (!store::amends(change)) {
        throw FieldError("status", "is missing");
    }
    check(change);
    const store::Changed changed = call.ledger.apply_status(change);
    using What = store::Changed::What;
    switch (changed.what) {
    case What::done:
    case What::already:
        return answer(200, {{"status", "success"}});
    case What::refused:
        return of_refusal(changed);
    case What::absent:
        break;
    }
    return no_release();
}

Response apply_change(Call& call) {
    const json body = parse_body(call.body);
    refuse_decisions(body);
    if (const auto claim = old_claim(body)) {
        check(*claim);
        return of_old_claim(call.ledger.claim(*claim), claim->run.has_value());
    }
    const auto change = store::wire::read<store::Change>(body);
    check(change);
    const store::Changed changed = call.ledger.apply(change);
    using What = store::Changed::What;
    switch (changed.what) {
    case What::done:
        return answer(200,
                      {{"what", "done"},
                       {"status", changed.status},
                       {"joined", changed.joined ? json(*changed.joined) : json()}});
    case What::already:
        // Who wanted to claim it must hear that another has.
        return change.open_run ? refusal(409,
                                         "already",
                                         "the release is \"" + changed.status + "\" already",
                                         {{"status", changed.status}})
                               : answer(200, {{"what", "already"}, {"status", changed.status}});
    case What::refused:
        return of_refusal(changed);
    case What::absent:
        break;
    }
    return no_release();
}

Response claim_release(Call& call) {
    return of_claim(call.ledger.claim(read_claim(call)));
}

Response foresee_claim(Call& call) {
    return of_claim(call.ledger.foresee_claim(read_claim(call)));
}

Response list_releases(Call& call) {
    const Query query(call.match.target, {"list", "service", "tag", "before", "limit"});
    store::ReleaseQuery wanted;
    if (const auto list = query.find("list")) {
        wanted.list = release::parse_list(*list);
        if (!wanted.list) {
            throw FieldError("list", "must be active, successful, failed or outrun");
        }
    }
    wanted.service = query.find("service").value_or("");
    wanted.tag = query.find("tag").value_or("");
    wanted.before = query.integer("before");
    wanted.limit = query.limit();
    json rows = json::array();
    for (const release::Release& row : call.ledger.list_releases(wanted)) {
        rows.push_back(store::wire::to_json(row));
    }
    return answer(200, {{"releases", std::move(rows)}});
}

Response get_release(Call& call) {
    const auto row = call.ledger.find_release(call.release_id());
    return row ? answer(200, store::wire::to_json(*row)) : no_release();
}

Response list_events(Call& call) {
    // Not through json: it would sort the members of each detail.
    nlohmann::ordered_json events = nlohmann::ordered_json::array();
    const std::int64_t id = call.release_id();
    for (const release::Event& event : call.ledger.events(id)) {
        events.push_back(store::wire::to_json(event));
    }
    if (events.empty() && !call.ledger.find_release(id)) {
        return no_release();
    }
    Response response;
    response.body = nlohmann::ordered_json{{"events", std::move(events)}}.dump(
        -1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
    return response;
}

} // namespace loomrel::server
