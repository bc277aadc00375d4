#include "lib/store/wire/wire.hpp"
#include "tests/lib/server/api_world.hpp"
#include "tests/support/golden.hpp"

#include <functional>
#include <map>

// Who may ask for what (design 13.6): every route, by every kind of key, for its own service and
// for another's. The table is made from the routes' own; golden/scopes.txt holds it.

using namespace loomrel;
using namespace loomrel::test;
using nlohmann::json;
using store::Scope;

namespace {

constexpr const char* k_own = "loom-content";
constexpr const char* k_other = "loom-shop";
constexpr const char* k_id = "7d9f4d8e-0d3a-4c39-8b62-93ad57aeb9d1";
const std::string k_sha(40, 'a');
constexpr std::int64_t k_approver = 11;

// Something to ask for by a route.
struct Ask {
    std::string what;                      // beside the route, where it asks for several things
    std::string status = "manual_testing"; // of the release that is there
    std::string environment = "stage";     // of the run that is there
    std::function<json(const std::string& service)> body = [](const std::string&) {
        return json::object();
    };
    std::string query = "";
};

json run_of(const std::string& service, const std::string& environment) {
    return {{"id", k_id},
            {"service", service},
            {"environment", environment},
            {"kind", "deploy"},
            {"release_id", 1},
            {"commit", k_sha}};
}

std::vector<Ask> in_environments(
    const std::function<json(const std::string& service, const std::string& environment)>& body) {
    std::vector<Ask> asks;
    for (const std::string environment : {"dev", "stage", "prod"}) {
        Ask ask{environment};
        ask.environment = environment;
        ask.body = [body, environment](const std::string& service) {
            return body(service, environment);
        };
        asks.push_back(std::move(ask));
    }
    return asks;
}

// Every move, from where the table lets it begin; and a column without a move.
std::vector<Ask> moves(const std::function<json(const std::string& to)>& body) {
    std::vector<Ask> asks;
    for (const release::Status to : release::all_statuses()) {
        for (const release::Status from : release::sources_of(to)) {
            const std::string word(to_string(to));
            Ask ask{std::string(to_string(from)) + " -> " + word};
            ask.status = to_string(from);
            ask.body = [body, word](const std::string&) { return body(word); };
            asks.push_back(std::move(ask));
        }
    }
    for (const char* status : {"building", "deployed"}) {
        Ask ask{std::string("a link, while ") + status};
        ask.status = status;
        ask.body = [body](const std::string&) { return body(""); };
        asks.push_back(std::move(ask));
    }
    return asks;
}

json change_of(const std::string& to) {
    json change{{"id", k_id}, {"release_id", 1}, {"actor", "somebody"}, {"steps", json::array()}};
    if (to.empty()) {
        change["link"] = "https://example.com/1";
    } else {
        change["steps"].push_back({{"to", to}});
    }
    return change;
}

json patch_of(const std::string& to) {
    json patch{{"release_id", 1}};
    patch[to.empty() ? "github_action_link" : "status"] = to.empty() ? "https://example.com/1" : to;
    return patch;
}

json claim_of(const std::string& service) {
    return {{"id", k_id}, {"release_id", 1}, {"actor", "x"}, {"run", run_of(service, "prod")}};
}

std::vector<Ask> notices() {
    std::vector<Ask> asks =
        in_environments([](const std::string& service, const std::string& environment) {
            return json{{"key", "1"},
                        {"kind", environment == "dev" ? "dev" : "unapproved"},
                        {"fact", json{{"service", service}, {"environment", environment}}.dump()}};
        });
    for (const char* environment : {"", "stage", "prod"}) {
        Ask ask{std::string("text for ") + (*environment == '\0' ? "everybody" : environment)};
        ask.body = [environment](const std::string& service) {
            return json{
                {"key", "1"},
                {"kind", "text"},
                {"fact",
                 json{{"text", "x"}, {"service", service}, {"environment", environment}}.dump()}};
        };
        asks.push_back(std::move(ask));
    }
    return asks;
}

std::vector<Ask> decisions() {
    std::vector<Ask> asks;
    for (const std::int64_t approver : {k_approver, k_approver + 1}) {
        Ask ask{"of approver " + std::to_string(approver)};
        ask.body = [approver](const std::string&) {
            return json{{"id", k_id},
                        {"commit", k_sha},
                        {"question", 1},
                        {"approver_id", approver},
                        {"verdict", "approved"}};
        };
        asks.push_back(std::move(ask));
    }
    return asks;
}

// What is asked for by each route. A route that is not here is not let through the test.
std::map<std::string, std::vector<Ask>> asks_by_route() {
    const Ask plain;
    const auto listed = [](const std::string& query) {
        Ask ask{query};
        ask.query = query;
        return ask;
    };
    Ask release;
    release.body = [](const std::string& service) {
        return json{{"service_name", service},
                    {"release_tag", "v1.2.3"},
                    {"initiated_by", "somebody"},
                    {"github_run_id", "77"}};
    };
    Ask claim;
    claim.status = "manual_test_passed";
    claim.body = claim_of;
    Ask note;
    note.body = [](const std::string&) { return json{{"id", k_id}, {"actor", "somebody"}}; };
    return {
        {"POST /release", {release}},
        {"PATCH /release", moves(patch_of)},
        {"POST /update", {plain}},
        {"GET /health", {plain}},
        {"GET /webhook/set", {plain}},
        {"POST /webhook/set", {plain}},
        {"GET /releases", {plain, listed("?service=SERVICE")}},
        {"GET /releases/{id}", {plain}},
        {"GET /releases/{id}/events", {plain}},
        {"GET /releases/{id}/approvals", {plain}},
        {"POST /releases/{id}/approvals", decisions()},
        {"POST /releases/{id}/notes", {note}},
        {"POST /notices", notices()},
        {"POST /changes", moves(change_of)},
        {"POST /claims", {claim}},
        {"POST /claims/check", {claim}},
        {"GET /approval-rules", {plain}},
        {"POST /runs", in_environments(run_of)},
        {"GET /runs", {plain, listed("?service=SERVICE")}},
        {"GET /runs/{id}", in_environments(run_of)},
        {"PATCH /runs/{id}", in_environments([](const std::string&, const std::string&) {
             return json{{"outcome", "good"}};
         })},
        {"GET /schema", {plain}},
        {"POST /schema", {plain}},
        {"GET /openapi.json", {plain}},
    };
}

// A world with one release and one run of a service, and a key of each kind for `k_own`.
struct ScopesWorld : ApiWorld {
    ScopesWorld(const std::string& service, const Ask& ask) {
        release::Release row;
        row.id = 1;
        row.service_name = service;
        row.release_tag = "v1.2.3";
        row.status = ask.status;
        row.commit_sha = k_sha;
        ledger.rows[1] = row;
        ledger.runs.push_back(store::wire::read<store::Run>(run_of(service, ask.environment)));
        for (const Scope scope : all_values<Scope>()) {
            make_key(std::string(to_string(scope)), scope).services = {k_own};
        }
        make_key("every", Scope::all);
        make_key("approver", Scope::read).approver_id = k_approver;
        ledger.keys[store::digest_of(key_named("approver"))].services = {k_own};
    }
};

// "" = nobody; "interserver" is the server's own.
server::Response ask_as(ScopesWorld& world,
                        const std::string& who,
                        const server::Route& route,
                        const Ask& ask,
                        const std::string& service) {
    std::string path = std::string(route.path) + ask.query;
    if (const auto at = path.find("{id}"); at != std::string::npos) {
        path.replace(at, 4, path.starts_with("/runs") ? k_id : "1");
    }
    if (const auto at = path.find("SERVICE"); at != std::string::npos) {
        path.replace(at, 7, service);
    }
    const std::string body = route.has_body ? ask.body(service).dump() : "";
    const std::string method(route.method);
    if (who == "interserver") {
        return world.ask(method, path, body);
    }
    if (who.empty()) {
        auto head = ApiWorld::head(method, path);
        head.headers.erase(head.headers.begin() + 1);
        return world.ask(head, body);
    }
    return world.ask_as(who, method, path, body);
}

const std::vector<std::string> k_who{
    "", "read", "dev", "stage", "prod", "all", "every", "interserver", "approver"};

// "+" done, "-" refused by the ledger or for what it holds, "." not this key's to ask; first for
// its own service, then for another's.
std::string marks(const std::string& who, const server::Route& route, const Ask& ask) {
    std::string marks;
    for (const char* service : {k_own, k_other}) {
        ScopesWorld world(service, ask);
        const int status = ask_as(world, who, route, ask, service).status;
        marks += status == 401 || status == 403 ? "." : status < 300 ? "+" : "-";
    }
    return marks;
}

std::string padded(std::string text, std::size_t width) {
    text.resize(std::max(width, text.size()), ' ');
    return text;
}

} // namespace

