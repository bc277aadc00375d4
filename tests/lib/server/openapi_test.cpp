#include "lib/store/wire.hpp"
#include "tests/lib/server/api_world.hpp"

#include <set>

using namespace loomrel;
using namespace loomrel::test;
using nlohmann::json;

namespace {

using Names = std::set<std::string>;

const std::string k_sha(40, 'a');
constexpr const char* k_uuid = "7d9f4d8e-0d3a-4c39-8b62-93ad57aeb9d1";

template <typename Json> Names members_of(const Json& object) {
    Names names;
    for (const auto& [name, value] : object.items()) {
        names.insert(name);
    }
    return names;
}

json document() {
    return json::parse(server::openapi());
}

// Behind its reference, if it is one.
json resolved(const json& whole, const json& schema) {
    return schema.contains("$ref")
               ? whole.at(json::json_pointer(schema.at("$ref").get<std::string>().substr(1)))
               : schema;
}

Names described(const char* schema) {
    return members_of(document().at("components").at("schemas").at(schema).at("properties"));
}

// Of the answer of a route.
Names described(const char* method, const char* path, const char* status) {
    const json whole = document();
    const json response =
        resolved(whole, whole.at("paths").at(path).at(method).at("responses").at(status));
    return members_of(resolved(whole, response.at("content").at("application/json").at("schema"))
                          .at("properties"));
}

store::Run full_run() {
    store::Run run;
    run.id = k_uuid;
    run.service = "loom-content";
    run.environment = "prod";
    run.release_id = 1;
    run.commit = k_sha;
    return run;
}

// Everything that may be left out is there.
store::Change full_change() {
    store::Change change;
    change.id = k_uuid;
    change.release_id = 1;
    change.steps = {{release::Move::building, "{}"}};
    change.actor = "gommgo";
    change.source = "api";
    change.commit = k_sha;
    change.run_id = "77";
    change.link = "https://github.example/runs/77";
    change.rollback_to_tag = "v1.2.2";
    change.during_run = k_uuid;
    change.open_run = full_run();
    change.end_run = store::RunEnd{k_uuid, store::RunOutcome::good, "{}", {}};
    return change;
}

store::Claim full_claim() {
    store::Claim claim;
    claim.id = k_uuid;
    claim.release_id = 1;
    claim.actor = "gommgo";
    claim.source = "api";
    claim.run = full_run();
    return claim;
}

} // namespace

TEST_CASE("openapi.json describes the routes that there are, and no others") {
    const json document = json::parse(server::openapi());
    std::set<std::string> described;
    for (const auto& [path, methods] : document.at("paths").items()) {
        for (const auto& [method, operation] : methods.items()) {
            std::string name = method;
            for (char& letter : name) {
                letter = static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
            }
            described.insert(name + " " + path);
        }
    }
    std::set<std::string> there;
    for (const server::Route& route : server::routes()) {
        const std::string name = std::string(route.method) + " " + std::string(route.path);
        there.insert(name);
        CAPTURE(name);
        REQUIRE(described.contains(name));
        std::string method(route.method);
        for (char& letter : method) {
            letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
        }
        const json& operation = document.at("paths").at(std::string(route.path)).at(method);
        CHECK(operation.contains("requestBody") == route.has_body);
        const bool open = operation.contains("security") && operation.at("security").empty();
        CHECK(open == (route.access == server::Access::open));
        const json& responses = operation.at("responses");
        CHECK(responses.contains("400")); // of any request that is not HTTP as it should be
        CHECK(responses.contains("429")); // too many at once, whatever they ask
        CHECK(responses.contains("503"));
        CHECK(responses.contains("401") == (route.access != server::Access::open));
    }
    CHECK(described == there);
}

TEST_CASE("every reference of openapi.json leads somewhere") {
    const json document = json::parse(server::openapi());
    std::size_t found = 0;
    const json flat = document.flatten();
    for (const auto& [place, value] : flat.items()) {
        if (place.ends_with("/$ref")) {
            ++found;
            CAPTURE(place);
            CHECK(document.contains(json::json_pointer(value.get<std::string>().substr(1))));
        }
    }
    CHECK(found > 20);
}

