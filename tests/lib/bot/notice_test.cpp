#include "lib/base/json_text.hpp"
#include "lib/bot/notice_text.hpp"
#include "lib/telegram/text.hpp"
#include "tests/lib/bot/bot_world.hpp"
#include "tests/support/golden.hpp"

#include <nlohmann/json.hpp>

using namespace loomrel;
using namespace loomrel::test;
using nlohmann::json;
using release::Status;

namespace {

struct Told {
    config::Config config = bot_config();
    release::Release release = spec_release();
    bot::Known known;

    bot::NoticeText move(const std::string& from,
                         const std::string& to,
                         const json& detail = json::object(),
                         const std::string& actor = "developer_name") {
        release.status = to;
        store::Notice notice;
        notice.id = 5;
        notice.kind = "event";
        notice.release_id = 17;
        notice.event_id = 42;
        notice.event =
            release::Event{at("15.03.2024 14:31"), from, to, actor, "journal", detail.dump()};
        known.last = notice.event;
        known.settings = bot::settings_named({*notice.event});
        const auto text = bot::render(notice, {config, &release, known});
        REQUIRE(text);
        return *text;
    }

    bot::NoticeText other(const std::string& kind, const json& fact, bool about_release) {
        store::Notice notice;
        notice.id = 5;
        notice.kind = kind;
        notice.fact = json_text(fact);
        const auto text = bot::render(notice, {config, about_release ? &release : nullptr, known});
        REQUIRE(text);
        return *text;
    }
};

std::string shown(const std::string& name, const bot::NoticeText& text) {
    return "=== " + name + " → " + (text.environment.empty() ? "-" : text.environment)
           + (text.calls ? ", new message" : ", edit")
           + (text.document.empty() ? "" : ", " + text.document_name) + "\n" + drawn(text.text)
           + "\n\n";
}

const json k_why{{"run_id", "7"},
                 {"outcome", "failed"},
                 {"host", "stage"},
                 {"reason", "build_failed"},
                 {"step", "build"},
                 {"message", "❌ Сборка не удалась"},
                 {"command", "docker compose build loom-content"},
                 {"how", "код выхода 1"},
                 {"lines", {"error: <module> & \"x\" not found", "fatal: giving up"}},
                 {"container", {"panic: nil"}},
                 {"serves", "сейчас работает: v1.2.2"},
                 {"next", "loomrel logs --run 7"}};

} // namespace

TEST_CASE("what people are told, in both languages") {
    std::string all;
    for (const Language language : {Language::ru, Language::en}) {
        Told told;
        told.config.language = language;
        all += shown("ready", told.move("stage_deploy", "manual_testing"));
        all += shown("staging failed", told.move("building", "staging_failed", k_why));
        all += shown("tag moved",
                     told.move("building",
                               "staging_failed",
                               {{"reason", "tag_moved"}, {"message", "❌ v1.2.3"}}));
        told.known.approvals = {{k_qa, "Аня", k_commit, store::Verdict::approved, {}}};
        all += shown("approved", told.move("manual_testing", "manual_test_passed"));
        told.known.approvals.clear();
        all += shown("rejected",
                     told.move("manual_testing",
                               "manual_test_failed",
                               {{"approver_id", k_qa}, {"reason", "не <работает>"}},
                               "Аня"));
        all += shown("expired", told.move("manual_test_passed", "manual_testing"));
        all += shown("deployed", told.move("deploying", "deployed"));
        all +=
            shown("by a script's word", told.move("deploying", "deployed", {{"unverified", true}}));
        all += shown("production failed", told.move("deploying", "production_failed", k_why));
        told.release.rollback_to_tag = "v1.2.2";
        all += shown("rollback", told.move("deployed", "rollback", json::object(), "Оля"));
        all +=
            shown("rollback done", told.move("rollback", "rollback_done", json::object(), "Оля"));
        all += shown(
            "rollback over the API",
            told.move(
                "deployed", "rollback", {{"said_by", "<Оля>"}, {"said_source", "cli"}}, "ci"));
        all += shown("rollback failed", told.move("rollback", "rollback_failed", k_why, "Оля"));
        told.release.rollback_to_tag.clear();
        told.release.status = "manual_test_passed";
        all += shown("refused", told.other("dispatch_refused", {{"reason", "HTTP 404"}}, true));
        all += shown("unknown", told.other("dispatch_unknown", {{"reason", "no run"}}, true));
        all += shown("text", told.other("text", {{"text", "a <b> & c\nd"}}, false));
        all += shown("text over the API",
                     told.other("text", {{"text", "hello"}, {"key", "ci-<stage>"}}, false));
        json dev{{"service", "loom-content"},
                 {"branch", "feature/<x>_y*z"},
                 {"commit", k_commit},
                 {"author", "dev-one"},
                 {"ok", true},
                 {"link", "https://github.com/x/y/actions/runs/2"}};
        all += shown("dev good", told.other("dev", dev, false));
        dev["ok"] = false;
        dev.update(k_why);
        all += shown("dev bad", told.other("dev", dev, false));
        told.config.telegram.approvers.clear();
        all += shown("nobody may approve", told.move("stage_deploy", "manual_testing"));
    }
    check_golden("notices", all);
}

