#pragma once

#include "lib/bot/card.hpp"
#include "lib/bot/operations.hpp"
#include "lib/store/server_ledger.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/process.hpp"

#include <memory>
#include <regex>
#include <string>
#include <vector>

namespace loomrel::test {

inline constexpr std::int64_t k_qa = 11111;     // approver
inline constexpr std::int64_t k_qa_two = 22222; // approver
inline constexpr std::int64_t k_ops = 33333;    // admin
inline constexpr std::int64_t k_chat = -1001;
inline constexpr const char* k_commit = "0123456789abcdef0123456789abcdef01234567";

inline Time at(const char* day_and_time) { // Moscow
    std::tm parts{};
    REQUIRE(strptime(day_and_time, "%d.%m.%Y %H:%M", &parts) != nullptr);
    return Time(std::chrono::seconds(timegm(&parts)) - std::chrono::hours(3));
}

inline config::Config bot_config() {
    config::Config config;
    config.language = Language::ru;
    config.timezone = "Europe/Moscow";
    config.telegram.token = BoundSecret(Secret("123456:test-token"), {});
    config.telegram.chat_id = k_chat;
    config.telegram.approvers = {k_qa, k_qa_two};
    config.telegram.admins = {k_ops};
    config.people = {{k_qa, "anya", "Аня"}, {k_qa_two, "boris", "Борис"}, {k_ops, "olya", "Оля"}};
    return config;
}

// The release of the spec's pictures.
inline release::Release spec_release() {
    release::Release release;
    release.id = 17;
    release.service_name = "loom-content";
    release.release_tag = "v1.2.3";
    release.status = "manual_testing";
    release.initiated_by = "developer_name";
    release.github_action_link = "https://github.com/LoomAI-IT/loom-content/actions/runs/1";
    release.created_at = at("15.03.2024 14:30");
    release.commit_sha = k_commit;
    return release;
}

// A message as the spec draws it: links and buttons in brackets.
inline std::string drawn(const telegram::Text& text, const std::string& before_buttons = "\n\n") {
    std::string out =
        std::regex_replace(text.html, std::regex("<a href=\"[^\"]*\">([^<]*)</a>"), "[$1]");
    out = std::regex_replace(out, std::regex("<[^>]*>"), "");
    std::string rows;
    for (const auto& row : text.keyboard) {
        std::string line;
        for (const auto& button : row) {
            line += (line.empty() ? "" : " ") + ("[" + button.text + "]");
        }
        rows += (rows.empty() ? "" : "\n") + line;
    }
    return rows.empty() ? out : out + before_buttons + rows;
}

// Hosts that do what a test wants.
class FakeOperations : public bot::Operations {
public:
    bool has_hosts = true;
    bot::Standing now{"v1.2.3", {{"v1.2.2", at("14.03.2024 10:45")}, {"v1.2.1", std::nullopt}}};
    std::vector<std::string> done;
    std::optional<Error> trouble; // of a deploy
    bool sees_stage = false;
    bot::StageSight sight{bot::StageSight::What::same, "", ""};
    int looks = 0;
    bot::Ended end{true, "v1.2.2", ""};

    bool can_roll_back(const std::string&, std::string& why) override {
        why = has_hosts ? "" : "PROD_HOST";
        return has_hosts;
    }

    bot::Standing standing(const std::string&) override { return now; }

    bot::Ended roll_back(const std::string& service,
                         const std::string& expected,
                         const std::string& target,
                         const std::string& actor,
                         const Watch& watch) override {
        done.push_back(service + " " + expected + " -> " + target + " by " + actor);
        watch({"restore", std::nullopt});
        watch({"restore", true});
        watch({"health", std::nullopt});
        watch({"health", end.good});
        return end;
    }

    bool can_look_at_stage(const std::string&) override { return sees_stage; }

    bot::StageSight look_at_stage(const release::Release&) override {
        ++looks;
        return sight;
    }

    void deploy(const release::Release& release, const std::string&) override {
        if (trouble) {
            throw Error(*trouble);
        }
        done.push_back("deploy " + release.release_tag);
    }
};

// A ledger in a file of its own.
struct LedgerWorld {
    TempFolder folder{"loomrel-bot"};
    config::Config config = bot_config();
    std::unique_ptr<store::ServerLedger> ledger = open();

    [[nodiscard]] std::unique_ptr<store::ServerLedger> open() const {
        return store::open_server_ledger(
            {"sqlite://" + (folder.path() / "releases.db").string(), Secret()});
    }

    // As if the time of whatever waits had come.
    void forget_waits() const {
        for (const auto& row : ledger->waiting_notices(100)) {
            ledger->settle_notice({store::Settlement::What::waiting,
                                   row.id,
                                   row.error,
                                   Milliseconds{0},
                                   row.dispatch,
                                   row.message_id});
        }
    }

    // A release that stage has and QA is called to.
    std::int64_t release_to_test(const std::string& tag = "v1.2.3",
                                 const std::string& service = "loom-content") {
        using release::Status;
        const auto id = make(tag, service);
        move(id, {Status::building, Status::stage_deploy, Status::manual_testing});
        return id;
    }

    // Each tag is of a commit of its own.
    static std::string commit_of(const std::string& tag) {
        const std::string digits = bot::digest_of(tag);
        return tag == "v1.2.3" ? k_commit : digits + digits + digits + digits + digits;
    }

