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
inline constexpr std::int64_t k_lead = 77777;   // decides where no test presses anything
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

    // A release that stage has and QA is called to.
    std::int64_t release_to_test(const std::string& tag = "v1.2.3",
                                 const std::string& service = "loom-content") {
        using release::Status;
        const auto id = make(tag, service);
        move(id, {Status::building, Status::stage_deploy, Status::manual_testing});
        return id;
    }

    std::int64_t make(const std::string& tag, const std::string& service = "loom-content") {
        store::NewRelease release;
        release.service = service;
        release.tag = tag;
        release.run_id = "run-" + tag;
        release.by = "developer_name";
        release.link = "https://github.com/x/y/actions/runs/1";
        release.ref = "refs/tags/" + tag;
        // A rejection is of the commit: each release has its own, the first the one of the
        // pictures.
        const std::string number = std::to_string(m_made);
        release.commit = m_made++ == 0 ? k_commit : std::string(40 - number.size(), 'c') + number;
        release.source = "cli";
        return ledger->create_release(release).id;
    }

    // By the real means: a decision is somebody's who presses nothing here, and production is
    // claimed, whatever is there already.
    void move(std::int64_t id, const std::vector<release::Status>& way) {
        for (const auto status : way) {
            if (release::is_decision(status)) {
                decide(id, status == release::Status::manual_test_passed);
            } else if (status == release::Status::deploying) {
                claim(id);
            } else {
                store::Change change;
                change.id = new_id(id);
                change.release_id = id;
                change.actor = "developer_name";
                change.source = "journal";
                change.steps.push_back({*release::move_to(status), "{}"});
                REQUIRE(ledger->apply(change).what == store::Changed::What::done);
            }
        }
    }

    // Of its commit, as buttons carry it.
    [[nodiscard]] std::string shown(std::int64_t id) const {
        return bot::short_commit(ledger->find_release(id)->commit_sha.value_or(""));
    }

    [[nodiscard]] std::string status(std::int64_t id) const {
        return ledger->find_release(id)->status;
    }

private:
    std::string new_id(std::int64_t id) {
        return std::to_string(id) + "-" + std::to_string(++m_changes);
    }

    static release::ApprovalRules rules() {
        release::ApprovalRules rules;
        rules.approvers = {k_lead};
        return rules;
    }

    void decide(std::int64_t id, bool approved) {
        store::Decision decision;
        decision.id = new_id(id);
        decision.release_id = id;
        decision.commit = ledger->find_release(id)->commit_sha.value_or("");
        decision.approver_id = k_lead;
        decision.approver_name = "developer_name";
        decision.verdict = approved ? store::Verdict::approved : store::Verdict::rejected;
        decision.rules = rules();
        decision.source = "journal";
        REQUIRE(ledger->decide(decision).conflict.empty());
    }

    void claim(std::int64_t id) {
        store::Claim claim;
        claim.id = new_id(id);
        claim.release_id = id;
        claim.actor = "developer_name";
        claim.source = "journal";
        claim.older = true;
        claim.rules = rules();
        REQUIRE(ledger->claim(claim).what == store::Claimed::What::done);
    }

    int m_changes = 0;
    int m_made = 0;
};

} // namespace loomrel::test
