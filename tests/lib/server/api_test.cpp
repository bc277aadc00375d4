#include "tests/lib/server/api_world.hpp"

using namespace loomrel;
using namespace loomrel::test;
using nlohmann::json;

namespace {

// As the spec's own scripts send it.
const std::string k_release = R"({"service_name":"loom-content","release_tag":"v1.2.3",
    "status":"initiated","initiated_by":"gommgo","github_run_id":"77",
    "github_action_link":"https://github.com/LoomAI-IT/loom-content/actions/runs/77",
    "github_ref":"refs/tags/v1.2.3"})";

std::string code_of(const server::Response& response) {
    return json::parse(response.body).at("error").at("code");
}

} // namespace

TEST_CASE("a release is created once, whatever asks for it again") {
    ApiWorld world;
    const auto first = world.ask("POST", "/release", k_release);
    CHECK(first.status == 201);
    CHECK(json::parse(first.body).at("release_id") == 1);
    const auto second = world.ask("POST", "/release", k_release);
    CHECK(second.status == 200);
    CHECK(json::parse(second.body).at("release_id") == 1);
    REQUIRE(world.ledger.created.size() == 1);
    const store::NewRelease& given = world.ledger.created[0].first;
    CHECK(given.service == "loom-content");
    CHECK(given.tag == "v1.2.3");
    CHECK(given.by == "gommgo");
    CHECK(given.run_id == "77");
    CHECK(given.link == "https://github.com/LoomAI-IT/loom-content/actions/runs/77");
    CHECK(given.ref == "refs/tags/v1.2.3");
    CHECK(given.source == "api");
}

TEST_CASE("the spec's answer to a move is the word success") {
    ApiWorld world;
    (void)world.ask("POST", "/release", k_release);
    const auto moved = world.ask("PATCH", "/release", R"({"release_id":1,"status":"building"})");
    CHECK(moved.status == 200);
    CHECK(moved.body == R"({"status":"success"})");
    CHECK(world.ask("PATCH", "/release", R"({"release_id":1,"status":"building"})").status == 200);
    // The diagram's status between them is caught up.
    CHECK(world.ask("PATCH", "/release", R"({"release_id":1,"status":"manual_testing"})").status
          == 200);
    CHECK(world.ledger.rows.at(1).status == "manual_testing");
}

TEST_CASE("a move that the status does not allow says the present one") {
    ApiWorld world;
    (void)world.ask("POST", "/release", k_release);
    const auto refused = world.ask("PATCH", "/release", R"({"release_id":1,"status":"deployed"})");
    CHECK(refused.status == 409);
    CHECK(code_of(refused) == "move_not_allowed");
    CHECK(json::parse(refused.body).at("error").at("status") == "initiated");
}

TEST_CASE("an approval is not given by writing a status") {
    ApiWorld world;
    (void)world.ask("POST", "/release", k_release);
    for (const std::string status : {"manual_test_passed", "manual_test_failed"}) {
        const auto refused =
            world.ask("PATCH", "/release", R"({"release_id":1,"status":")" + status + R"("})");
        CHECK(refused.status == 403);
        CHECK(code_of(refused) == "approval_required");
        const auto change = world.ask(
            "POST",
            "/changes",
            R"({"id":"7d9f4d8e-0d3a-4c39-8b62-93ad57aeb9d1","release_id":1,"actor":"x","steps":[{"to":")"
                + status + R"("}]})");
        CHECK(change.status == 403);
    }
    // Nor is one taken back by anybody but a person, or expiry.
    world.ledger.rows.at(1).status = "manual_test_passed";
    const auto failed =
        world.ask("PATCH", "/release", R"({"release_id":1,"status":"manual_test_failed"})");
    CHECK(failed.status == 403);
    CHECK(code_of(failed) == "approval_required");
    CHECK(world.ledger.changes.empty());
    CHECK(world.ask("PATCH", "/release", R"({"release_id":1,"status":"manual_testing"})").status
          == 200);
    CHECK(world.ledger.rows.at(1).status == "manual_testing");
}