TEST_CASE("nothing that comes from outside breaks a message or makes it too long") {
    const std::string hostile = "<b>\"&\x1b[31m\u202E" + std::string(200 * 1024, '<') + "🚀";
    Told told;
    told.release.service_name = std::string(500, '&');
    told.release.release_tag = "v1<script>" + std::string(300, 'x');
    told.release.initiated_by = hostile;
    told.release.github_action_link = "https://x/\"><b>";
    json why = k_why;
    for (const char* name : {"message", "command", "how", "serves", "next", "step", "host"}) {
        why[name] = hostile;
    }
    why["lines"] = json(std::vector<std::string>(50, std::string(300, '&')));
    json reason{{"approver_id", 1}, {"reason", hostile}};
    for (const auto& text :
         {told.move("building", "staging_failed", why),
          told.move("manual_testing", "manual_test_failed", reason, hostile),
          told.other("text", {{"text", hostile}}, false),
          told.other("dispatch_refused", {{"reason", hostile}}, true),
          told.other(
              "dev", {{"branch", hostile}, {"service", hostile}, {"author", hostile}}, false)}) {
        const std::string plain = telegram::plain_of(text.text.html);
        CHECK(telegram::utf16_length(plain) <= telegram::k_longest_message);
        CHECK(text.text.html.find("<script") == std::string::npos);
        CHECK(text.text.html.find("\x1b") == std::string::npos);
        CHECK(text.text.html.find("\u202E") == std::string::npos);
    }
    const auto text = told.other("text", {{"text", hostile}}, false);
    CHECK(text.document.size() > 200 * 1024);
    CHECK(text.text.html.find("📎") != std::string::npos);
}

TEST_CASE("a message about a release offers only what can still be decided") {
    Told told;
    auto late = told.move("stage_deploy", "manual_testing");
    CHECK(late.text.keyboard.size() == 1);
    store::Notice notice;
    notice.kind = "event";
    notice.event = release::Event{{}, "stage_deploy", "manual_testing", "x", "journal", "{}"};
    told.release.status = "deployed";
    CHECK(bot::render(notice, {told.config, &told.release, {}})->text.keyboard.empty());
    CHECK(told.other("dispatch_refused", {{"reason", "x"}}, true).text.keyboard.empty());
}

TEST_CASE("what this version does not know is not told") {
    Told told;
    store::Notice notice;
    notice.kind = "of the future";
    notice.fact = "[]";
    CHECK_FALSE(bot::render(notice, {told.config, nullptr, {}}));
    notice.kind = "event";
    notice.event = release::Event{{}, "x", "paused", "x", "x", "not json"};
    CHECK_FALSE(bot::render(notice, {told.config, &told.release, {}}));
}

namespace {

// What the outbox holds, as people are told it; each row once.
struct Outbox : LedgerWorld {
    std::string all;

    void tell(const std::string& title) {
        for (const store::Notice& notice : ledger->waiting_notices(100)) {
            if (notice.kind != "dispatch") {
                all += shown(title, render(notice));
            }
            ledger->settle_notice({store::Settlement::What::sent, notice.id, "", Milliseconds{0}});
        }
    }

    bot::NoticeText render(const store::Notice& notice) {
        const auto release =
            notice.release_id ? ledger->find_release(*notice.release_id) : std::nullopt;
        bot::NoticeFacts facts{config, release ? &*release : nullptr, {}};
        if (release) {
            facts.known = bot::known_of(*ledger, *release);
        }
        const auto text = bot::render(notice, facts);
        REQUIRE(text);
        return *text;
    }
};

} // namespace

