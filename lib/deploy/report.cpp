#include "lib/deploy/report.hpp"

#include "lib/base/json_text.hpp"
#include "lib/base/text.hpp"
#include "lib/messages/messages.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace loomrel::deploy {

namespace {

using messages::Id;
using messages::say;
using nlohmann::ordered_json;
using store::RunOutcome;

bool is_good(const Followed& host) {
    return host.how == HowFollowed::ended && host.end && host.end->good() && !host.put_back;
}

bool is_unknown(const Followed& host) {
    return host.how == HowFollowed::unknown || host.how == HowFollowed::going_on
           || (host.how == HowFollowed::ended && !host.end);
}

bool never_started(const Followed& host) {
    return host.how == HowFollowed::not_started || host.how == HowFollowed::absent;
}

bool ended_with(const Followed& host, int rc) {
    return host.end && host.end->rc == rc;
}

template <typename Predicate> bool any(const Report& report, Predicate predicate) {
    return std::any_of(report.hosts.begin(), report.hosts.end(), predicate);
}

// Unknown outweighs all; a host that failed outweighs those that refused.
int exit_of(const Report& report) {
    if (any(report, is_unknown)) {
        return 7;
    }
    if (std::all_of(report.hosts.begin(), report.hosts.end(), never_started)) {
        return 4;
    }
    for (const int rc : {1, 3, 2}) {
        if (any(report, [rc](const Followed& host) { return ended_with(host, rc); })) {
            return rc;
        }
    }
    return std::all_of(report.hosts.begin(), report.hosts.end(), is_good) ? 0 : 1;
}

RunOutcome outcome_of(const Report& report) {
    switch (report.exit) {
    case 0:
        return RunOutcome::good;
    case 3:
        return RunOutcome::refused;
    case 7:
        return RunOutcome::unknown;
    default:
        break;
    }
    const bool cancelled = any(
        report, [](const Followed& host) { return host.end && host.end->outcome == "cancelled"; });
    return cancelled ? RunOutcome::cancelled : RunOutcome::failed;
}

ordered_json steps_of(const Followed& host) {
    ordered_json steps = ordered_json::array();
    for (const StepRecord& step : host.transcript.steps()) {
        steps.push_back(
            {{"name", step.name}, {"ok", step.ok.value_or(false)}, {"ms", step.took.count()}});
    }
    return steps;
}

ordered_json to_object(const Failure& failure) {
    return {{"host", failure.host},
            {"code", failure.code},
            {"message", failure.message},
            {"step", failure.step},
            {"command", failure.command},
            {"how", failure.how},
            {"lines", failure.lines},
            {"container", failure.container},
            {"serves", failure.serves},
            {"next", failure.next}};
}

void redact(Failure& failure, const Redactor& redactor) {
    for (std::string* text : {&failure.message, &failure.command, &failure.how, &failure.serves}) {
        *text = redactor.redact(*text);
    }
    for (auto* lines : {&failure.lines, &failure.container}) {
        for (std::string& line : *lines) {
            line = redactor.redact(line);
        }
    }
}

std::string state_of(const Followed& host) {
    switch (host.how) {
    case HowFollowed::not_started:
        return host.error ? "unreachable" : "waiting";
    case HowFollowed::absent:
        return "waiting";
    case HowFollowed::ended:
        return "ended";
    case HowFollowed::going_on:
    case HowFollowed::unknown:
        return "running";
    }
    return "";
}

} // namespace

Report make_report(Subject subject,
                   std::vector<Followed> hosts,
                   Language language,
                   const Redactor& redactor) {
    Report report;
    report.subject = std::move(subject);
    report.hosts = std::move(hosts);
    report.exit = exit_of(report);
    report.outcome = outcome_of(report);
    std::vector<std::string> lost;
    for (const Followed& host : report.hosts) {
        report.unchecked = report.unchecked || (report.exit == 0 && host.transcript.unchecked);
        for (const std::string& version : host.transcript.lost) {
            if (std::find(lost.begin(), lost.end(), version) == lost.end()) {
                lost.push_back(version);
            }
        }
        if (report.commit.empty()) {
            report.commit = host.transcript.commit;
        }
        if (report.cancelled_by.empty() && host.end && host.end->outcome == "cancelled") {
            report.cancelled_by = host.transcript.cancelled_by;
        }
        if (report.log.empty() && !host.transcript.log_file.empty()) {
            report.log = host.transcript.log_file;
            report.log_host = host.host;
        }
        const bool reached = !never_started(host) || host.error;
        if (!report.failure && reached && !host.put_back) {
            report.failure = explain(host, report.subject, language);
        }
    }
    report.lost = sanitize_line(join(lost, ", "));
    if (!report.failure && report.exit != 0 && !report.hosts.empty()) {
        report.failure = explain(report.hosts.front(), report.subject, language);
    }
    if (report.failure) {
        redact(*report.failure, redactor);
    }
    return report;
}

std::vector<std::string> host_lines(const Report& report, Language language) {
    std::vector<std::string> lines;
    if (report.hosts.size() < 2 || report.outcome == RunOutcome::good) {
        return lines;
    }
    for (const Followed& host : report.hosts) {
        const auto failure = explain(host, report.subject, language);
        std::string text;
        std::string serves;
        if (never_started(host) && !host.error) {
            text = say(language, Id::why_not_begun);
        } else if (failure) {
            text = failure->message;
            serves = host.end ? failure->serves : "";
        } else {
            text = say(language, host.put_back ? Id::why_taken_back : Id::why_went_well);
            serves =
                say(language, Id::why_serves, fmt::arg("serves", sanitize_line(host.end->serves)));
        }
        // What serves long after it is another question.
        if (!serves.empty() && !report.past) {
            text += "; " + serves;
        }
        lines.push_back(text.find(host.host) == std::string::npos ? host.host + ": " + text : text);
    }
    return lines;
}