TEST_CASE("every route by every kind of key, for its own service and another's") {
    const auto asks = asks_by_route();
    std::string table = padded("own service, another's", 66);
    for (const std::string& who : k_who) {
        table += " " + padded(who.empty() ? "nobody" : who, 11);
    }
    table += "\n";
    std::size_t routes = 0;
    for (const server::Route& route : server::routes()) {
        const std::string name = std::string(route.method) + " " + std::string(route.path);
        CAPTURE(name);
        REQUIRE(asks.contains(name));
        ++routes;
        for (const Ask& ask : asks.at(name)) {
            table += padded(padded(name, 30) + " " + ask.what, 66);
            for (const std::string& who : k_who) {
                table += " " + padded(marks(who, route, ask), 11);
            }
            while (table.ends_with(' ')) {
                table.pop_back();
            }
            table += "\n";
        }
    }
    CHECK(routes == asks.size());
    check_golden("scopes", table);
}

TEST_CASE("what a key is refused leaves nothing behind") {
    const auto asks = asks_by_route();
    for (const server::Route& route : server::routes()) {
        const std::string name = std::string(route.method) + " " + std::string(route.path);
        for (const Ask& ask : asks.at(name)) {
            for (const std::string& who : k_who) {
                for (const char* service : {k_own, k_other}) {
                    ScopesWorld world(service, ask);
                    const auto runs = world.ledger.runs.size();
                    const int status = ask_as(world, who, route, ask, service).status;
                    if (status != 401 && status != 403) {
                        continue;
                    }
                    CAPTURE(name, ask.what, who, service);
                    CHECK(world.ledger.rows.at(1).status == ask.status);
                    CHECK(world.ledger.created.empty());
                    CHECK(world.ledger.changes.empty());
                    // What the ledger notes of a barred claim is its own to limit.
                    for (const store::Claim& claim : world.ledger.claims) {
                        CHECK(claim.barred);
                    }
                    CHECK(world.ledger.decisions.empty());
                    CHECK(world.ledger.notes.empty());
                    CHECK(world.ledger.notices.empty());
                    CHECK(world.ledger.ends.empty());
                    CHECK(world.ledger.runs.size() == runs);
                    CHECK(world.webhook.calls == 0);
                }
            }
        }
    }
}

