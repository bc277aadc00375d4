#include "lib/store/wire/wire.hpp"
#include "tests/lib/server/api_world.hpp"

#include <algorithm>
#include <set>
#include <type_traits>

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
    run.began_by = "gommgo";
    return run;
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

// A schema without what is for people only, and with what it refers to in it.
json plain(const json& whole, json schema) {
    schema = resolved(whole, schema);
    if (schema.contains("allOf") && schema.contains("nullable")) {
        schema = plain(whole, schema.at("allOf").at(0));
        schema["nullable"] = true;
    }
    schema.erase("description");
    if (schema.contains("required")) {
        std::sort(schema["required"].begin(), schema["required"].end());
    }
    if (schema.contains("properties")) {
        for (json& property : schema["properties"]) {
            property = plain(whole, property);
        }
    }
    if (schema.contains("items")) {
        schema["items"] = plain(whole, schema["items"]);
    }
    return schema;
}

json plain_schema(const char* name) {
    const json whole = document();
    return plain(whole, whole.at("components").at("schemas").at(name));
}

template <store::Described Entity> json schema_of();

// What a value of this type is under this rule. `may_be_empty`: "" is nothing said.
template <typename T> json schema_of(const store::Rule& rule, bool may_be_empty) {
    if constexpr (store::k_is_optional<T>) {
        json schema = schema_of<typename T::value_type>(rule, false);
        if (!rule.absent_if_empty) {
            schema["nullable"] = true;
        }
        return schema;
    } else if constexpr (store::k_is_list<T>) {
        json schema{{"type", "array"},
                    {"items", schema_of<typename T::value_type>(store::Rule{}, false)}};
        if (rule.most > 0) {
            schema["maxItems"] = rule.most;
        }
        return schema;
    } else if constexpr (std::is_same_v<T, store::Settings>) {
        return {{"type", "object"},
                {"additionalProperties", {{"type", "string"}}},
                {"maxProperties", rule.most}};
    } else if constexpr (std::is_same_v<T, bool>) {
        return {{"type", "boolean"}};
    } else if constexpr (std::is_same_v<T, int>) {
        return {{"type", "integer"}, {"minimum", 0}};
    } else if constexpr (std::is_same_v<T, std::int64_t> || std::is_same_v<T, Milliseconds>) {
        return {{"type", "integer"}, {"format", "int64"}};
    } else if constexpr (std::is_same_v<T, Time>) {
        return {{"type", "string"}, {"format", "date-time"}};
    } else if constexpr (std::is_enum_v<T>) {
        json schema{{"type", "string"}, {"enum", json::array()}};
        for (const T value : all_values<T>()) {
            schema["enum"].push_back(to_string(value));
        }
        return schema;
    } else if constexpr (store::Described<T>) {
        return schema_of<T>();
    } else {
        json schema{{"type", rule.embedded ? "object" : "string"}};
        if (!rule.words.empty()) {
            schema["enum"] = std::vector<std::string>(rule.words.begin(), rule.words.end());
        }
        if (rule.text == store::Text::uuid) {
            schema["format"] = "uuid";
        }
        if (rule.text == store::Text::commit) {
            const std::string commit = "[0-9a-f]{40}([0-9a-f]{24})?";
            schema["pattern"] = may_be_empty ? "^(" + commit + ")?$" : "^" + commit + "$";
        }
        return schema;
    }
}

