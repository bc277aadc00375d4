#include "tests/lib/store/ledgers.hpp"

#include <nlohmann/json.hpp>
#include <sys/wait.h>
#include <unistd.h>

#include <exception>
#include <iostream>
#include <stdexcept>

namespace loomrel::test {

std::string SqliteLedger::sql(const std::string& text) const {
    std::string answer = run_program({"sqlite3", "-batch", "-bail", file(), text});
    while (answer.ends_with('\n')) {
        answer.pop_back();
    }
    return answer;
}

namespace {

constexpr const char* k_key = "key-of-the-tests-own";

} // namespace

HttpLedger::HttpLedger() {
    start();
}

HttpLedger::~HttpLedger() {
    stop();
}

void HttpLedger::start() {
    server::Settings settings;
    settings.port = m_port; // the same one when it starts again
    settings.api.key = Secret(k_key);
    settings.api.rules = rules_of_three();
    server::Parts parts;
    parts.open_store = [options = m_database.options()] {
        return store::open_server_ledger(options);
    };
    m_server = std::make_unique<server::Server>(settings, std::move(parts));
    m_port = m_server->port();
    m_thread = std::thread([this] { m_server->run(); });
}

void HttpLedger::stop() {
    if (m_server) {
        m_server->stop();
        m_thread.join();
        m_server.reset();
    }
}

store::Options HttpLedger::options() const {
    return {"http://127.0.0.1:" + std::to_string(m_port) + "/api/tg-bot", Secret(k_key)};
}

store::NewRelease new_release(const std::string& tag) {
    store::NewRelease release;
    release.service = "loom-content";
    release.tag = tag;
    release.run_id = random_uuid();
    release.by = "gommgo";
    release.link = "https://github.example/runs/1";
    release.ref = "refs/tags/" + tag;
    release.source = "cli";
    return release;
}

std::string commit_of(std::int64_t release_id) {
    std::string number = std::to_string(release_id);
    return "c0" + std::string(38 - number.size(), '0') + number;
}

store::Change change_to(std::int64_t release_id, const std::vector<release::Status>& statuses) {
    store::Change change;
    change.id = random_uuid();
    change.release_id = release_id;
    change.actor = "gommgo";
    change.source = "cli";
    for (const release::Status status : statuses) {
        const auto move = release::move_to(status);
        if (!move) {
            throw std::logic_error("no move leads there");
        }
        change.steps.push_back({*move, "{}"});
    }
    return change;
}

release::ApprovalRules rules_of_three(int quorum) {
    release::ApprovalRules rules;
    rules.approvers = {11111, 22222, 33333};
    rules.quorum = quorum;
    return rules;
}

store::Decision
decision_on(std::int64_t release_id, std::int64_t approver, store::Verdict verdict) {
    store::Decision decision;
    decision.id = random_uuid();
    decision.release_id = release_id;
    decision.commit = commit_of(release_id);
    decision.question = 1;
    decision.approver_id = approver;
    decision.approver_name = "approver " + std::to_string(approver);
    decision.verdict = verdict;
    decision.reason = verdict == store::Verdict::rejected ? "не открывается" : "";
    decision.rules = rules_of_three();
    decision.source = "cli";
    return decision;
}

store::Run new_run(std::optional<std::int64_t> release_id) {
    store::Run run;
    run.id = random_uuid();
    run.service = "loom-content";
    run.environment = "stage";
    run.release_id = release_id;
    run.ref = "refs/tags/v1.2.3";
    run.commit = release_id ? commit_of(*release_id) : "1f0c2a3b4d5e6f708192a3b4c5d6e7f801234567";
    run.github_run_id = "77";
    run.github_run_attempt = 2;
    run.hosts = {"root@one:22", "root@two:22"};
    return run;
}

store::Run prod_run(std::int64_t release_id) {
    store::Run run = new_run(release_id);
    run.environment = "prod";
    return run;
}

store::Claim claim_of(std::int64_t release_id) {
    store::Claim claim;
    claim.id = random_uuid();
    claim.release_id = release_id;
    claim.actor = "gommgo";
    claim.source = "cli";
    claim.run = prod_run(release_id);
    claim.rules = rules_of_three();
    return claim;
}

store::RunEnd end_of(const store::Run& run, const std::string& serves, bool good) {
    store::RunEnd end{run.id, good ? store::RunOutcome::good : store::RunOutcome::failed, "{}", {}};
    for (const std::string& host : run.hosts) {
        end.hosts.push_back({host, "ended", good ? "ok" : "failed", serves});
    }
    return end;
}

namespace {

using release::Status;

bool decide_along(store::Store& store, std::int64_t id, Status to) {
    const bool approved = to == Status::manual_test_passed;
    auto decision =
        decision_on(id, 11111, approved ? store::Verdict::approved : store::Verdict::rejected);
    decision.commit = store.find_release(id)->commit_sha.value_or("");
    decision.question = release::times_asked(store.events(id));
    const auto decided = store.decide(decision);
    return decided.what == store::Decided::What::approved
           || decided.what == store::Decided::What::rejected;
}

bool claim_along(store::Store& store, std::int64_t id) {
    auto claim = claim_of(id);
    claim.run.reset(); // no run stays open behind us
    return store.claim(claim).what == store::Claimed::What::done;
}

bool move_along(store::Store& store, std::int64_t id, Status to) {
    const auto row = store.find_release(id);
    store::Change change = change_to(id, {to});
    if (!row->commit_sha && to != Status::staging_failed) {
        change.commit = commit_of(id);
    }
    if (row->state() && release::is_again(*row->state(), to)) {
        change.open_run = new_run(id);
    }
    if (to == Status::deployed) {
        store::Run run = prod_run(id);
        run.kind = store::RunKind::restore; // proves that it serves, and has nothing else to say
        run.commit = row->commit_sha.value_or(commit_of(id));
        if (!store.open_run(run).opened) {
            return false;
        }
        change.end_run = end_of(run, row->release_tag);
    }
    if (store.apply(change).what != store::Changed::What::done) {
        return false;
    }
    if (change.open_run) {
        store.end_run({change.open_run->id, store::RunOutcome::good, "{}", {}});
        std::this_thread::sleep_for(Milliseconds(3)); // what is said of it is said later
    }
    return true;
}

} // namespace

void take_along(store::Store& store, std::int64_t release_id, const std::vector<Status>& way) {
    for (const Status to : way) {
        const bool went = release::is_decision(to)  ? decide_along(store, release_id, to)
                          : to == Status::deploying ? claim_along(store, release_id)
                                                    : move_along(store, release_id, to);
        if (!went) {
            throw std::runtime_error("the release does not go that way: "
                                     + store.find_release(release_id)->status);
        }
    }
}

std::int64_t
release_in(store::Store& store, const std::vector<Status>& way, const std::string& tag) {
    const std::int64_t id = store.create_release(new_release(tag)).id;
    take_along(store, id, way);
    return id;
}

release::Event as_said(release::Event event) {
    auto detail = nlohmann::ordered_json::parse(event.detail);
    if (detail.contains("said_by")) {
        event.actor = detail["said_by"];
        event.source = detail.value("said_source", "");
        detail.erase("said_by");
        detail.erase("said_source");
        event.detail = detail.dump();
    }
    return event;
}

std::vector<int> in_processes(int count, const std::function<int(int number)>& work) {
    std::vector<pid_t> pids;
    for (int number = 0; number < count; ++number) {
        std::cout.flush();
        const pid_t pid = ::fork();
        if (pid == 0) {
            int code = 99;
            try {
                code = work(number);
            } catch (const std::exception& error) {
                std::cerr << "process " << number << ": " << error.what() << std::endl;
            }
            ::_exit(code);
        }
        pids.push_back(pid);
    }
    std::vector<int> codes;
    for (const pid_t pid : pids) {
        const int status = wait_for(pid);
        codes.push_back(WIFEXITED(status) ? WEXITSTATUS(status) : -1);
    }
    return codes;
}

std::string refusal_of(const std::function<void()>& work) {
    try {
        work();
    } catch (const std::exception& error) {
        return error.what();
    }
    return "";
}

Error error_of(const std::function<void()>& work) {
    try {
        work();
    } catch (const Error& error) {
        return error;
    }
    FAIL("nothing was thrown");
    throw std::logic_error("not reached");
}

} // namespace loomrel::test