TEST_CASE("stage's key asks people only about what comes from stage") {
    const Ask ask;
    // Whatever the release has become when the ledger looks at it.
    ScopesWorld world(k_own, ask);
    for (const char* path : {"PATCH /release", "POST /changes"}) {
        const std::string method = std::string(path).substr(0, std::string(path).find(' '));
        const std::string route = std::string(path).substr(method.size() + 1);
        for (const char* from : {"manual_test_passed", "production_failed"}) {
            world.ledger.rows.at(1).status = from;
            const json body =
                method == "PATCH" ? patch_of("manual_testing") : change_of("manual_testing");
            CAPTURE(path, from);
            CHECK(world.ask_as("stage", method, route, body.dump()).status == 409);
            CHECK(world.ledger.rows.at(1).status == from);
        }
        world.ledger.rows.at(1).status = "stage_deploy";
        const json body =
            method == "PATCH" ? patch_of("manual_testing") : change_of("manual_testing");
        CHECK(world.ask_as("stage", method, route, body.dump()).status == 200);
        CHECK(world.ledger.rows.at(1).status == "manual_testing");
    }
}

TEST_CASE("a change brings no run of another environment, service or release") {
    const Ask ask;
    const auto refused = [&](const json& more, const std::string& environment = "stage") {
        ScopesWorld world(k_own, ask);
        world.ledger.rows.at(1).status = "initiated";
        store::Run there = store::wire::read<store::Run>(run_of(k_own, environment));
        world.ledger.runs = {there};
        json body = change_of("building");
        body.update(more);
        const int status = world.ask_as("stage", "POST", "/changes", body.dump()).status;
        CHECK((status == 403) == world.ledger.changes.empty());
        return status == 403;
    };
    json run = run_of(k_own, "stage");
    CHECK_FALSE(refused({{"open_run", run}}));
    CHECK(refused({{"open_run", run_of(k_own, "prod")}}));
    CHECK(refused({{"open_run", run_of(k_other, "stage")}}));
    run["release_id"] = 2;
    CHECK(refused({{"open_run", run}}));
    run.erase("release_id");
    CHECK(refused({{"open_run", run}}));
    const json ending{{"run_id", k_id}, {"outcome", "good"}};
    CHECK_FALSE(refused({{"end_run", ending}}));
    CHECK(refused({{"end_run", ending}}, "prod"));
    CHECK_FALSE(refused({{"during_run", k_id}}));
    CHECK(refused({{"during_run", k_id}}, "prod"));
}

