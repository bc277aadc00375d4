#include "lib/bot/dispatcher.hpp"

#include "lib/base/json_text.hpp"
#include "lib/base/random.hpp"
#include "lib/bot/delivery.hpp"
#include "lib/bot/settings.hpp"
#include "lib/messages/messages.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace loomrel::bot {

namespace {

using messages::Id;
using messages::phrase;
using messages::say;
using release::Status;
using store::Notice;
using Phase = store::DispatchState::Phase;
using What = store::Settlement::What;

constexpr const char* k_dispatch_lease = "dispatch";
constexpr Milliseconds k_dispatch_lease_time{60000};
constexpr int k_batch = 500;
constexpr Milliseconds k_look_again{5000};
constexpr int k_looks = 5;

// With what can be done about it.
std::string told(Language language, const Phrase& message, const Phrase& hint) {
    return in(language, message) + (hint.empty() ? "" : ". " + in(language, hint));
}

bool says_number(const std::string& title, std::int64_t id) {
    const std::string wanted = "#" + std::to_string(id);
    for (std::size_t at = title.find(wanted); at != std::string::npos;
         at = title.find(wanted, at + 1)) {
        const std::size_t end = at + wanted.size();
        if (end == title.size() || title[end] < '0' || title[end] > '9') {
            return true;
        }
    }
    return false;
}

} // namespace

github::Workflow prod_workflow(const config::Config& config, const release::Release& release) {
    const config::DeploySettings settings = config.deploy(release.service_name, "prod");
    return {config.github.owner,
            settings.repo.empty() ? release.service_name : settings.repo,
            config.github.prod_workflow,
            config.github.ref};
}

std::map<std::string, std::string> prod_inputs(const release::Release& release) {
    return {{"release_id", std::to_string(release.id)}, {"release_tag", release.release_tag}};
}

bool has_begun(const std::optional<Notice>& newest) {
    return newest && newest->dispatch.phase == Phase::started;
}

bool is_unanswered(const std::optional<Notice>& newest) {
    return newest && newest->state == Notice::State::waiting
           && newest->dispatch.phase == Phase::requested;
}

// A row that was parked failed for good; without any, an older loomrel approved the release.
bool may_dispatch_again(const std::optional<Notice>& newest) {
    return !newest || newest->state == Notice::State::parked;
}

store::Settlement request_of(const store::Notice& row, int looks) {
    return {What::waiting, row.id, "", k_look_again, {Phase::requested, looks, ""}};
}

Dispatcher::Dispatcher(store::ServerLedger& ledger,
                       github::Client& github,
                       Operations* operations,
                       const config::Config& config,
                       std::string owner)
    : m_ledger(ledger),
      m_github(github),
      m_operations(operations),
      m_config(config),
      m_owner(std::move(owner)) {}

std::optional<Milliseconds> Dispatcher::run(const std::function<bool()>& stopped) {
    store::NoticeQuery ours;
    ours.kind = store::NoticeQuery::Kind::dispatch;
    ours.limit = k_batch;
    if (m_ledger.waiting_notices(ours).empty()) {
        return std::nullopt;
    }
    if (!m_ledger.take_lease(k_dispatch_lease, m_owner, k_dispatch_lease_time)) {
        return Milliseconds{2000};
    }
    std::optional<Milliseconds> next;
    for (const Notice& row : m_ledger.waiting_notices(ours)) {
        if (stopped && stopped()) {
            continue;
        }
        if (row.due_in.count() > 0) {
            next = next ? std::min(*next, row.due_in) : row.due_in;
            continue;
        }
        if (!m_ledger.take_lease(k_dispatch_lease, m_owner, k_dispatch_lease_time)) {
            return Milliseconds{2000};
        }
        handle(row);
        next = Milliseconds{1000};
    }
    m_ledger.drop_lease(k_dispatch_lease, m_owner);
    return next;
}

void Dispatcher::handle(const Notice& row) {
    const auto release = row.release_id ? m_ledger.find_release(*row.release_id) : std::nullopt;
    // Claimed, rejected or expired meanwhile: there is nothing to start any more.
    if (!release || release->state() != Status::manual_test_passed) {
        close(row,
              {Phase::obsolete, 0, ""},
              release ? "the release is " + release->status : "no such release");
        return;
    }
    if (m_config.deploy(release->service_name, "prod").prod_by == "direct") {
        start_here(row, *release);
    } else if (is_unanswered(row)) {
        look_for_run(row, *release);
    } else {
        start(row, *release);
    }
}

