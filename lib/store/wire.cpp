#include "lib/store/wire.hpp"

namespace loomrel::store::wire {

using nlohmann::json;
using nlohmann::ordered_json;

namespace {

// With what FieldError says of a word that is not among the allowed ones.
template <typename Value> Value known(const char* field, const std::optional<Value>& value) {
    if (!value) {
        throw FieldError(field, "is not a known word");
    }
    return *value;
}

json maybe(const std::optional<Time>& time) {
    return time ? json(to_text(*time)) : json();
}

std::optional<Time> known_time(Time time) {
    return time == Time{} ? std::nullopt : std::optional(time);
}

template <typename Value>
void put(json& object, const char* name, const std::optional<Value>& value) {
    if (value) {
        object[name] = *value;
    }
}

std::vector<std::string> texts(const char* name, const json& list) {
    std::vector<std::string> found;
    for (const json& one : list) {
        if (!one.is_string()) {
            throw FieldError(name, "must be a list of strings");
        }
        found.push_back(one.get<std::string>());
    }
    return found;
}

std::optional<release::Move> parse_move(const std::string& word) {
    const auto status = release::parse_status(word);
    return status ? release::move_to(*status) : std::nullopt;
}

std::map<std::string, std::string> settings_from(const Fields& fields) {
    std::map<std::string, std::string> settings;
    if (const json* given = fields.find("settings")) {
        if (!given->is_object()) {
            throw FieldError("settings", "must be an object");
        }
        for (const auto& [key, value] : given->items()) {
            if (!value.is_string()) {
                throw FieldError("settings", "must hold strings");
            }
            settings[key] = value.get<std::string>();
        }
    }
    return settings;
}

} // namespace

json to_json(const NewRelease& release) {
    json object{{"service_name", release.service},
                {"release_tag", release.tag},
                {"initiated_by", release.by},
                {"github_run_id", release.run_id},
                {"github_action_link", release.link},
                {"github_ref", release.ref},
                {"source", release.source},
                {"continues", release.continues},
                {"status", "initiated"}};
    if (!release.commit.empty()) {
        object["commit_sha"] = release.commit;
    }
    return object;
}

json to_json(const release::Release& release) {
    return {{"id", release.id},
            {"service_name", release.service_name},
            {"release_tag", release.release_tag},
            {"rollback_to_tag", release.rollback_to_tag},
            {"status", release.status},
            {"initiated_by", release.initiated_by},
            {"github_run_id", release.github_run_id},
            {"github_action_link", release.github_action_link},
            {"github_ref", release.github_ref},
            {"created_at", maybe(known_time(release.created_at))},
            {"started_at", maybe(release.started_at)},
            {"completed_at", maybe(release.completed_at)},
            {"commit_sha", release.commit_sha ? json(*release.commit_sha) : json()},
            {"superseded_by", release.superseded_by ? json(*release.superseded_by) : json()}};
}

release::Release release_from(const json& object) {
    const Fields fields(object);
    release::Release release;
    release.id = fields.integer("id");
    release.service_name = fields.text("service_name");
    release.release_tag = fields.text("release_tag");
    release.rollback_to_tag = fields.text_or("rollback_to_tag", "");
    release.status = fields.text("status");
    release.initiated_by = fields.text_or("initiated_by", "");
    release.github_run_id = fields.text_or("github_run_id", "");
    release.github_action_link = fields.text_or("github_action_link", "");
    release.github_ref = fields.text_or("github_ref", "");
    release.created_at = fields.maybe_time("created_at").value_or(Time{});
    release.started_at = fields.maybe_time("started_at");
    release.completed_at = fields.maybe_time("completed_at");
    release.commit_sha = fields.maybe_text("commit_sha");
    release.superseded_by = fields.maybe_integer("superseded_by");
    return release;
}

ordered_json to_json(const release::Event& event) {
    auto detail = ordered_json::parse(event.detail, nullptr, false);
    return {{"at", to_text(event.at)},
            {"from", event.from},
            {"to", event.to},
            {"actor", event.actor},
            {"source", event.source},
            {"detail", detail.is_discarded() ? ordered_json(event.detail) : std::move(detail)}};
}

release::Event event_from(const ordered_json& object) {
    const json plain = object;
    const Fields fields(plain);
    release::Event event;
    event.at = fields.maybe_time("at").value_or(Time{});
    event.from = fields.text_or("from", "");
    event.to = fields.text_or("to", "");
    event.actor = fields.text_or("actor", "");
    event.source = fields.text_or("source", "");
    // In the order in which it was written: plain JSON would sort its members.
    const auto detail = object.find("detail");
    event.detail = detail == object.end() ? "{}" : detail->dump();
    return event;
}

json to_json(const HostResult& host) {
    return {{"host", host.host},
            {"state", host.state},
            {"outcome", host.outcome},
            {"serves", host.serves}};
}

std::vector<HostResult> hosts_from(const json& list) {
    std::vector<HostResult> hosts;
    for (const json& one : list) {
        const Fields fields(one);
        hosts.push_back({fields.text("host"),
                         fields.text_or("state", ""),
                         fields.text_or("outcome", ""),
                         fields.text_or("serves", "")});
    }
    return hosts;
}

json to_json(const Run& run) {
    return {{"id", run.id},
            {"service", run.service},
            {"environment", run.environment},
            {"kind", to_string(run.kind)},
            {"release_id", run.release_id ? json(*run.release_id) : json()},
            {"ref", run.ref},
            {"commit", run.commit},
            {"github_run_id", run.github_run_id},
            {"github_run_attempt", run.github_run_attempt},
            {"hosts", run.hosts},
            {"settings", run.settings},
            {"source", run.source},
            {"started_at", to_text(run.started_at)},
            {"ended_at", maybe(run.ended_at)},
            {"unseen_ms", run.unseen_for.count()},
            {"outcome", run.outcome ? json(to_string(*run.outcome)) : json()},
            {"result", run.result}};
}

Run run_from(const json& object) {
    const Fields fields(object);
    Run run;
    run.id = fields.text("id");
    run.service = fields.text("service");
    run.environment = fields.text("environment");
    run.kind = known("kind", parse_run_kind(fields.text("kind")));
    run.release_id = fields.maybe_integer("release_id");
    run.ref = fields.text_or("ref", "");
    run.commit = fields.text_or("commit", "");
    run.github_run_id = fields.text_or("github_run_id", "");
    const auto attempt = fields.maybe_integer("github_run_attempt").value_or(0);
    if (attempt < 0 || attempt > INT32_MAX) {
        throw FieldError("github_run_attempt", "must be a small number");
    }
    run.github_run_attempt = static_cast<int>(attempt);
    run.hosts = texts("hosts", fields.list("hosts"));
    run.settings = settings_from(fields);
    run.source = fields.text_or("source", "");
    run.started_at = fields.maybe_time("started_at").value_or(Time{});
    run.ended_at = fields.maybe_time("ended_at");
    run.unseen_for = Milliseconds(fields.maybe_integer("unseen_ms").value_or(0));
    if (const auto outcome = fields.maybe_text("outcome")) {
        run.outcome = parse_run_outcome(*outcome).value_or(RunOutcome::unknown);
    }
    run.result = fields.text_or("result", "");
    return run;
}

json to_json(const RunEnd& end) {
    json hosts = json::array();
    for (const HostResult& host : end.hosts) {
        hosts.push_back(to_json(host));
    }
    return {{"run_id", end.run_id},
            {"outcome", to_string(end.outcome)},
            {"result", end.result},
            {"hosts", std::move(hosts)}};
}

RunEnd run_end_from(const json& object) {
    const Fields fields(object);
    RunEnd end;
    end.run_id = fields.text("run_id");
    end.outcome = known("outcome", parse_run_outcome(fields.text("outcome")));
    end.result = fields.text_or("result", "");
    end.hosts = hosts_from(fields.list("hosts"));
    return end;
}

json to_json(const Change& change) {
    json steps = json::array();
    for (const Change::Step& step : change.steps) {
        steps.push_back(
            {{"to", release::to_string(release::status_of(step.to))}, {"detail", step.detail}});
    }
    json object{{"id", change.id},
                {"release_id", change.release_id},
                {"steps", std::move(steps)},
                {"actor", change.actor},
                {"source", change.source}};
    put(object, "commit", change.commit);
    put(object, "run_id", change.run_id);
    put(object, "link", change.link);
    put(object, "rollback_to_tag", change.rollback_to_tag);
    put(object, "during_run", change.during_run);
    if (change.open_run) {
        object["open_run"] = to_json(*change.open_run);
    }
    if (change.end_run) {
        object["end_run"] = to_json(*change.end_run);
    }
    return object;
}

Change change_from(const json& object) {
    const Fields fields(object);
    Change change;
    change.id = fields.text("id");
    change.release_id = fields.integer("release_id");
    for (const json& step : fields.list("steps")) {
        const Fields one(step);
        change.steps.push_back(
            {known("to", parse_move(one.text("to"))), one.text_or("detail", "{}")});
    }
    change.actor = fields.text("actor");
    change.source = fields.text_or("source", "api");
    change.commit = fields.maybe_text("commit");
    change.run_id = fields.maybe_text("run_id");
    change.link = fields.maybe_text("link");
    change.rollback_to_tag = fields.maybe_text("rollback_to_tag");
    change.during_run = fields.maybe_text("during_run");
    if (const json* run = fields.find("open_run")) {
        change.open_run = run_from(*run);
    }
    if (const json* end = fields.find("end_run")) {
        change.end_run = run_end_from(*end);
    }
    return change;
}

json to_json(const SchemaState& state) {
    return {{"product", state.product},
            {"applied", state.applied},
            {"pending", state.pending},
            {"problems", state.problems}};
}

SchemaState schema_from(const json& object) {
    const Fields fields(object);
    return {fields.text("product"),
            texts("applied", fields.list("applied")),
            texts("pending", fields.list("pending")),
            texts("problems", fields.list("problems"))};
}

} // namespace loomrel::store::wire