TEST_CASE("what the ledger has to tell about trust, from its moves to the text") {
    std::string all;
    for (const Language language : {Language::ru, Language::en}) {
        Outbox world;
        world.config.language = language;
        world.config.github.owner = "LoomAI-IT";
        const auto old = world.make("v1.2.2");
        world.stage(old, {{"health", "1"}});
        world.move(old, {Status::manual_test_passed});
        REQUIRE(world.deploy(old, {{"health", "1"}}).what == store::Claimed::What::done);
        world.tell("first");
        const auto id = world.make("v1.2.3");
        world.stage(id, {{"health", "1"}, {"hooks.before_up", "2"}});
        world.tell("with other settings");
        world.move(id, {Status::manual_test_passed});
        world.tell("approved");
        const auto claimed = world.deploy(id, {{"health", "3"}, {"hooks.before_up", "2"}});
        REQUIRE(claimed.conflict == "settings");
        world.tell("settings changed after the yes");
        world.move(id, {Status::manual_test_passed});
        world.config.telegram.quorum = 2; // nobody wrote rules: the claimant's own count
        REQUIRE(world.deploy(id, {{"health", "3"}, {"hooks.before_up", "2"}}).conflict
                == "approvals");
        world.tell("more approvals wanted");
        world.config.telegram.quorum = 1;
        const auto next = world.make("v1.2.4");
        world.stage(next);
        world.tell("outrun");
        world.stage(id);
        world.tell("back on stage");
        const auto twin = world.make("v1.2.5", "loom-content", k_commit);
        world.stage(twin);
        world.tell("the same commit under another tag");
        world.decide(id, Status::manual_test_failed);
        world.tell("rejected");
        release::ApprovalRules rules = world.config.approval_rules();
        (void)world.ledger->keep_approval_rules(rules, "serve");
        rules.approvers = {k_qa, k_ops};
        rules.quorum = 0;
        rules.self_approval = false;
        rules.expires = Milliseconds{12 * 3600 * 1000};
        rules.people.pop_back();
        (void)world.ledger->keep_approval_rules(rules, "serve");
        world.tell("rules");
        store::NewNotice unapproved;
        unapproved.key = "unapproved:1";
        unapproved.kind = "unapproved";
        unapproved.fact = json{{"service", "loom-content"},
                               {"environment", "prod"},
                               {"tag", "v1.2.<6>"},
                               {"from", "v1.2.2"},
                               {"actor", "root@night"},
                               {"at", "2024-03-15T00:30:00.000000Z"},
                               {"run_id", "11111111-2222-3333-4444-555555555555"}}
                              .dump();
        world.ledger->add_notice(unapproved);
        world.tell("unapproved");
        const json by_hand{{"by_hand", true},
                           {"service", "loom-content"},
                           {"environment", "prod"},
                           {"host", "root@prod-1"},
                           {"by", "anya@192.0.2.1"},
                           {"from", "v1.2.3"},
                           {"tag", "v1.2.2"},
                           {"ok", true},
                           {"at", "2024-03-15T00:30:00.000Z"}};
        world.ledger->add_notice({"by-hand:1", "by_hand", std::nullopt, by_hand.dump()});
        world.tell("by hand, one host of two");
        const json unproven{{"unproven", "example/web:<1>"},
                            {"service", "loom-content"},
                            {"environment", "prod"},
                            {"host", "root@prod-1"},
                            {"tag", "example/web:<1>"},
                            {"approved", "v1.2.3"},
                            {"at", "2024-03-15T00:30:00.000Z"}};
        world.ledger->add_notice({"unproven:1", "unproven", std::nullopt, unproven.dump()});
        world.tell("nothing proves what serves");
        json back = by_hand;
        back["environment"] = "stage";
        back["by"] = "<dave>";
        back["run_id"] = "7d9f4d8e-0d3a-4c39-8b62-93ad57aeb9d1";
        world.ledger->add_notice({"rolled_back:1", "rolled_back", std::nullopt, back.dump()});
        world.tell("a rollback that moved no release");
        const json cancelled{{"run_id", "7d9f4d8e-0d3a-4c39-8b62-93ad57aeb9d1"},
                             {"service", "loom-content"},
                             {"environment", "stage"},
                             {"kind", "deploy"},
                             {"tag", "v1.2.3"},
                             {"by", "<bob>"},
                             {"began_by", "alice"},
                             {"key", "ci-stage"},
                             {"at", "2024-03-15T00:30:00.000Z"}};
        world.ledger->add_notice({"cancelled:1", "cancelled", std::nullopt, cancelled.dump()});
        world.tell("a run was cancelled, told over the API");
        const json refused{{"refused", "claim"},
                           {"conflict", "outrun"},
                           {"by", "v1.2.4"},
                           {"actor", "ci-prod"},
                           {"said_by", "<anya>"}};
        world.ledger->add_notice({"claim_refused:1", "claim_refused", id, refused.dump()});
        world.tell("production was refused");
        all += world.all;
    }
    check_golden("trust", all);
}

TEST_CASE("a commit is linked only to where GitHub has it") {
    config::Config config = bot_config();
    const release::Release release = spec_release();
    CHECK(bot::commit_link(config, release).empty());
    config.github.owner = "LoomAI-IT";
    CHECK(bot::commit_link(config, release)
          == std::string("https://github.com/LoomAI-IT/loom-content/commit/") + k_commit);
    config.github.api_url = "https://git.example.com/api/v3/";
    CHECK(bot::commit_link(config, release).starts_with("https://git.example.com/LoomAI-IT/"));
    config.github.api_url = "http://127.0.0.1:9";
    CHECK(bot::commit_link(config, release).empty());
    config.github.api_url = "https://api.github.com";
    for (const std::string owner : {"a/b", "..", "x\"y", "a b"}) {
        config.github.owner = owner;
        CHECK(bot::commit_link(config, release).empty());
    }
    config.github.owner = "LoomAI-IT";
    release::Release odd = release;
    odd.commit_sha = "javascript:alert(1)";
    CHECK(bot::commit_link(config, odd).empty());
}
