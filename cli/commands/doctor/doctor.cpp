#include "cli/commands/doctor/doctor.hpp"

#include "cli/checks/config_check.hpp"
#include "cli/checks/exposure.hpp"
#include "cli/commands/doctor/telegram.hpp"
#include "cli/commands/doctor/words.hpp"
#include "lib/base/shell_quote.hpp"
#include "lib/base/text.hpp"
#include "lib/deploy/look.hpp"
#include "lib/operations/host_survey.hpp"
#include "lib/operations/ledger.hpp"
#include "lib/store/keys.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <map>

namespace loomrel::cli {

namespace {

using messages::Id;
using nlohmann::ordered_json;
using operations::HostServices;

// How to mend what the script on the host found: by the check's name (lib/deploy/host/doctor.sh).
struct Cure {
    std::string_view check;
    Id mend;
    Verdict verdict;
};

constexpr std::array k_cures{
    Cure{"tool_git", Id::doctor_mend_tools, Verdict::bad},
    Cure{"tool_awk", Id::doctor_mend_tools, Verdict::bad},
    Cure{"flock", Id::doctor_mend_tools, Verdict::bad},
    Cure{"setsid", Id::doctor_mend_tools, Verdict::bad},
    Cure{"sync", Id::doctor_mend_tools, Verdict::bad},
    Cure{"tail", Id::doctor_mend_tail, Verdict::warning},
    Cure{"http", Id::doctor_mend_http, Verdict::bad},
    Cure{"state_dir", Id::doctor_mend_state_dir, Verdict::bad},
    Cure{"log_root", Id::doctor_mend_log_root, Verdict::warning},
    Cure{"disk", Id::doctor_mend_disk, Verdict::warning},
    Cure{"repository", Id::doctor_mend_repository, Verdict::bad},
    Cure{"tree", Id::doctor_mend_tree, Verdict::bad},
    Cure{"origin", Id::doctor_mend_origin, Verdict::bad},
    Cure{"docker", Id::doctor_mend_docker, Verdict::bad},
    Cure{"compose", Id::doctor_mend_compose, Verdict::bad},
    Cure{"compose_file", Id::doctor_mend_compose_file, Verdict::bad},
    Cure{"services", Id::doctor_mend_services, Verdict::bad},
    Cure{"kept", Id::doctor_mend_kept, Verdict::warning},
    Cure{"holders", Id::doctor_mend_holders, Verdict::warning},
};

void check_config(Services& services, Findings& findings) {
    const config::Config& config = services.config();
    std::vector<std::string> files;
    for (const auto& file : {config.toml_path, config.repository_toml_path}) {
        if (!file.empty()) {
            files.push_back(file.string());
        }
    }
    findings.add("config",
                 "loomrel.toml",
                 files.empty() ? Verdict::warning : Verdict::ok,
                 join(files, ", "),
                 messages::phrase(Id::doctor_mend_no_toml));
    findings.add("config",
                 ".env.servers",
                 config.env_servers_path.empty() ? Verdict::warning : Verdict::ok,
                 config.env_servers_path.string(),
                 messages::phrase(Id::doctor_mend_no_env_servers));
    for (const Phrase& warning : config.warnings()) {
        findings.add("config",
                     "config",
                     Verdict::warning,
                     in(services.language(), warning),
                     messages::phrase(Id::doctor_mend_config));
    }
    for (const Exposure& each : find_exposures(services)) {
        findings.add("config",
                     "config",
                     each.bad ? Verdict::bad : Verdict::warning,
                     in(services.language(), each.text),
                     each.mend);
    }
    if (const Secret& key = config.store.api_secret.unsent(); !key.empty()) {
        const bool weak = store::is_weak(key);
        findings.add("config",
                     "LOOM_INTERSERVER_SECRET_KEY",
                     weak ? Verdict::bad : Verdict::ok,
                     weak ? services.say(Id::doctor_weak_key,
                                         fmt::arg("shortest", store::k_shortest_interserver))
                          : "",
                     messages::phrase(Id::doctor_mend_weak_key));
    }
    for (const Phrase& problem : deploy_problems(services)) {
        findings.add("config",
                     "config",
                     Verdict::bad,
                     in(services.language(), problem),
                     messages::phrase(Id::doctor_mend_config));
    }
}

void check_ledger(Services& services, Findings& findings) {
    const std::string url = store::shown_url(services.config().store.url);
    try {
        const auto store =
            services.open_another_store(Services::Purpose::releases, Milliseconds{5000});
        const store::SchemaState state = store->check();
        findings.add("ledger", url, Verdict::ok, state.product);
        findings.add("ledger",
                     "schema",
                     state.pending.empty() ? Verdict::ok : Verdict::warning,
                     join(state.pending, ", "),
                     messages::phrase(Id::doctor_mend_migrate));
        for (const std::string& problem : state.problems) {
            findings.add("ledger",
                         "schema",
                         Verdict::bad,
                         problem,
                         messages::phrase(Id::doctor_mend_db_check));
        }
        // Whose word it is who may approve (design 13.2).
        if (state.pending.empty()) {
            const auto rules = store->approval_rules();
            const bool nobody = rules && rules->approvers.empty();
            findings.add(
                "ledger",
                "approval_rules",
                rules && !nobody ? Verdict::ok : Verdict::warning,
                services.say(nobody  ? Id::doctor_rules_nobody
                             : rules ? Id::doctor_rules_kept
                                     : Id::doctor_rules_not_kept),
                messages::phrase(nobody ? Id::doctor_mend_rules_nobody : Id::doctor_mend_rules));
        }
    } catch (const Error& error) {
        findings.add("ledger", url, error);
    }
    const store::Spool spool = operations::make_spool(services.context());
    const std::size_t waiting = spool.waiting();
    findings.add("ledger",
                 "spool",
                 waiting == 0 ? Verdict::ok : Verdict::warning,
                 std::to_string(waiting),
                 messages::phrase(Id::doctor_mend_spool));
    for (const auto& [ledger, count] : spool.waiting_elsewhere()) {
        const std::string shown = sanitize_line(ledger);
        findings.add("ledger",
                     "spool",
                     Verdict::warning,
                     fmt::format("{} → {}", count, shown),
                     messages::phrase(Id::doctor_mend_spool_elsewhere,
                                      fmt::arg("store", shell_quote(shown)),
                                      fmt::arg("folder", spool.folder().string())));
    }
    if (const std::size_t refused = spool.refused(); refused > 0) {
        findings.add(
            "ledger",
            "spool",
            Verdict::warning,
            std::to_string(refused),
            messages::phrase(Id::doctor_mend_refused, fmt::arg("folder", spool.folder().string())));
    }
}

void take_checks(const deploy::Diagnosis& diagnosis,
                 const config::DeploySettings& settings,
                 const HostServices& place,
                 Findings& findings) {
    for (const deploy::Check& check : diagnosis.checks) {
        const auto cure = std::find_if(k_cures.begin(), k_cures.end(), [&](const Cure& one) {
            return one.check == check.name;
        });
        const bool known = cure != k_cures.end();
        // A folder under the log-in's home, for whoever mends it as root.
        const std::string dir = settings.root + "/" + settings.dir;
        const std::string tree =
            (dir.starts_with('/') ? "" : "~" + place.host.user + "/") + shell_quote(dir);
        findings.add(place.environment + " " + place.name,
                     settings.service + " " + check.name,
                     check.ok ? Verdict::ok : (known ? cure->verdict : Verdict::bad),
                     check.detail,
                     known ? messages::phrase(cure->mend,
                                              fmt::arg("service", settings.service),
                                              fmt::arg("repo", settings.repo),
                                              fmt::arg("user", place.host.user),
                                              fmt::arg("tree", tree),
                                              fmt::arg("dir", dir))
                           : Phrase{});
    }
}

// False: no host is configured, so there is none to look at.
bool check_hosts(Services& services, const DoctorOptions& options, Findings& findings) {
    std::vector<HostServices> all;
    try {
        all = operations::places(services.context(),
                                 services,
                                 options.environment,
                                 services.services_meant(options.service));
    } catch (const Error& error) {
        findings.add("config", "hosts", error);
        return false;
    }
    std::vector<std::vector<deploy::Diagnosis>> diagnoses(all.size());
    const auto look = [&](std::size_t i, ssh::Connection& connection) {
        for (const config::DeploySettings& settings : all[i].services) {
            diagnoses[i].push_back(deploy::diagnose(connection, all[i].name, settings));
        }
    };
    const auto surveyed = operations::survey(services.context(), services, all, look);
    std::map<std::pair<std::string, std::string>, std::string> machines;
    for (std::size_t i = 0; i < all.size(); ++i) {
        const std::string where = all[i].environment + " " + all[i].name;
        if (surveyed[i].error) {
            findings.add(where, "ssh", *surveyed[i].error);
            continue;
        }
        findings.add(where, "ssh", Verdict::ok, "libssh " + ssh::library_version());
        for (std::size_t n = 0; n < diagnoses[i].size(); ++n) {
            take_checks(diagnoses[i][n], all[i].services[n], all[i], findings);
        }
        const std::string machine = diagnoses[i].empty() ? "" : diagnoses[i].front().machine_id;
        const auto [other, fresh] = machines.insert({{all[i].environment, machine}, all[i].name});
        if (!machine.empty() && !fresh) {
            findings.add(where,
                         "machine-id",
                         Verdict::bad,
                         other->second,
                         messages::phrase(Id::doctor_mend_same_machine));
        }
    }
    return true;
}

std::string_view word(Verdict verdict) {
    switch (verdict) {
    case Verdict::ok:
        return "ok";
    case Verdict::warning:
        return "warning";
    case Verdict::bad:
        return "bad";
    }
    return "";
}

std::string_view sign(Verdict verdict) {
    switch (verdict) {
    case Verdict::ok:
        return "✅";
    case Verdict::warning:
        return "⚠️ ";
    case Verdict::bad:
        return "❌";
    }
    return "";
}

void show(Services& services, const Findings& findings) {
    if (services.json()) {
        ordered_json rows = ordered_json::array();
        for (const Finding& finding : findings.all()) {
            rows.push_back({{"where", finding.where},
                            {"check", finding.what},
                            {"verdict", word(finding.verdict)},
                            {"detail", finding.detail},
                            {"mend", finding.mend}});
        }
        services.out_json({{"ok", !findings.any_bad()}, {"checks", std::move(rows)}});
        return;
    }
    std::string where;
    for (const Finding& finding : findings.all()) {
        if (finding.where != where) {
            where = finding.where;
            services.out(check_in_words(services.language(), where) + "\n");
        }
        services.out(fmt::format("  {} {}{}{}\n",
                                 sign(finding.verdict),
                                 check_in_words(services.language(), finding.what),
                                 finding.detail.empty() ? "" : ": ",
                                 finding.detail));
        if (!finding.mend.empty()) {
            services.out("     → " + finding.mend + "\n");
        }
    }
}

} // namespace

ExitCode run_doctor(Services& services, const DoctorOptions& options) {
    Findings findings(services);
    try {
        check_config(services, findings);
    } catch (const Error& error) {
        // Without a configuration there is nothing else to look at.
        findings.add("config", "config", error);
        show(services, findings);
        return ExitCode::usage;
    }
    check_ledger(services, findings);
    check_telegram(services, findings);
    const bool has_hosts = check_hosts(services, options, findings);
    show(services, findings);
    if (!has_hosts) {
        return ExitCode::usage;
    }
    return findings.any_bad() ? ExitCode::run_failed : ExitCode::ok;
}

void register_doctor(Command& parent) {
    auto options = std::make_shared<DoctorOptions>();
    parent.command("doctor", Id::cli_doctor_about)
        .option("--env", "E", Id::cli_help_env_looked, &options->environment)
        .choices({"dev", "stage", "prod"})
        .option("--service", "S", Id::cli_help_service, &options->service)
        .runs([options](Services& services) { return run_doctor(services, *options); });
}

} // namespace loomrel::cli