TEST_CASE("what a release was made with is not patched, and that is said") {
    ApiWorld world;
    (void)world.ask("POST", "/release", k_release);
    for (const std::string column :
         {"github_ref", "initiated_by", "service_name", "release_tag", "superseded_by"}) {
        const auto answer = world.ask(
            "PATCH", "/release", R"({"release_id":1,"status":"building",")" + column + R"(":"x"})");
        CHECK(answer.status == 422);
        CHECK(answer.body.find(column) != std::string::npos);
    }
    CHECK(world.ledger.changes.empty());
}

TEST_CASE("what a release went back to is named as a host may name it") {
    ApiWorld world;
    (void)world.ask("POST", "/release", k_release);
    const auto patched = [&](const std::string& version) {
        const json body{{"release_id", 1}, {"rollback_to_tag", version}};
        return world.ask("PATCH", "/release", body.dump()).status;
    };
    // An image that nobody kept is called by its id, and the end of a run is not lost for a name.
    for (const std::string& version : {std::string(),
                                       std::string("v1.2.2"),
                                       std::string("2024_03"),
                                       std::string("0123456789abcdef"),
                                       "sha256:" + std::string(64, 'a')}) {
        CHECK(patched(version) == 200);
    }
    for (const std::string& version :
         {std::string("a\nb"), std::string("a\x1b[31m"), std::string(301, 'a')}) {
        CHECK(patched(version) == 422);
    }
}

TEST_CASE("a run is as long as it may be, and no longer") {
    ApiWorld world;
    const json run{{"id", "7d9f4d8e-0d3a-4c39-8b62-93ad57aeb9d1"},
                   {"service", "loom-content"},
                   {"environment", "stage"},
                   {"kind", "deploy"}};
    const auto with = [&](const char* name, const json& value) {
        json body = run;
        body[name] = value;
        return world.ask("POST", "/runs", body.dump()).status;
    };
    json settings;
    for (int key = 0; key < 64; ++key) {
        settings[std::to_string(key)] = std::string(100, 'a');
    }
    CHECK(with("hosts", std::vector<std::string>(256, std::string(300, 'a'))) == 201);
    CHECK(with("settings", settings) == 201);
    CHECK(with("source", "spool") == 201);
    CHECK(with("source", "") == 201);
    CHECK(with("hosts", std::vector<std::string>(257, "a")) == 422);
    CHECK(with("hosts", {""}) == 422);
    CHECK(with("hosts", {std::string(301, 'a')}) == 422);
    CHECK(with("settings", {{"a", std::string(101, 'a')}}) == 422);
    CHECK(with("settings", {{"", "a"}}) == 422);
    settings["64"] = "";
    CHECK(with("settings", settings) == 422);
    CHECK(with("source", "cli") == 422);
    CHECK(with("environment", "test") == 422);
    CHECK(with("commit", "abc") == 422);
    CHECK(with("id", "7D9F4D8E-0D3A-4C39-8B62-93AD57AEB9D1") == 422);
}

TEST_CASE("a note poses neither as the bot's nor as a person's word") {
    ApiWorld world;
    (void)world.ask("POST", "/release", k_release);
    const auto note = [&](const std::string& source, const std::string& detail) {
        const json body{{"id", "7d9f4d8e-0d3a-4c39-8b62-93ad57aeb9d1"},
                        {"actor", "Аня"},
                        {"source", source},
                        {"detail", detail}};
        return world.ask("POST", "/releases/1/notes", body.dump()).status;
    };
    CHECK(note("bot", "{}") == 422);
    CHECK(note("cli", R"({"approval":"approved"})") == 422);
    CHECK(note("cli", R"({"\u0061pproval":"approved"})") == 422);
    CHECK(note("cli", R"({"dispatch":"again"})") == 422);
    CHECK(note("cli", "[]") == 422);
    CHECK(note("cli", "{") == 422);
    CHECK(world.ledger.notes.empty());
    CHECK(note("cli", R"({"said":"hello"})") == 200);
}

TEST_CASE("every route wants the key, but for health, the webhook's look and Telegram") {
    ApiWorld world;
    for (const server::Route& route : server::routes()) {
        std::string path(route.path);
        if (const auto place = path.find("{id}"); place != std::string::npos) {
            path.replace(place, 4, "1");
        }
        auto head = ApiWorld::head(std::string(route.method), path);
        head.headers.erase(head.headers.begin() + 1);
        CAPTURE(route.method, route.path);
        const auto answer = world.ask(head, "{}");
        CHECK((answer.status == 401) == (route.access != server::Access::open));
    }
    CHECK(world.sink.taken.empty());
}

