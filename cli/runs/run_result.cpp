#include "cli/runs/run_result.hpp"

#include "cli/actions/outputs.hpp"
#include "lib/base/text.hpp"
#include "lib/messages/status_texts.hpp"
#include "lib/messages/steps.hpp"
#include "lib/operations/ledger.hpp"
#include "lib/operations/run_subject.hpp"
#include "lib/terminal/view_text.hpp"
#include "lib/terminal/workflow_commands.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <optional>
#include <system_error>

namespace loomrel::cli {

namespace {

using deploy::Followed;
using deploy::HowFollowed;
using deploy::Report;
using messages::Id;
using nlohmann::json;

std::string status_label(Services& services, const std::string& status) {
    const auto known = release::parse_status(status);
    return known ? messages::label(services.language(), *known) : sanitize_line(status);
}

bool any_goes_on(const Report& report) {
    return std::any_of(report.hosts.begin(), report.hosts.end(), [](const Followed& host) {
        return host.how == HowFollowed::going_on;
    });
}

// Whoever interrupted reads nothing but the last line: what became of the run, and what to type.
std::string last_line(Services& services, const Report& report, ExitCode code) {
    const auto run = fmt::arg("run", report.subject.run_id);
    if (any_goes_on(report)) {
        return services.say(Id::deploy_goes_on, run) + '\n';
    }
    if (code != ExitCode::interrupted) {
        return "";
    }
    const bool stopped =
        std::all_of(report.hosts.begin(), report.hosts.end(), [](const Followed& host) {
            return host.how == HowFollowed::not_started || (host.end && !host.end->switched);
        });
    if (stopped) {
        return services.say(Id::deploy_interrupted, run) + '\n';
    }
    return report.exit == 7 ? services.say(Id::deploy_interrupted_unknown, run) + '\n' : "";
}

// A host that failed hides no other's result.
std::string hosts_text(Services& services, const Report& report) {
    std::string text;
    for (const std::string& line : deploy::host_lines(report, services.language())) {
        text += "   " + line + '\n';
    }
    return text;
}

std::string people_text(Services& services,
                        const Report& report,
                        const deploy::LedgerRecorder::Conclusion& conclusion,
                        ExitCode code) {
    std::string text;
    if (any_goes_on(report)) {
        // That is the last line.
    } else if (report.outcome == store::RunOutcome::cancelled && report.exit == 0) {
        text += services.say(Id::cancel_done, fmt::arg("run", report.subject.run_id));
        text += report.failure ? "\n   " + report.failure->serves : "";
    } else if (report.exit == 0 && report.past) {
        text += services.say(Id::deploy_was_done,
                             fmt::arg("run", report.subject.run_id),
                             fmt::arg("service", report.subject.service),
                             fmt::arg("ref", report.subject.ref),
                             fmt::arg("environment", report.subject.environment),
                             fmt::arg("date", services.date(*report.past)));
    } else if (report.exit == 0) {
        const bool back = report.subject.kind == store::RunKind::rollback;
        text += services.say(
            back ? Id::rollback_done : Id::deploy_done,
            fmt::arg("service", report.subject.service),
            fmt::arg("ref", report.subject.ref),
            fmt::arg("environment", report.subject.environment),
            fmt::arg("seconds", terminal::seconds_text(services.language(), report.took)));
        text += report.unchecked ? "\n   " + services.say(Id::deploy_unchecked) : "";
    } else if (report.failure) {
        text += to_text(*report.failure, services.language());
    }
    if (!text.empty() && text.back() != '\n') {
        text += '\n';
    }
    text += any_goes_on(report) ? "" : hosts_text(services, report);
    if (report.release_id && !report.status.empty()) {
        text += "   "
                + services.say(Id::deploy_release_line,
                               fmt::arg("id", *report.release_id),
                               fmt::arg("status", status_label(services, report.status)))
                + '\n';
    }
    if (!report.log.empty()) {
        text += "   "
                + services.say(Id::deploy_log_line,
                               fmt::arg("host", report.log_host),
                               fmt::arg("log", sanitize_line(report.log)))
                + '\n';
    }
    for (const Followed& host : report.hosts) {
        if (!host.transcript.saved_file.empty()) {
            text += "   "
                    + services.say(Id::deploy_saved_line,
                                   fmt::arg("host", host.host),
                                   fmt::arg("file", sanitize_line(host.transcript.saved_file)))
                    + '\n';
        }
    }
    if (!report.lost.empty()) {
        text +=
            "   " + services.say(Id::deploy_lost_line, fmt::arg("versions", report.lost)) + '\n';
    }
    if (conclusion.not_kept) {
        text += services.say(Id::deploy_not_kept,
                             fmt::arg("reason",
                                      conclusion.error
                                          ? in(services.language(), conclusion.error->message())
                                          : services.say(Id::store_no_answer)),
                             fmt::arg("why", sanitize_line(*conclusion.not_kept)),
                             fmt::arg("run", report.subject.run_id))
                + '\n';
    } else if (!conclusion.told && !operations::is_ledger_named(services.context())) {
        text += services.say(Id::deploy_spooled_nameless) + '\n';
    } else if (!conclusion.told && code != ExitCode::unknown_outcome) {
        text += (conclusion.error ? services.say(
                     Id::deploy_spooled,
                     fmt::arg("reason", in(services.language(), conclusion.error->message())))
                                  : services.say(Id::cancel_ledger_later))
                + '\n';
    }
    return text + last_line(services, report, code);
}

// GitHub's page of the run: a table of hosts and steps, and why it failed.
std::string summary(Services& services, const Report& report) {
    std::vector<std::vector<std::string>> rows{{services.say(Id::deploy_column_host),
                                                services.say(Id::deploy_column_step),
                                                services.say(Id::deploy_column_time),
                                                ""}};
    for (const Followed& host : report.hosts) {
        for (const deploy::StepRecord& step : host.transcript.steps()) {
            rows.push_back({host.host,
                            messages::step_label(services.language(), step.name),
                            terminal::seconds_text(services.language(), step.took),
                            step.ok.value_or(false) ? "✅" : "❌"});
        }
    }
    std::string text =
        github::markdown_heading(services.say(Id::deploy_title,
                                              fmt::arg("service", report.subject.service),
                                              fmt::arg("ref", report.subject.ref),
                                              fmt::arg("environment", report.subject.environment)))
        + github::markdown_table(rows);
    if (report.failure) {
        text += github::markdown_code(to_text(*report.failure, services.language())
                                      + hosts_text(services, report));
    }
    return text;
}

// What the step tells those after it, and its part of the run's page.
void tell_github(Services& services, const github::Outputs& outputs, const std::string& page) {
    try {
        if (const auto file = services.env("GITHUB_OUTPUT")) {
            github::append_outputs(*file, outputs);
        }
        if (const auto file = services.env("GITHUB_STEP_SUMMARY")) {
            github::append_summary(*file, services.redactor().redact(page));
        }
    } catch (const std::exception& error) {
        // The run has ended, and what it came to must not be lost for a page.
        services.note(std::string(error.what()) + "\n");
    }
}

github::Outputs outputs_of(Services& services,
                           const std::string& release_id,
                           const std::string& status,
                           const std::string& commit,
                           const std::string& log) {
    const Redactor& redactor = services.redactor();
    return {{"release_id", release_id},
            {"status", redactor.redact(status)},
            {"commit", redactor.redact(commit)},
            {"log", redactor.redact(log)}};
}

// The run was told to the ledger before its release was moved, and that may have moved on.
std::string status_now(Services& services, const store::Run& run) {
    if (!run.release_id) {
        return std::string(to_string(run.outcome.value_or(store::RunOutcome::unknown)));
    }
    try {
        const auto release =
            services.store(Services::Purpose::releases).find_release(*run.release_id);
        return release ? release->status : "";
    } catch (const Error&) {
        return ""; // how the run ended is known all the same
    }
}

std::string text_in(const json& result, const char* key) {
    return result.is_object() && result.contains(key) && result[key].is_string()
               ? result[key].get<std::string>()
               : std::string();
}

// Texts alone: a password may be "true" or "1234", which an object is made of too.
void redact_texts(json& value, const Redactor& redactor) {
    if (value.is_string()) {
        value = redactor.redact(value.get<std::string>());
    } else if (value.is_structured()) {
        for (json& each : value) {
            redact_texts(each, redactor);
        }
    }
}

// A branch has no release: its run's outcome is all there is to tell.
std::string status_of(const Report& report) {
    return report.release_id ? report.status : std::string(to_string(report.outcome));
}

} // namespace

void show_result(Services& services,
                 const Report& report,
                 const deploy::LedgerRecorder::Conclusion& conclusion,
                 ExitCode code) {
    const std::string text =
        services.redactor().redact(people_text(services, report, conclusion, code));
    if (services.json()) {
        json object = json::parse(to_json(report));
        redact_texts(object, services.redactor());
        object["exit"] = static_cast<int>(code);
        // Nothing was started anywhere: that is an error like any other too.
        if (code == ExitCode::no_host && report.failure) {
            object["error"] = {{"code", report.failure->code},
                               {"message", report.failure->message},
                               {"hint", report.failure->next}};
        }
        services.note(text);
        services.out_json(object);
    } else {
        services.out(text);
    }
    tell_github(services,
                outputs_of(services,
                           report.release_id ? std::to_string(*report.release_id) : "",
                           status_of(report),
                           report.commit,
                           report.log),
                summary(services, report));
}

ExitCode show_stored_result(Services& services, const store::Run& run) {
    const Redactor& redactor = services.redactor(); // whoever wrote it may have known fewer secrets
    json result = json::parse(run.result, nullptr, false);
    redact_texts(result, redactor);
    const std::string status = status_now(services, run);
    if (result.is_object() && run.release_id) {
        result["status"] = status;
    }
    const bool good = run.outcome == store::RunOutcome::good;
    const int exit = result.is_object() ? result.value("exit", good ? 0 : 1) : (good ? 0 : 1);
    const std::string text = services.say(Id::deploy_ended_before,
                                          fmt::arg("run", run.id),
                                          fmt::arg("service", run.service),
                                          fmt::arg("ref", operations::short_ref(run.ref)),
                                          fmt::arg("date", services.date(run.started_at)));
    services.note(text);
    const auto failure = deploy::failure_of_then(run, services.language(), redactor);
    const std::string why = failure ? to_text(*failure, services.language()) : "";
    if (!why.empty() && services.github().active) {
        services.io().err(terminal::workflow::error(failure->message, why) + "\n");
    }
    if (services.json()) {
        services.out_json(result.is_object() ? result : json::object());
    } else {
        services.out(why.empty()
                         ? services.say(good ? Id::deploy_was_good : Id::deploy_was_bad) + "\n"
                         : why);
    }
    tell_github(services,
                outputs_of(services,
                           run.release_id ? std::to_string(*run.release_id) : "",
                           status,
                           text_in(result, "commit"),
                           text_in(result, "log")),
                github::markdown_heading(text) + (why.empty() ? "" : github::markdown_code(why)));
    return static_cast<ExitCode>(exit);
}

} // namespace loomrel::cli