// As it would be written by its description.
template <store::Described Entity> json schema_of() {
    json schema{{"type", "object"}};
    const json fresh = store::wire::write<json>(Entity());
    store::for_each_field<Entity>([&](const auto& field) {
        using Member = std::remove_cvref_t<decltype(Entity().*field.member)>;
        const store::Rule& rule = field.rule;
        json property = schema_of<Member>(rule, !rule.required);
        const bool is_text = std::is_same_v<Member, std::string> && !rule.embedded;
        if (*rule.otherwise != '\0') {
            property["default"] = rule.otherwise;
        } else if (std::is_same_v<Member, bool> && !rule.required) {
            property["default"] = fresh.at(field.name);
        } else if (is_text && fresh.value(field.name, "") != "") {
            property["default"] = fresh.at(field.name);
        }
        schema["properties"][field.name] = std::move(property);
        if (rule.required) {
            schema["required"].push_back(field.name);
        }
    });
    if (schema.contains("required")) {
        std::sort(schema["required"].begin(), schema["required"].end());
    }
    return schema;
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
        const bool wants_key =
            route.access != server::Access::open && route.access != server::Access::telegram;
        CHECK(responses.contains("403") == wants_key);
        CHECK(operation.value("x-key", "") == (wants_key ? to_string(route.access) : ""));
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

TEST_CASE("openapi.json describes every value that travels, field by field") {
    CHECK(plain_schema("Release") == schema_of<release::Release>());
    CHECK(plain_schema("Event") == schema_of<release::Event>());
    CHECK(plain_schema("Approval") == schema_of<store::Approval>());
    CHECK(plain_schema("Decision") == schema_of<store::Decision>());
    CHECK(plain_schema("Decided") == schema_of<store::Decided>());
    CHECK(plain_schema("ApprovalRules") == schema_of<release::ApprovalRules>());
    CHECK(plain_schema("Run") == schema_of<store::Run>());
    CHECK(plain_schema("HostResult") == schema_of<store::HostResult>());
    CHECK(plain_schema("RunEnd") == schema_of<store::RunEnd>());
    CHECK(plain_schema("Change") == schema_of<store::Change>());
    CHECK(plain_schema("Claim") == schema_of<store::Claim>());
    CHECK(plain_schema("Claimed") == schema_of<store::Claimed>());
    CHECK(plain_schema("Note") == schema_of<store::NewNote>());
    CHECK(plain_schema("Notice") == schema_of<store::NewNotice>());
    CHECK(plain_schema("Schema") == schema_of<store::SchemaState>());

    json created = schema_of<store::NewRelease>();
    created["properties"]["status"] = {{"type", "string"}, {"enum", {"initiated"}}};
    CHECK(plain_schema("NewRelease") == created);
    // Its id stands in the path, and {} is a heartbeat.
    json patched = schema_of<store::RunEnd>();
    patched["properties"].erase("run_id");
    patched.erase("required");
    CHECK(plain_schema("RunPatch") == patched);
}

TEST_CASE("openapi.json lets a release be patched in what a change can hold") {
    json wanted{{"release_id", {{"type", "integer"}, {"format", "int64"}}},
                {"status", {{"type", "string"}, {"enum", json::array()}}},
                {"actor", {{"type", "string"}}}};
    for (const release::Status status : release::all_statuses()) {
        wanted["status"]["enum"].push_back(to_string(status));
    }
    const json change = schema_of<store::Change>();
    store::for_each_field<store::Change>([&](const auto& field) {
        for (const auto& [column, member] : store::k_amended_columns) {
            if constexpr (std::is_same_v<decltype(field.member),
                                         store::AmendedColumn::second_type>) {
                if (member == field.member) {
                    wanted[column] = change["properties"][field.name];
                }
            }
        }
    });
    CHECK(wanted.size() == 3 + store::k_amended_columns.size());
    CHECK(plain_schema("ReleasePatch").at("properties") == wanted);
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
    const auto run = world.ask("GET", std::string("/runs/") + k_uuid);
    Names run_members = members_of(schema_of<store::Run>().at("properties"));
    run_members.merge(members_of(
        document().at("/components/schemas/RunWithHosts/allOf/1/properties"_json_pointer)));
    CHECK(members_of(body_of(run)) == run_members);

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
    store::Decided decided;
    decided.what = store::Decided::What::refused;
    decided.conflict = "question";
    world.ledger.decides = decided;
    world.make_key("approver", store::Scope::read).approver_id = 11;
    const json decision{{"id", k_uuid}, {"approver_id", 11}, {"verdict", "approved"}};
    const auto decision_refused =
        world.ask_as("approver", "POST", "/releases/1/approvals", decision.dump());
    for (const auto& response : {change_refused, claim_refused, decision_refused}) {
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
    CHECK(found == 13);
}