TEST_CASE("a key that is wrong, empty, doubled or not plain is refused alike") {
    ApiWorld world;
    using Headers = std::vector<std::pair<std::string, std::string>>;
    const std::string good = std::string("Bearer ") + k_key;
    const std::vector<Headers> wrong{
        {},
        {{"authorization", ""}},
        {{"authorization", "Bearer "}},
        {{"authorization", "Bearer wrong"}},
        {{"authorization", good + "x"}},
        {{"authorization", std::string("Bearer ") + "s3cret-ke"}},
        {{"authorization", std::string("Basic ") + k_key}},
        {{"authorization", good}, {"authorization", good}},
        {{"authorization", good}, {"x-interserver-secret-key", k_key}},
        {{"authorization", "Bearer s3cret-k\xc3\xa9y"}},
        {{"x-interserver-secret-key", ""}},
        {{"x-interserver-secret-key", k_key}, {"x-interserver-secret-key", k_key}}};
    for (const Headers& headers : wrong) {
        auto head = ApiWorld::head("GET", "/releases");
        head.headers = headers;
        CHECK(world.ask(head).status == 401);
    }
    auto head = ApiWorld::head("GET", "/releases");
    head.headers = {{"x-interserver-secret-key", k_key}};
    CHECK(world.ask(head).status == 200);
    head.headers = {{"authorization", std::string("bearer   ") + k_key}};
    CHECK(world.ask(head).status == 200);
}

TEST_CASE("what is not here is 404, a wrong method 405 with those that are right") {
    ApiWorld world;
    CHECK(world.ask("GET", "/nothing").status == 404);
    CHECK(world.ask("GET", "/releases/1/nothing").status == 404);
    CHECK(world.ask("GET", "/releases/7").status == 404);
    CHECK(world.ask("GET", "/releases/x").status == 404);
    CHECK(world.ask("GET", "/runs/../health").status == 400);
    CHECK(world.ask("GET", "/%68ealth").status == 400);
    const auto wrong = world.ask("DELETE", "/release");
    CHECK(wrong.status == 405);
    REQUIRE(wrong.headers.size() == 1);
    CHECK(wrong.headers[0].first == "Allow");
    CHECK(wrong.headers[0].second == "POST, PATCH");
}

TEST_CASE("a body is JSON in UTF-8, not too deep, each key once, and nothing else") {
    ApiWorld world;
    const std::vector<std::string> bad{
        "",
        "{",
        "{} {}",
        "{\"a\":\"\xff\"}",
        "{\"a\":\"\\ud800\"}",
        "{\"a\":1,\"a\":2}",
        "{\"a\":NaN}",
        R"({"a":)" + std::string(100000, '[') + std::string(100000, ']') + "}",
        std::string(100000, '{'),
    };
    for (const std::string& body : bad) {
        const auto answer = world.ask("POST", "/release", body);
        CHECK(answer.status == 400);
        CHECK(code_of(answer) == "bad_json");
    }
    for (const std::string body : {"[]", "1", "null", R"("x")"}) {
        CHECK(world.ask("POST", "/release", body).status == 422);
    }
}

TEST_CASE("JSON within a text is not too deep either: it is written out again for everybody") {
    ApiWorld world;
    (void)world.ask("POST", "/release", k_release);
    const std::string id = "7d9f4d8e-0d3a-4c39-8b62-93ad57aeb9d3";
    const auto nested = [](std::size_t levels) {
        return R"({"a":)" + std::string(levels, '[') + std::string(levels, ']') + "}";
    };
    const auto asks = [&](const std::string& text) {
        const json step{{"to", "building"}, {"detail", text}};
        return std::vector<std::pair<std::string, json>>{
            {"POST /releases/1/notes", {{"id", id}, {"actor", "me"}, {"detail", text}}},
            {"POST /notices", {{"key", "k"}, {"kind", "text"}, {"fact", text}}},
            {"POST /changes",
             {{"id", id}, {"release_id", 1}, {"actor", "me"}, {"steps", json::array({step})}}},
            {"PATCH /runs/" + id, {{"outcome", "good"}, {"result", text}}}};
    };
    const store::Run run = [&] {
        store::Run made;
        made.id = id;
        made.service = "loom-content";
        made.environment = "stage";
        return made;
    }();
    REQUIRE(world.store.open_run(run).opened);
    for (const auto& [levels, status] : {std::pair{60000, 422}, {20, 200}}) {
        for (const auto& [route, body] : asks(nested(static_cast<std::size_t>(levels)))) {
            CAPTURE(route, levels);
            const auto space = route.find(' ');
            CHECK(world.ask(route.substr(0, space), route.substr(space + 1), body.dump()).status
                  == status);
        }
    }
}

