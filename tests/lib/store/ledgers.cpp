#include "tests/lib/store/ledgers.hpp"

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
    settings.api.api_approvals = true;
    server::Parts parts;
    parts.open_store = [options = m_database.options()] { return store::open_store(options); };
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

store::Change change_to(std::int64_t release_id, const std::vector<release::Status>& statuses) {
    store::Change change;
    change.id = random_uuid();
    change.release_id = release_id;
    change.actor = "gommgo";
    change.source = "cli";
    for (const release::Status status : statuses) {
        change.steps.push_back({status, "{}"});
    }
    return change;
}

store::Decision
decision_on(std::int64_t release_id, std::int64_t approver, store::Verdict verdict) {
    store::Decision decision;
    decision.id = random_uuid();
    decision.release_id = release_id;
    decision.approver_id = approver;
    decision.approver_name = "approver " + std::to_string(approver);
    decision.verdict = verdict;
    decision.reason = verdict == store::Verdict::rejected ? "не открывается" : "";
    decision.approvers = {11111, 22222, 33333};
    decision.quorum = 1;
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
    run.commit = "1f0c2a3b4d5e6f708192a3b4c5d6e7f801234567";
    run.github_run_id = "77";
    run.github_run_attempt = 2;
    run.hosts = {"root@one:22", "root@two:22"};
    return run;
}

std::int64_t
release_in(store::Store& store, const std::vector<release::Status>& way, const std::string& tag) {
    const std::int64_t id = store.create_release(new_release(tag)).id;
    if (!way.empty()) {
        const store::Changed changed = store.apply(change_to(id, way));
        if (changed.what != store::Changed::What::done) {
            throw std::runtime_error("the release does not go that way: " + changed.status);
        }
    }
    return id;
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