TEST_CASE("the lists of a key hold its own services only") {
    ApiWorld world;
    for (std::int64_t id = 1; id <= 9; ++id) {
        release::Release row;
        row.id = id;
        row.service_name = std::string("s") + std::to_string(id % 3);
        row.status = "initiated";
        world.ledger.rows[id] = row;
        store::Run run = store::wire::read<store::Run>(run_of(row.service_name, "stage"));
        run.started_at = Time(std::chrono::seconds(id));
        world.ledger.runs.push_back(run);
    }
    world.make_key("two", Scope::read).services = {"s0", "s2"};
    const auto of = [&](const std::string& path, const char* list, const char* member) {
        std::vector<std::string> found;
        const auto body = json::parse(world.ask_as("two", "GET", path).body);
        for (const json& row : body.at(list)) {
            found.push_back(row.at(member).dump());
        }
        return found;
    };
    using Found = std::vector<std::string>;
    CHECK(of("/releases", "releases", "id") == Found{"9", "8", "6", "5", "3", "2"});
    CHECK(of("/releases?limit=3", "releases", "id") == Found{"9", "8", "6"});
    CHECK(of("/releases?limit=0", "releases", "id").empty());
    CHECK(of("/releases?service=s2", "releases", "id") == Found{"8", "5", "2"});
    CHECK(of("/runs", "runs", "service").size() == 6);
    CHECK(of("/runs?limit=2", "runs", "service") == Found{"\"s0\"", "\"s2\""});
    CHECK(world.ask_as("two", "GET", "/releases?service=s1").status == 403);
    CHECK(world.ask_as("two", "GET", "/runs?service=s1").status == 403);
}

TEST_CASE("events bear the key's name, and what the client says of people stands beside it") {
    ScopesWorld world(k_own, Ask{});
    const json said{{"actor", "Аня"}, {"source", "journal"}};
    const auto with = [&](json body) {
        body.update(said);
        return body.dump();
    };
    world.ledger.rows.at(1).status = "initiated";
    CHECK(world.ask_as("stage", "POST", "/changes", with(change_of("building"))).status == 200);
    const store::Change& change = world.ledger.changes.at(0);
    CHECK(change.actor == "stage");
    CHECK(change.source == "api");
    CHECK(change.said.by == "Аня");
    CHECK(change.said.source == "journal");
    CHECK(world.ask_as("stage", "POST", "/releases/1/notes", with({{"id", k_id}})).status == 200);
    CHECK(world.ledger.notes.at(0).actor == "stage");
    CHECK(world.ledger.notes.at(0).said.by == "Аня");
    world.ledger.rows.at(1).status = "manual_test_passed";
    CHECK(world.ask_as("prod", "POST", "/claims", with(claim_of(k_own))).status == 200);
    CHECK(world.ledger.claims.at(0).actor == "prod");
    CHECK(world.ledger.claims.at(0).source == "api");
    CHECK(world.ledger.claims.at(0).said.by == "Аня");
    const json release{{"service_name", k_own},
                       {"release_tag", "v9.0.0"},
                       {"initiated_by", "Аня"},
                       {"github_run_id", "77"}};
    CHECK(world.ask("POST", "/release", release.dump()).status == 201);
    CHECK(world.ledger.created.at(0).first.by == "Аня"); // the spec's column
    CHECK(world.ledger.created.at(0).first.actor == "interserver");
    CHECK(world.ledger.created.at(0).first.said.by == "Аня");
}