TEST_CASE("values that the ledger must not hold are told by their names") {
    ApiWorld world;
    const auto with = [](const char* name, const json& value) {
        json body = json::parse(k_release);
        body[name] = value;
        return body.dump();
    };
    const std::vector<std::pair<const char*, json>> wrong{
        {"service_name", ""},
        {"service_name", "../etc"},
        {"release_tag", "v1.2.3;rm"},
        {"release_tag", 5},
        {"initiated_by", ""},
        {"initiated_by", std::string("a\nb")},
        {"initiated_by", std::string("a\0b", 3)},
        {"initiated_by", "\u202ereversed"},
        {"initiated_by", std::string(201, 'a')},
        {"github_run_id", "a b"},
        {"github_run_id", 77},
        {"github_action_link", "javascript:alert(1)"},
        {"github_ref", "refs/tags/../x"},
        {"status", "deployed"},
        {"source", "bot"},
        {"commit_sha", "abc"}};
    for (const auto& [name, value] : wrong) {
        CAPTURE(name, value.dump());
        CHECK(world.ask("POST", "/release", with(name, value)).status == 422);
    }
    for (const char* name : {"service_name", "release_tag", "initiated_by", "github_run_id"}) {
        json body = json::parse(k_release);
        body.erase(name);
        const auto answer = world.ask("POST", "/release", body.dump());
        CHECK(answer.status == 422);
        CHECK(answer.body.find(std::string(name) + R"(\" is missing)") != std::string::npos);
    }
    CHECK(world.ledger.created.empty());
    for (const std::string body : {R"({"status":"building"})",
                                   R"({"release_id":"1","status":"building"})",
                                   R"({"release_id":1e300,"status":"building"})",
                                   R"({"release_id":18446744073709551615,"status":"building"})",
                                   R"({"release_id":1,"status":"flying"})",
                                   R"({"release_id":1})"}) {
        CAPTURE(body);
        CHECK(world.ask("PATCH", "/release", body).status == 422);
    }
}

TEST_CASE("a body in another type or coding is not read") {
    ApiWorld world;
    const auto typed = [&](const std::string& type) {
        auto head = ApiWorld::head("POST", "/release");
        head.headers[2].second = type;
        return world.ask(head, k_release).status;
    };
    CHECK(typed("application/json; charset=utf-8") == 201);
    CHECK(typed("Application/JSON;charset=\"UTF-8\"") == 200);
    CHECK(typed("application/x-www-form-urlencoded") == 415);
    CHECK(typed("application/json; charset=cp1251") == 415);
    CHECK(typed("") == 415);
    auto head = ApiWorld::head("POST", "/release");
    head.headers.emplace_back("content-encoding", "gzip");
    CHECK(world.ask(head, k_release).status == 415);
}

TEST_CASE("a request whose length is told twice is refused") {
    ApiWorld world;
    using Headers = std::vector<std::pair<std::string, std::string>>;
    for (const Headers& more : {Headers{{"content-length", "1"}, {"content-length", "1"}},
                                Headers{{"content-length", "1"}, {"transfer-encoding", "chunked"}},
                                Headers{{"transfer-encoding", "gzip, chunked"}},
                                Headers{{"transfer-encoding", "identity"}},
                                Headers{{"host", "another"}}}) {
        auto head = ApiWorld::head("POST", "/release");
        head.headers.insert(head.headers.end(), more.begin(), more.end());
        CHECK(world.ask(head, k_release).status == 400);
    }
}

TEST_CASE("a key for repeats gives the same answer, and only for the same request") {
    ApiWorld world;
    auto head = ApiWorld::head("POST", "/release");
    head.headers.emplace_back("idempotency-key", "k1");
    CHECK(world.ask(head, k_release).status == 201);
    CHECK(world.ask(head, k_release).status == 201);
    CHECK(world.ledger.created.size() == 1);
    const auto other = world.ask(head, R"({"service_name":"other"})");
    CHECK(other.status == 422);
    CHECK(code_of(other) == "key_reused");
}