void Dispatcher::start(const Notice& row, const release::Release& release) {
    const bool no_token = m_config.github.token.empty();
    if (no_token || m_config.github.owner.empty()) {
        tell(row,
             "dispatch_refused",
             told(m_config.language,
                  phrase(no_token ? Id::cli_dispatch_no_token : Id::cli_dispatch_no_owner),
                  phrase(no_token ? Id::cli_dispatch_no_token_hint
                                  : Id::cli_dispatch_no_owner_hint)));
        return;
    }
    m_ledger.settle_notice(request_of(row));
    const github::Dispatched result =
        m_github.dispatch(prod_workflow(m_config, release), prod_inputs(release));
    switch (result.what) {
    case github::Dispatched::What::started:
        note(row, {{"dispatch", "started"}, {"link", result.link}}, &release);
        close(row, {Phase::started, 0, result.link});
        break;
    case github::Dispatched::What::not_started:
        retry(row, result.reason, std::max(result.retry_after, wait_after(row.attempts)));
        break;
    case github::Dispatched::What::refused:
        tell(row, "dispatch_refused", result.reason);
        break;
    case github::Dispatched::What::unknown:
        break; // as it stands: the next round looks for the run
    }
}

void Dispatcher::look_for_run(const Notice& row, const release::Release& release) {
    // Attempts on the way may lie long back; a run cannot be older than the approval.
    const auto runs = m_github.runs(prod_workflow(m_config, release), row.created_at);
    if (runs) {
        const auto found = std::find_if(runs->begin(), runs->end(), [&](const auto& run) {
            return says_number(run.title, release.id);
        });
        if (found != runs->end()) {
            note(row, {{"dispatch", "started"}, {"link", found->link}}, &release);
            close(row, {Phase::started, 0, found->link});
            return;
        }
    }
    const int looks = row.dispatch.looks + 1;
    if (looks < k_looks) {
        m_ledger.settle_notice(request_of(row, looks));
        return;
    }
    tell(row,
         "dispatch_unknown",
         say(m_config.language, runs ? Id::notice_no_run : Id::notice_github_silent),
         Phase::requested);
}

void Dispatcher::start_here(const Notice& row, const release::Release& release) {
    if (m_operations == nullptr) {
        return; // another server has the credentials
    }
    try {
        m_operations->deploy(release, "loomrel");
        note(row, {{"dispatch", "started"}});
        close(row, {Phase::started, 0, ""});
    } catch (const Error& error) {
        if (error.kind() == ErrorKind::ledger && error.code() != store::k_rejected) {
            // Nothing was refused: it is claimed as soon as the ledger is back.
            retry(row, error.message().en, wait_after(row.attempts));
            return;
        }
        tell(row, "direct_failed", told(m_config.language, error.message(), error.hint()));
    }
}

// Once, as the notice beside it; `by_workflow`: the release whose workflow GitHub was to start.
void Dispatcher::note(const Notice& row,
                      nlohmann::json detail,
                      const release::Release* by_workflow) {
    if (!row.release_id) {
        return;
    }
    if (by_workflow != nullptr) {
        const github::Workflow workflow = prod_workflow(m_config, *by_workflow);
        detail["workflow"] = workflow.owner + "/" + workflow.repository + ": " + workflow.file;
    }
    const std::string what = detail.at("dispatch").get<std::string>();
    store::NewNote told;
    told.id = uuid_of_name("dispatch " + row.key + ' ' + std::to_string(row.attempts) + ' ' + what);
    told.release_id = *row.release_id;
    told.actor = "loomrel";
    told.source = "serve";
    told.detail = json_text(detail);
    (void)m_ledger.note_event(told);
}

// Once: the key is the row's, however often we come by here.
void Dispatcher::tell(const Notice& row,
                      const std::string& kind,
                      const std::string& reason,
                      Phase phase) {
    store::NewNotice notice;
    notice.key = kind + ":" + row.key;
    notice.kind = kind;
    notice.release_id = row.release_id;
    notice.fact = nlohmann::json{{"reason", reason}}.dump(
        -1, ' ', false, nlohmann::json::error_handler_t::replace);
    m_ledger.add_notice(notice);
    const bool unknown = phase == Phase::requested;
    note(row, {{"dispatch", unknown ? "unknown" : "refused"}, {"reason", reason}});
    m_ledger.settle_notice(
        {What::parked, row.id, reason, Milliseconds{0}, {phase, row.dispatch.looks, ""}});
}

void Dispatcher::close(const Notice& row,
                       const store::DispatchState& state,
                       const std::string& reason) {
    m_ledger.settle_notice({What::sent, row.id, reason, Milliseconds{0}, state});
}

void Dispatcher::retry(const Notice& row, const std::string& reason, Milliseconds wait) {
    m_ledger.settle_notice({What::waiting, row.id, reason, wait});
}

void Dispatcher::expire() {
    for (const store::OldApproval& old :
         m_ledger.old_approvals(m_config.telegram.approval_expires)) {
        store::Change change;
        // The same for every server that notices it.
        change.id = "expired:" + std::to_string(old.release_id) + ":" + to_rfc3339(old.at);
        change.release_id = old.release_id;
        change.steps = {{release::Move::manual_testing, R"({"reason":"approval_expired"})"}};
        change.actor = "loomrel";
        change.source = "serve";
        (void)m_ledger.apply(change);
    }
}

} // namespace loomrel::bot