    std::int64_t make(const std::string& tag,
                      const std::string& service = "loom-content",
                      const std::optional<std::string>& commit = std::nullopt) {
        store::NewRelease release;
        release.service = service;
        release.tag = tag;
        release.run_id = "run-" + tag;
        release.by = "developer_name";
        release.link = "https://github.com/x/y/actions/runs/1";
        release.ref = "refs/tags/" + tag;
        release.commit = commit.value_or(commit_of(tag));
        release.source = "cli";
        return ledger->create_release(release).id;
    }

    // As it comes about: what people decide is decided, and production is claimed.
    void move(std::int64_t id,
              const std::vector<release::Status>& way,
              const std::string& detail = "{}") {
        store::Change change = change_of(id);
        const auto apply = [&] {
            if (!change.steps.empty()) {
                REQUIRE(ledger->apply(change).what == store::Changed::What::done);
                change = change_of(id);
            }
        };
        for (const auto status : way) {
            if (const auto to = release::move_to(status)) {
                change.steps.push_back({*to, detail});
                if (status == release::Status::deployed) {
                    change.end_run = good_end(serving_run(id));
                }
                continue;
            }
            apply();
            if (status == release::Status::deploying) {
                REQUIRE(claim(id, {}).what == store::Claimed::What::done);
            } else {
                decide(id, status);
            }
        }
        apply();
    }

    // By as many of the approvers as it takes.
    void decide(std::int64_t id, release::Status to) {
        const bool approves = to == release::Status::manual_test_passed;
        for (const std::int64_t who : config.telegram.approvers) {
            store::Decision decision;
            decision.id = "decision-" + std::to_string(++m_changes);
            decision.release_id = id;
            decision.commit = ledger->find_release(id)->commit_sha.value_or("");
            decision.question = release::times_asked(ledger->events(id));
            decision.approver_id = who;
            decision.approver_name = who == k_qa ? "Аня" : "Борис";
            decision.verdict = approves ? store::Verdict::approved : store::Verdict::rejected;
            decision.rules = config.approval_rules();
            decision.source = "bot";
            const store::Decided decided = ledger->decide(decision);
            if (decided.status == to_string(to)) {
                return;
            }
        }
        FAIL("nobody decided about " << id);
    }

    store::Claimed claim(std::int64_t id, const std::optional<store::Run>& run) {
        store::Claim claim;
        claim.id = "claim-" + std::to_string(++m_changes);
        claim.release_id = id;
        claim.actor = "loomrel";
        claim.source = "cli";
        claim.run = run;
        claim.older = !run;
        claim.rules = config.approval_rules();
        return ledger->claim(claim);
    }

    store::Run run_of(std::int64_t id, const std::string& environment) {
        const auto release = ledger->find_release(id);
        store::Run run;
        run.id = "run-" + std::to_string(++m_changes);
        run.service = release->service_name;
        run.environment = environment;
        run.release_id = id;
        run.ref = "refs/tags/" + release->release_tag;
        run.commit = release->commit_sha.value_or("");
        run.hosts = {environment};
        run.settings = {{std::string(store::k_settings_form), "1"}};
        return run;
    }

    // One that proves that the release serves, and has nothing else to say.
    store::Run serving_run(std::int64_t id) {
        store::Run run = run_of(id, "prod");
        run.kind = store::RunKind::restore;
        run.settings.clear();
        REQUIRE(ledger->open_run(run).opened);
        return run;
    }

    static store::RunEnd good_end(const store::Run& run) {
        store::RunEnd end;
        end.run_id = run.id;
        end.outcome = store::RunOutcome::good;
        store::HostResult host;
        host.host = run.environment;
        host.state = "ended";
        host.outcome = "good";
        host.serves = run.ref.substr(std::string_view("refs/tags/").size());
        end.hosts = {host};
        return end;
    }

    // Brought to stage by a run that sends these settings to production: key -> hash.
    void stage(std::int64_t id, const std::map<std::string, std::string>& settings = {}) {
        using release::Move;
        store::Run run = run_of(id, "stage");
        run.settings.insert(settings.begin(), settings.end());
        store::Change begin = change_of(id);
        begin.steps = {{Move::building}};
        begin.open_run = run;
        REQUIRE(ledger->apply(begin).what == store::Changed::What::done);
        store::Change end = change_of(id);
        end.steps = {{Move::stage_deploy}, {Move::manual_testing}};
        end.end_run = good_end(run);
        REQUIRE(ledger->apply(end).what == store::Changed::What::done);
    }

    // Deployed to production with these settings; what the claim answered.
    store::Claimed deploy(std::int64_t id,
                          const std::map<std::string, std::string>& settings = {}) {
        store::Run run = run_of(id, "prod");
        run.settings.insert(settings.begin(), settings.end());
        const store::Claimed claimed = claim(id, run);
        if (claimed.what == store::Claimed::What::done) {
            store::Change end = change_of(id);
            end.steps = {{release::Move::deployed}};
            end.end_run = good_end(run);
            REQUIRE(ledger->apply(end).what == store::Changed::What::done);
        }
        return claimed;
    }

    [[nodiscard]] std::string status(std::int64_t id) const {
        return ledger->find_release(id)->status;
    }

private:
    store::Change change_of(std::int64_t id) {
        store::Change change;
        change.id = std::to_string(id) + "-" + std::to_string(++m_changes);
        change.release_id = id;
        change.actor = "developer_name";
        change.source = "journal";
        return change;
    }

    int m_changes = 0;
};

} // namespace loomrel::test
