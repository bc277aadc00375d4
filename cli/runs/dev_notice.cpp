#include "cli/runs/dev_notice.hpp"

#include "cli/hosts/targets.hpp"
#include "cli/runs/run_result.hpp"
#include "lib/base/text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace loomrel::cli {

namespace {

// The developer whose host it ran on; "" if that is not configured any more.
std::string developer_of(Services& services, const std::string& host) {
    for (const config::Host& known : hosts_in(services, "dev")) {
        if (endpoint_of(services, known).shown() == host) {
            return known.name;
        }
    }
    return "";
}

} // namespace

void tell_dev_end(Services& services,
                  store::Store& store,
                  const store::Run& run,
                  const deploy::Report& report) {
    if (run.environment != "dev" || report.outcome == store::RunOutcome::unknown) {
        return;
    }
    const std::string host = run.hosts.empty() ? "" : run.hosts.front();
    const Redactor& redactor = services.redactor();
    nlohmann::ordered_json fact{
        {"service", run.service},
        {"branch", short_ref(run.ref)},
        {"commit", report.commit},
        {"author", developer_of(services, host)},
        {"host", host},
        {"ok", report.outcome == store::RunOutcome::good},
        {"outcome", to_string(report.outcome)},
        {"failure", report.failure ? redactor.redact(report.failure->message) : ""},
        {"log", redactor.redact(sanitize_line(report.log))},
        {"run_id", run.id}};
    if (report.unchecked) {
        fact["health"] = "none";
    }
    if (!report.lost.empty()) {
        fact["lost"] = report.lost;
    }
    store::NewNotice notice;
    notice.key = "dev:" + run.id;
    notice.kind = "dev";
    notice.fact = fact.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
    try {
        store.add_notice(notice);
    } catch (const Error& error) {
        services.note(redactor.redact(in(services.language(), error.message())));
    }
}

} // namespace loomrel::cli