TEST_CASE("a notice bears the key's name, and passes for none of the ledger's own") {
    ScopesWorld world(k_own, Ask{});
    const auto tell = [&](const std::string& key, const std::string& fact) {
        const json body{{"key", key}, {"kind", "text"}, {"fact", fact}};
        return json::parse(world.ask_as("stage", "POST", "/notices", body.dump()).body)
            .at("key")
            .get<std::string>();
    };
    CHECK(tell("text:1", R"({"text":"hello","key":"serve"})") == "text:1");
    CHECK(tell("dispatch:7", "no object") == "text:dispatch:7");
    REQUIRE(world.ledger.notices.size() == 2);
    const json fact = json::parse(world.ledger.notices[0].fact);
    CHECK(fact.at("key") == "stage");
    CHECK(fact.at("text") == "hello");
    CHECK(json::parse(world.ledger.notices[1].fact)
          == json{{"text", "no object"}, {"key", "stage"}});
    for (const char* kind : {"event", "dispatch", "rules_changed", "direct_failed", "other"}) {
        const json body{{"key", "1"}, {"kind", kind}};
        CHECK(world.ask("POST", "/notices", body.dump()).status == 422);
    }
}

TEST_CASE("an approver's key decides as its person, whatever the decision says") {
    ScopesWorld world(k_own, Ask{});
    world.ledger.rules = ApiWorld::rules();
    world.ledger.rules->people = {{k_approver, "boris", "Борис"}};
    json body = decisions().at(0).body(k_own);
    body.update({{"approver_name", "Аня"},
                 {"typed_by", "nobody"},
                 {"source", "bot"},
                 {"rules", {{"approvers", {k_approver}}}}});
    const auto decided = world.ask_as("approver", "POST", "/releases/1/approvals", body.dump());
    CHECK(decided.status == 200);
    CHECK(json::parse(decided.body).at("what") == "counted");
    REQUIRE(world.ledger.decisions.size() == 1);
    const store::Decision& decision = world.ledger.decisions[0];
    CHECK(decision.approver_id == k_approver);
    CHECK(decision.approver_name == "Борис");
    CHECK(decision.typed_by == "approver");
    CHECK(decision.source == "api");
    CHECK(decision.rules == ApiWorld::rules());
    store::Decided refused;
    refused.what = store::Decided::What::refused;
    refused.conflict = "question";
    world.ledger.decides = refused;
    const auto again = world.ask_as("approver", "POST", "/releases/1/approvals", body.dump());
    CHECK(again.status == 409);
    CHECK(json::parse(again.body).at("error").at("decided").at("conflict") == "question");
    CHECK(world.ask_as("approver", "POST", "/releases/7/approvals", body.dump()).status == 404);
    // Whatever its row says of its scope.
    world.ledger.keys[store::digest_of(ApiWorld::key_named("approver"))].scope = Scope::all;
    CHECK(world.ask_as("approver", "POST", "/changes", change_of("building").dump()).status == 403);
}

TEST_CASE("only the spec's own patch by interserver is taken for a script's word") {
    for (const auto& [who, path, by_script] : {std::tuple{"interserver", "/release", true},
                                               std::tuple{"every", "/release", false},
                                               std::tuple{"prod", "/release", false},
                                               std::tuple{"interserver", "/changes", false}}) {
        ScopesWorld world(k_own, Ask{});
        world.ledger.rows.at(1).status = "deploying";
        const bool patches = std::string(path) == "/release";
        const json body = patches ? patch_of("deployed") : change_of("deployed");
        const std::string method = patches ? "PATCH" : "POST";
        CAPTURE(who, path);
        const auto done = std::string(who) == "interserver"
                              ? world.ask(method, path, body.dump())
                              : world.ask_as(who, method, path, body.dump());
        CHECK(done.status == 200);
        CHECK(world.ledger.changes.at(0).by_script == by_script);
    }
}

TEST_CASE("what one key was answered is no other key's to hear") {
    ScopesWorld world(k_own, Ask{});
    world.make_key("stage2", Scope::stage).services = {k_other};
    const json release{{"service_name", k_own},
                       {"release_tag", "v9.0.0"},
                       {"initiated_by", "x"},
                       {"github_run_id", "77"}};
    const auto ask = [&](const std::string& who) {
        auto head = ApiWorld::head("POST", "/release");
        head.headers[1].second = "Bearer " + ApiWorld::key_named(who).reveal();
        head.headers.emplace_back("idempotency-key", "one");
        return world.ask(head, release.dump()).status;
    };
    CHECK(ask("stage") == 201);
    CHECK(ask("stage") == 201); // the answer of before
    CHECK(ask("stage2") == 403);
}