TEST_CASE("openapi.json has the members that travel, and no others") {
    namespace wire = store::wire;
    release::Release release;
    release.superseded_by = 2;
    CHECK(members_of(wire::to_json(release)) == described("Release"));
    CHECK(members_of(wire::to_json(release::Event{})) == described("Event"));
    CHECK(members_of(wire::to_json(store::Approval{})) == described("Approval"));
    CHECK(members_of(wire::to_json(release::ApprovalRules{})) == described("ApprovalRules"));
    CHECK(members_of(wire::to_json(full_claim())) == described("Claim"));
    CHECK(members_of(wire::to_json(store::Claimed{})) == described("Claimed"));
    CHECK(members_of(wire::to_json(full_change())) == described("Change"));
    CHECK(members_of(wire::to_json(*full_change().end_run)) == described("RunEnd"));
    CHECK(members_of(wire::to_json(store::NewNote{})) == described("Note"));
    // What one run is asked for has its hosts as well.
    Names run = members_of(wire::to_json(full_run()));
    run.insert("host_results");
    CHECK(run == described("Run"));
    store::NewRelease created;
    created.commit = k_sha;
    CHECK(members_of(wire::to_json(created)) == described("NewRelease"));
    store::NewNotice notice;
    notice.release_id = 1;
    CHECK(members_of(wire::to_json(notice)) == described("Notice"));

    const json schemas = document().at("components").at("schemas");
    const json rules = wire::to_json(release::ApprovalRules{{1}, 1, true, {{1, "", ""}}, {}});
    const json& person = schemas.at("ApprovalRules").at("properties").at("people").at("items");
    CHECK(members_of(rules.at("people").at(0)) == members_of(person.at("properties")));
    const json& step = schemas.at("Change").at("properties").at("steps").at("items");
    CHECK(members_of(wire::to_json(full_change()).at("steps").at(0))
          == members_of(step.at("properties")));
    // A step may lead wherever a move does.
    Names moves;
    for (const release::Status status : release::all_statuses()) {
        if (release::move_to(status)) {
            moves.emplace(to_string(status));
        }
    }
    CHECK(step.at("properties").at("to").at("enum").get<Names>() == moves);
}

TEST_CASE("openapi.json has the members of the answers that are made here, and no others") {
    ApiWorld world;
    release::Release row;
    row.id = 1;
    row.status = "initiated";
    world.ledger.rows[1] = row;
    const auto body_of = [](const server::Response& response) {
        return json::parse(response.body);
    };
    store::Change change;
    change.id = k_uuid;
    change.release_id = 1;
    change.actor = "gommgo";
    change.source = "api";
    const auto done = world.ask("POST", "/changes", json(store::wire::to_json(change)).dump());
    CHECK(done.status == 200);
    CHECK(members_of(body_of(done)) == described("post", "/changes", "200"));
    const auto opened = world.ask("POST", "/runs", json(store::wire::to_json(full_run())).dump());
    CHECK(opened.status == 201);
    CHECK(members_of(body_of(opened)) == described("post", "/runs", "201"));
    CHECK(described("post", "/runs", "200") == described("post", "/runs", "201"));

    // Of the refusals, each has some of an error's members; together they have all.
    store::Changed refused;
    refused.what = store::Changed::What::refused;
    refused.conflict = "run";
    refused.there = full_run();
    world.ledger.refuses = refused;
    const auto change_refused =
        world.ask("POST", "/changes", json(store::wire::to_json(change)).dump());
    store::Claimed claimed;
    claimed.what = store::Claimed::What::refused;
    claimed.conflict = "approvals";
    world.ledger.claimed = claimed;
    const auto claim_refused =
        world.ask("POST", "/claims", json(store::wire::to_json(full_claim())).dump());
    Names error;
    for (const auto& response : {change_refused, claim_refused}) {
        CHECK(response.status == 409);
        error.merge(members_of(body_of(response).at("error")));
    }
    const json schema = document().at("components").at("schemas").at("Error");
    CHECK(error == members_of(schema.at("properties").at("error").at("properties")));
}

TEST_CASE("the parameters of openapi.json are taken") {
    ApiWorld world;
    const json whole = document();
    std::size_t found = 0;
    for (const auto& [path, methods] : whole.at("paths").items()) {
        if (!methods.contains("get") || !methods.at("get").contains("parameters")) {
            continue;
        }
        for (const json& listed : methods.at("get").at("parameters")) {
            const json parameter = resolved(whole, listed);
            if (parameter.at("in") != "query") {
                continue;
            }
            const json& values = parameter.at("schema");
            const std::string value = values.contains("enum")
                                          ? values.at("enum").at(0).get<std::string>()
                                      : values.at("type") == "integer" ? "1"
                                                                       : "loom-content";
            const std::string name = parameter.at("name");
            CAPTURE(path, name);
            CHECK(world.ask("GET", path + "?" + name + "=" + value).status == 200);
            ++found;
        }
    }
    CHECK(found == 12);
}