std::string serves_of_then(const store::Run& run, Language language) {
    return say(language,
               Id::why_serves_ask,
               fmt::arg("environment", run.environment),
               fmt::arg("service", run.service));
}

std::optional<Failure>
failure_of_then(const store::Run& run, Language language, const Redactor& redactor) {
    const auto report = nlohmann::json::parse(run.result, nullptr, false);
    const auto found = report.is_object() ? report.find("failure") : report.end();
    if (!report.is_object() || found == report.end() || !found->is_object()) {
        return std::nullopt;
    }
    const auto text = [&](const char* key) {
        const auto value = found->find(key);
        return value != found->end() && value->is_string()
                   ? sanitize_line(value->get<std::string>())
                   : std::string();
    };
    const auto lines = [&](const char* key) {
        std::vector<std::string> all;
        const auto values = found->find(key);
        for (const auto& each : values != found->end() ? *values : nlohmann::json::array()) {
            if (each.is_string()) {
                all.push_back(sanitize_line(each.get<std::string>()));
            }
        }
        return all;
    };
    Failure failure;
    failure.host = text("host");
    failure.code = text("code");
    failure.message = text("message");
    failure.step = text("step");
    failure.command = text("command");
    failure.how = text("how");
    failure.lines = lines("lines");
    failure.container = lines("container");
    failure.serves = serves_of_then(run, language);
    failure.next = text("next");
    redact(failure, redactor);
    return failure;
}

namespace {

std::string common_commit(const std::vector<Followed>& hosts) {
    std::string commit;
    for (const Followed& host : hosts) {
        if (host.transcript.commit.empty()
            || (!commit.empty() && commit != host.transcript.commit)) {
            return "";
        }
        commit = host.transcript.commit;
    }
    return commit;
}

// By its own run, or by the one that put back what had gone well.
bool is_restored(const Followed& host) {
    return host.put_back || (host.end && host.end->restored == "yes");
}

} // namespace

store::RunEnd to_run_end(const Report& report) {
    store::RunEnd end;
    end.run_id = report.subject.run_id;
    end.outcome = report.outcome;
    end.result = to_json(report);
    end.commit = common_commit(report.hosts);
    end.cancelled_by = report.cancelled_by;
    for (const Followed& host : report.hosts) {
        end.hosts.push_back({host.host,
                             state_of(host),
                             is_restored(host) ? "restored"
                             : host.end        ? host.end->outcome
                                               : "",
                             host.end ? host.end->serves : ""});
    }
    return end;
}

std::string to_json(const Report& report) {
    ordered_json hosts = ordered_json::array();
    for (const Followed& host : report.hosts) {
        hosts.push_back({{"host", host.host},
                         {"ok", is_good(host)},
                         {"restored", is_restored(host)},
                         {"steps", steps_of(host)},
                         {"serves", host.end ? host.end->serves : ""}});
    }
    ordered_json object{
        {"release_id", report.release_id ? ordered_json(*report.release_id) : ordered_json()},
        {"service", report.subject.service},
        {"tag", report.subject.is_tag ? report.subject.ref : ""},
        {"environment", report.subject.environment},
        {"status", report.status},
        {"commit", report.commit},
        {"ok", report.exit == 0},
        {"exit", report.exit},
        {"run_id", report.subject.run_id},
        {"log", report.log},
        {"duration_ms", report.took.count()},
        {"hosts", std::move(hosts)},
        {"failure", report.failure ? to_object(*report.failure) : ordered_json()}};
    if (!report.subject.is_tag) {
        object["branch"] = report.subject.ref;
    }
    if (report.unchecked) {
        object["health"] = "none";
    }
    if (!report.lost.empty()) {
        object["lost"] = report.lost;
    }
    if (!report.cancelled_by.empty()) {
        object["cancelled_by"] = report.cancelled_by;
    }
    return json_text(object);
}

std::string to_event_detail(const Report& report) {
    ordered_json detail{{"run_id", report.subject.run_id}, {"outcome", to_string(report.outcome)}};
    // Of a run that was caught up with: when it ended.
    std::optional<Time> last;
    for (const Followed& host : report.hosts) {
        last = std::max(last, host.transcript.last);
    }
    if (last) {
        detail["at"] = to_rfc3339(*last);
    }
    if (report.unchecked) {
        detail["health"] = "none";
    }
    if (!report.lost.empty()) {
        detail["lost"] = report.lost;
    }
    if (report.failure) {
        detail["host"] = report.failure->host;
        detail["reason"] = report.failure->code;
        detail["step"] = report.failure->step;
        detail["message"] = report.failure->message;
        // For the notice: whoever reads it must not have to look for the log first.
        detail["command"] = report.failure->command;
        detail["how"] = report.failure->how;
        detail["lines"] = report.failure->lines;
        detail["container"] = report.failure->container;
        detail["serves"] = report.failure->serves;
        detail["next"] = report.failure->next;
    }
    return json_text(detail);
}

} // namespace loomrel::deploy
