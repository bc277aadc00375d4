#include "lib/server/checks.hpp"
#include "lib/server/handlers.hpp"
#include "lib/server/query.hpp"
#include "lib/store/wire/wire.hpp"

namespace loomrel::server {

using nlohmann::json;

namespace {

Response no_run() {
    return refusal(404, "not_found", "there is no such run");
}

} // namespace

Response open_run(Call& call) {
    const json body = parse_body(call.body);
    const auto run = store::wire::read<store::Run>(body);
    check(run);
    const store::Opened opened = call.ledger.open_run(run);
    return answer(opened.opened ? 201 : 200,
                  {{"run_id", run.id},
                   {"opened", opened.opened},
                   {"there", opened.there ? store::wire::to_json(*opened.there) : json()}});
}

Response list_runs(Call& call) {
    const Query query(
        call.match.target,
        {"service", "environment", "release_id", "ref", "id", "open", "good", "limit"});
    store::RunQuery wanted;
    wanted.service = query.find("service").value_or("");
    wanted.environment = query.find("environment").value_or("");
    wanted.release_id = query.integer("release_id");
    wanted.ref = query.find("ref").value_or("");
    wanted.id = query.find("id").value_or("");
    const auto flag = [&](const char* name) {
        const std::string value = query.find(name).value_or("0");
        if (value != "0" && value != "1") {
            throw store::wire::FieldError(name, "must be 0 or 1");
        }
        return value == "1";
    };
    wanted.open_only = flag("open");
    wanted.good_only = flag("good");
    wanted.limit = query.limit();
    json rows = json::array();
    for (const store::Run& run : call.ledger.list_runs(wanted)) {
        rows.push_back(store::wire::to_json(run));
    }
    return answer(200, {{"runs", std::move(rows)}});
}

Response get_run(Call& call) {
    const std::string id = call.run_id();
    const auto run = call.ledger.find_run(id);
    if (!run) {
        return no_run();
    }
    json object = store::wire::to_json(*run);
    json results = json::array();
    for (const store::HostResult& host : call.ledger.run_hosts(id)) {
        results.push_back(store::wire::to_json(host));
    }
    object["host_results"] = std::move(results);
    return answer(200, object);
}

// {} is a heartbeat; with an outcome the run ends. What was told first stands.
Response patch_run(Call& call) {
    const std::string id = call.run_id();
    json body = parse_body(call.body);
    if (!call.ledger.find_run(id)) {
        return no_run();
    }
    if (body.contains("outcome")) {
        body["run_id"] = id;
        const auto end = store::wire::read<store::RunEnd>(body);
        check(end);
        call.ledger.end_run(end);
    } else {
        call.ledger.touch_run(id);
    }
    return answer(200, {{"run_id", id}});
}

} // namespace loomrel::server
