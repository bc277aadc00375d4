#include "lib/operations/dev_notice.hpp"

#include "lib/base/json_text.hpp"
#include "lib/base/text.hpp"
#include "lib/operations/run_subject.hpp"
#include "lib/operations/targets.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace loomrel::operations {

namespace {

// The developer whose host it ran on; "" if that is not configured any more.
std::string developer_of(const Context& context, const std::string& host) {
    for (const config::Host& known : hosts_in(context, "dev")) {
        if (endpoint_of(context, known).shown() == host) {
            return known.name;
        }
    }
    return "";
}

} // namespace

void tell_dev_end(const Context& context,
                  Console& console,
                  store::Store& store,
                  const store::Run& run,
                  const deploy::Report& report) {
    if (run.environment != "dev" || report.outcome == store::RunOutcome::unknown) {
        return;
    }
    const std::string host = run.hosts.empty() ? "" : run.hosts.front();
    const Redactor& redactor = context.redactor;
    nlohmann::ordered_json fact{
        {"service", run.service},
        {"branch", short_ref(run.ref)},
        {"commit", report.commit},
        {"author", developer_of(context, host)},
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
    notice.fact = json_text(fact);
    try {
        store.add_notice(notice);
    } catch (const Error& error) {
        console.note(redactor.redact(in(context.language, error.message())));
    }
}

} // namespace loomrel::operations