TEST_CASE("what goes wrong behind the server is 503, and its words stay in the log") {
    ApiWorld world;
    world.ledger.broken =
        Error(ErrorKind::ledger, "ledger_unreachable", {"нет", "canary@host:5432 is away"});
    for (const auto& [method, path] : {std::pair{"GET", "/health"}, {"GET", "/releases"}}) {
        const auto answer = world.ask(method, path);
        CHECK(answer.status == 503);
        CHECK(code_of(answer) == "ledger_unreachable");
        CHECK(answer.body.find("canary") == std::string::npos);
        CHECK(answer.detail.find("canary") != std::string::npos);
    }
}

TEST_CASE("health is the word ok") {
    ApiWorld world;
    const auto answer = world.ask("GET", "/health");
    CHECK(answer.status == 200);
    CHECK(answer.body == "\"ok\"");
}

TEST_CASE("an update of Telegram's is handed on as it came") {
    ApiWorld world;
    auto head = ApiWorld::head("POST", "/update");
    head.headers[1] = {"x-telegram-bot-api-secret-token", k_token};
    const auto answer = world.ask(head, R"({"update_id":1})");
    CHECK(answer.status == 200);
    CHECK(answer.body == "{}"); // a "method" in it would be carried out
    REQUIRE(world.sink.taken.size() == 1);
    CHECK(world.sink.taken[0] == R"({"update_id":1})");
    world.sink.broken = true;
    CHECK(world.ask(head, R"({"update_id":2})").status == 503);
    head.headers[1].second = "wrong";
    CHECK(world.ask(head, "{}").status == 401);
    // The API's key is not Telegram's.
    CHECK(world.ask("POST", "/update", "{}").status == 401);
}

TEST_CASE("the webhook is set at most once in ten seconds") {
    ApiWorld world;
    const auto first = json::parse(world.ask("GET", "/webhook/set").body);
    CHECK(first.at("url") == "https://host/api/tg-bot/update");
    CHECK(first.at("pending_update_count") == 3);
    CHECK(first.at("changed") == true);
    const auto second = json::parse(world.ask("POST", "/webhook/set").body);
    CHECK(second.at("changed") == false);
    CHECK(world.webhook.calls == 1);
}

TEST_CASE("lists say which parameter they do not have") {
    ApiWorld world;
    CHECK(world.ask("GET", "/releases?list=active&service=loom-content&limit=5").status == 200);
    CHECK(world.ledger.queries.back().limit == 5);
    CHECK(world.ask("GET", "/releases?limit=100000").status == 200);
    CHECK(world.ledger.queries.back().limit == 1000);
    for (const std::string query : {"list=others",
                                    "limit=x",
                                    "limit=-1",
                                    "before=",
                                    "page=2",
                                    "limit=99999999999999999999"}) {
        CHECK(world.ask("GET", "/releases?" + query).status == 422);
    }
    for (const std::string query : {"limit=1&limit=2", "service=%zz", "service=%ff"}) {
        CHECK(world.ask("GET", "/releases?" + query).status == 400);
    }
    CHECK(world.ask("GET", "/runs?open=1").status == 200);
    CHECK(world.ask("GET", "/runs?open=false").status == 422);
}

TEST_CASE("a run or a release that is not there is 404, not a ledger that is away") {
    ApiWorld world;
    const std::string id = "7d9f4d8e-0d3a-4c39-8b62-93ad57aeb9d1";
    const std::string end = R"({"outcome":"good","result":"{}","hosts":[]})";
    CHECK(world.ask("PATCH", "/runs/" + id, end).status == 404);
    CHECK(world.ledger.ends.empty());
    CHECK(world.ask("PATCH", "/runs/" + id, "{}").status == 404);
    world.ledger.broken = Error(ErrorKind::refused, store::k_no_release, {"нет", "no"});
    const auto notice = world.ask("POST", "/notices", R"({"key":"k","kind":"text","fact":"{}"})");
    CHECK(notice.status == 404);
    CHECK(code_of(notice) == "not_found");
    world.ledger.broken = Error(ErrorKind::ledger, store::k_rejected, {"нет", "canary"});
    CHECK(world.ask("GET", "/releases").status == 422);
}
