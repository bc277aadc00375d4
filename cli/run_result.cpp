#include "cli/run_result.hpp"

#include "cli/github_outputs.hpp"
#include "lib/base/text.hpp"
#include "lib/messages/status_texts.hpp"
#include "lib/messages/step_texts.hpp"

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

std::string seconds(Milliseconds took) {
    return fmt::format("{:.1f}", static_cast<double>(took.count()) / 1000);
}

bool any_goes_on(const Report& report) {
    return std::any_of(report.hosts.begin(), report.hosts.end(), [](const Followed& host) {
        return host.how == HowFollowed::going_on;
    });
}

std::string people_text(Services& services,
                        const Report& report,
                        const deploy::Keeper::Conclusion& conclusion,
                        ExitCode code) {
    std::string text;
    if (any_goes_on(report)) {
        text += services.say(Id::deploy_goes_on, fmt::arg("run", report.subject.run_id));
    } else if (report.exit == 0) {
        text += services.say(Id::deploy_done,
                             fmt::arg("service", report.subject.service),
                             fmt::arg("ref", report.subject.ref),
                             fmt::arg("environment", report.subject.environment),
                             fmt::arg("seconds", seconds(report.took)));
    } else if (report.failure) {
        text += to_text(*report.failure, services.language());
    }
    if (text.empty() || text.back() != '\n') {
        text += '\n';
    }
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
                               fmt::arg("host", report.hosts.front().host),
                               fmt::arg("log", sanitize_line(report.log)))
                + '\n';
    }
    for (const Followed& host : report.hosts) {
        if (!host.book.saved_file.empty()) {
            text += "   "
                    + services.say(Id::deploy_saved_line,
                                   fmt::arg("host", host.host),
                                   fmt::arg("file", sanitize_line(host.book.saved_file)))
                    + '\n';
        }
    }
    if (code == ExitCode::spooled && conclusion.error) {
        text +=
            services.say(Id::deploy_spooled,
                         fmt::arg("reason", in(services.language(), conclusion.error->message())))
            + '\n';
    }
    return text;
}

// GitHub's page of the run: a table of hosts and steps, and why it failed.
std::string summary(Services& services, const Report& report) {
    std::vector<std::vector<std::string>> rows{{services.say(Id::deploy_column_host),
                                                services.say(Id::deploy_column_step),
                                                services.say(Id::deploy_column_time),
                                                ""}};
    for (const Followed& host : report.hosts) {
        for (const deploy::StepRecord& step : host.book.steps()) {
            rows.push_back({host.host,
                            messages::step_label(services.language(), step.name),
                            seconds(step.took),
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
        text += github::markdown_code(to_text(*report.failure, services.language()));
    }
    return text;
}

void tell_github(Services& services, const Report& report) {
    const Redactor& redactor = services.redactor();
    try {
        if (const auto file = services.env("GITHUB_OUTPUT")) {
            github::append_outputs(
                *file,
                {{"release_id", report.release_id ? std::to_string(*report.release_id) : ""},
                 {"status", redactor.redact(report.status)},
                 {"commit", redactor.redact(report.commit)},
                 {"log", redactor.redact(report.log)}});
        }
        if (const auto file = services.env("GITHUB_STEP_SUMMARY")) {
            github::append_summary(*file, redactor.redact(summary(services, report)));
        }
    } catch (const std::exception& error) {
        // The run has ended, and what it came to must not be lost for a page.
        services.note(std::string(error.what()) + "\n");
    }
}

} // namespace

std::string short_ref(const std::string& ref) {
    for (const std::string_view prefix : {"refs/tags/", "refs/heads/"}) {
        if (ref.rfind(prefix, 0) == 0) {
            return ref.substr(prefix.size());
        }
    }
    return ref;
}

deploy::Subject subject_of(const store::Run& run, const config::DeploySettings& settings) {
    return {run.service,
            run.environment,
            short_ref(run.ref),
            run.ref.rfind("refs/tags/", 0) == 0,
            run.id,
            settings.health_attempts};
}

void show_result(Services& services,
                 const Report& report,
                 const deploy::Keeper::Conclusion& conclusion,
                 ExitCode code) {
    const std::string text =
        services.redactor().redact(people_text(services, report, conclusion, code));
    if (services.json()) {
        json object = json::parse(services.redactor().redact(to_json(report)));
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
    tell_github(services, report);
}

ExitCode show_stored_result(Services& services, const store::Run& run) {
    const json result = json::parse(run.result, nullptr, false);
    const bool good = run.outcome == store::RunOutcome::good;
    const int exit = result.is_object() ? result.value("exit", good ? 0 : 1) : (good ? 0 : 1);
    const std::string text = services.say(Id::deploy_ended_before,
                                          fmt::arg("run", run.id),
                                          fmt::arg("service", run.service),
                                          fmt::arg("ref", short_ref(run.ref)),
                                          fmt::arg("date", services.date(run.started_at)));
    services.note(text + "\n");
    std::string why;
    if (result.is_object() && result.contains("failure") && result["failure"].is_object()) {
        why = sanitize_line(result["failure"].value("message", "")) + "\n  "
              + sanitize_line(result["failure"].value("serves", "")) + "\n  "
              + sanitize_line(result["failure"].value("next", "")) + "\n";
    }
    if (services.json()) {
        services.out_json(result.is_object() ? result : json::object());
    } else {
        services.out(why.empty()
                         ? services.say(good ? Id::deploy_was_good : Id::deploy_was_bad) + "\n"
                         : why);
    }
    return static_cast<ExitCode>(exit);
}

} // namespace loomrel::cli