TEST_CASE("a ledger that is away lets nobody in") {
    ScopesWorld world(k_own, Ask{});
    world.ledger.broken = Error(ErrorKind::ledger, "ledger_unreachable", {"нет", "no"});
    CHECK(world.ask_as("all", "GET", "/releases").status == 503);
    CHECK(world.ask_as("nobody's", "GET", "/releases").status == 503);
}

TEST_CASE("only a key that was tried and is wrong is waited for") {
    ScopesWorld world(k_own, Ask{});
    const auto tries = [&](const std::string& key) {
        auto head = ApiWorld::head("GET", "/releases");
        head.headers[1].second = "Bearer " + key;
        return world.ask(head).tries_key;
    };
    CHECK(tries("wrong"));
    CHECK(tries(ApiWorld::key_named("nobody's").reveal()));
    CHECK_FALSE(tries(k_key));
    CHECK_FALSE(tries(ApiWorld::key_named("read").reveal()));
    CHECK_FALSE(tries(""));
    auto head = ApiWorld::head("GET", "/releases");
    head.headers[1].second = "Bearer wrong";
    // The address has tried too many: this one is not looked at.
    const auto put_off = [&] {
        try {
            (void)world.api.match(head, false);
        } catch (const server::Refused& refused) {
            return refused.response;
        }
        return server::Response{};
    }();
    CHECK(put_off.status == 429);
    CHECK_FALSE(put_off.tries_key);
    head.target = "/api/tg-bot/health";
    (void)world.api.match(head, false); // wants none
}

TEST_CASE("a key without a right to production that asks for it is refused, and told of") {
    ScopesWorld world(k_own, Ask{});
    world.ledger.rows.at(1).status = "manual_test_passed";
    const auto ask = [&](const std::string& who, const std::string& body) {
        return world.ask_as(who, "POST", "/claims", body);
    };
    const auto refused = ask("stage", claim_of(k_own).dump());
    CHECK(refused.status == 403);
    CHECK(refused.body.find("out_of_scope") != std::string::npos);
    REQUIRE(world.ledger.claims.size() == 1);
    CHECK(world.ledger.claims[0].barred);
    CHECK(world.ledger.claims[0].actor == "stage");
    CHECK(world.ledger.rows.at(1).status == "manual_test_passed");
    // By a status too, as the spec's scripts ask.
    CHECK(world.ask_as("stage", "PATCH", "/release", patch_of("deploying").dump()).status == 403);
    CHECK(world.ledger.claims.size() == 2);
    // Of another service.
    ScopesWorld other(k_other, Ask{});
    CHECK(other.ask_as("prod", "POST", "/claims", claim_of(k_other).dump()).status == 403);
    REQUIRE(other.ledger.claims.size() == 1);
    CHECK(other.ledger.claims[0].barred);
    // Whoever only looks has nothing to tell.
    CHECK(ask("read", claim_of(k_own).dump()).status == 403);
    CHECK(ask("approver", claim_of(k_own).dump()).status == 403);
    CHECK(world.ledger.claims.size() == 2);
}

TEST_CASE("a run bears the key that told of it") {
    ScopesWorld world(k_own, Ask{});
    world.ledger.runs.clear();
    json run = run_of(k_own, "stage");
    run["began_by"] = "anya";
    run["began_via"] = "github";
    run["key"] = "made-up";
    run["cancelled_by"] = "mallory";
    CHECK(world.ask_as("stage", "POST", "/runs", run.dump()).status == 201);
    CHECK(world.ledger.runs.at(0).key == "stage");
    CHECK(world.ledger.runs.at(0).began_by == "anya");
    const json end{{"outcome", "cancelled"}, {"cancelled_by", "bob"}, {"key", "made-up"}};
    CHECK(world.ask_as("stage", "PATCH", std::string("/runs/") + k_id, end.dump()).status == 200);
    CHECK(world.ledger.ends.at(0).key == "stage");
    CHECK(world.ledger.ends.at(0).cancelled_by == "bob");
    const json lines{{"outcome", "cancelled"}, {"cancelled_by", "bob\nmallory"}};
    CHECK(world.ask_as("stage", "PATCH", std::string("/runs/") + k_id, lines.dump()).status == 422);
}
