#include "cli/context/services.hpp"

#include "lib/base/json_text.hpp"
#include "lib/base/random.hpp"
#include "lib/base/text.hpp"
#include "lib/config/night.hpp"
#include "lib/release/names.hpp"
#include "lib/terminal/workflow_commands.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace loomrel::cli {

namespace {

using messages::Id;
using messages::phrase;

} // namespace

std::optional<std::filesystem::path>
state_home(const std::map<std::string, std::string>& environment) {
    const auto found = environment.find("XDG_STATE_HOME");
    if (found == environment.end() || !std::filesystem::path(found->second).is_absolute()) {
        return std::nullopt;
    }
    return found->second;
}

Services::Services(Outside& outside, GlobalOptions options)
    : m_outside(outside),
      m_options(std::move(options)) {}

std::optional<std::string> Services::env(const std::string& name) const {
    const auto found = m_outside.environment.find(name);
    if (found == m_outside.environment.end() || found->second.empty()) {
        return std::nullopt;
    }
    return found->second;
}

const config::Config& Services::config() {
    if (!m_config) {
        config::Inputs inputs;
        inputs.environment = m_outside.environment;
        if (!state_home(m_outside.environment)) {
            inputs.environment.erase("XDG_STATE_HOME");
        }
        inputs.working_directory = m_outside.working_directory;
        inputs.config_flag = m_options.config;
        inputs.env_file_flag = m_options.env_file;
        inputs.store_flag = m_options.store;
        inputs.language_flag = m_options.language;
        inputs.must_go_on = m_must_go_on;
        try {
            m_config = m_outside.load_config(inputs);
        } catch (const Error& error) {
            if (m_needs_config) {
                throw;
            }
            m_config.emplace();
            m_config->must_go_on = m_must_go_on;
            note(say(Id::rollback_no_config, fmt::arg("reason", in(language(), error.message()))));
        }
        for (const Secret& secret : m_config->secrets()) {
            m_redactor.add(secret);
        }
        // GitHub must know them before it sees any other output of ours.
        for (const std::string& form : m_redactor.forms()) {
            if (is_in_actions()) {
                m_outside.io.err(terminal::workflow::add_mask(form) + "\n");
            }
        }
        for (const Phrase& notice : m_config->notices) {
            note(say(Id::cli_warning, fmt::arg("text", in(language(), notice))));
        }
    }
    return *m_config;
}

const operations::Context& Services::context() {
    if (!m_context) {
        const config::Config& config = this->config();
        const GithubActions& github = this->github();
        m_context.emplace(operations::Context{
            config,
            m_redactor,
            language(),
            {actor(), "cli", github.link, {github.run_id, github.run_attempt}, sender()},
            state_folder(),
            patience(),
            m_outside.clock,
            [this](Purpose purpose, std::optional<Milliseconds> deadline, bool must_exist) {
                return open_another_store(purpose, deadline, must_exist);
            }});
    }
    return *m_context;
}

// $XDG_STATE_HOME/loomrel, else ~/.local/state/loomrel.
std::filesystem::path Services::state_folder() const {
    if (const auto state = state_home(m_outside.environment)) {
        return *state / "loomrel";
    }
    return std::filesystem::path(env("HOME").value_or("/")) / ".local/state/loomrel";
}

// LOOMREL_LINK_WAIT (seconds) shortens or lengthens how long a lost link is waited for.
deploy::Patience Services::patience() const {
    deploy::Patience patience;
    if (const auto wait = parse_integer(env("LOOMREL_LINK_WAIT").value_or(""))) {
        patience.away = std::chrono::seconds(std::max<std::int64_t>(*wait, 0));
    }
    return patience;
}

store::Store& Services::store(Purpose purpose) {
    check_ledger(purpose);
    if (!m_store) {
        m_store = open_another_store(purpose);
    }
    return *m_store;
}

void Services::check_ledger(Purpose purpose) {
    if (!config().store.embedded || purpose == Purpose::looking) {
        return;
    }
    if (config().in_ci) {
        throw Error(ErrorKind::config,
                    "no_store",
                    phrase(Id::cli_no_store_in_ci),
                    phrase(Id::cli_no_store_in_ci_hint));
    }
    if (purpose == Purpose::production && config().has_trusted_side) {
        throw Error(ErrorKind::config,
                    "ledger_not_named",
                    phrase(Id::cli_ledger_not_named),
                    config::with_way_back(
                        phrase(Id::cli_ledger_not_named_hint, fmt::arg("url", config().store.url)),
                        config().first_production_host()));
    }
}

std::unique_ptr<store::Store> Services::open_another_store(Purpose purpose,
                                                           std::optional<Milliseconds> deadline,
                                                           bool must_exist) {
    check_ledger(purpose);
    const config::StoreSettings& settings = config().store;
    store::Options options;
    options.url = settings.url;
    // The HTTP store's password is the key that runners share with the server.
    if (!settings.url.starts_with("http")) {
        options.password = settings.password.for_place(settings.url);
    } else if (const std::string place = place_of_url(settings.url); !place.empty()) {
        options.password = settings.api_secret.for_place(place);
    } // else it is no address to send anything to, which the store says
    options.cleartext = config().cleartext;
    if (deadline) {
        options.deadline = *deadline;
    }
    options.must_exist = must_exist;
    return m_outside.open_store(options);
}

const GithubActions& Services::github() {
    if (!m_github) {
        m_github = read_github_actions(m_outside.environment);
    }
    return *m_github;
}

std::string Services::service(const std::optional<std::string>& flag) {
    std::string name = flag.value_or(github().service);
    if (name.empty() && !flag) {
        // An administrator's file may list every service there is; the checkout is of one.
        const auto& own = config().repository_services;
        const auto& listed = own.empty() ? config().services : own;
        name = listed.size() == 1 ? listed.front() : "";
    }
    if (name.empty() && !flag) {
        throw Error(ErrorKind::usage,
                    "service_missing",
                    phrase(Id::cli_service_missing),
                    config().services.empty()
                        ? phrase(Id::cli_service_missing_hint)
                        : phrase(Id::cli_one_of, fmt::arg("names", join(config().services, ", "))));
    }
    release::check_service_name(name);
    return name;
}

std::vector<std::string> Services::services_meant(const std::optional<std::string>& flag) {
    if (!flag && config().services.size() > 1) {
        return config().services;
    }
    return {service(flag)};
}

std::string Services::tag(const std::optional<std::string>& flag) {
    std::string name = flag.value_or(github().tag);
    if (name.empty() && !flag) {
        throw Error(ErrorKind::usage,
                    "tag_missing",
                    phrase(Id::cli_tag_missing),
                    phrase(Id::cli_tag_missing_hint));
    }
    release::check_release_tag(name);
    return name;
}

std::string Services::actor() {
    std::string name = github().author;
    for (const char* variable : {"USER", "LOGNAME"}) {
        if (name.empty()) {
            name = env(variable).value_or("");
        }
    }
    name = sanitize_line(name);
    return name.empty() ? "loomrel" : name;
}

operations::Sender Services::sender() {
    const GithubActions& run = github();
    if (!run.active) {
        return {actor(), "", "", std::string(release::k_word_terminal)};
    }
    const auto line = [](const std::string& text) {
        const std::string clean = sanitize_line(text);
        return std::string(cut_bytes(clean, release::k_longest_line));
    };
    return {line(run.actor),
            line(run.resender),
            line(run.event.substr(0, 40)),
            std::string(release::k_word_ci)};
}

Language Services::language() const {
    if (m_options.language) {
        return parse_language(*m_options.language).value_or(Language::ru);
    }
    if (m_config) {
        return m_config->language;
    }
    return parse_language(env("LOOMREL_LANG").value_or("")).value_or(Language::ru);
}

bool Services::colour() const {
    return terminal::choose_colour(m_outside.io.out_is_tty(),
                                   m_options.no_color,
                                   [this](const std::string& name) { return env(name); });
}

bool Services::is_in_actions() const {
    return env("GITHUB_ACTIONS") == "true";
}

// GitHub's runner acts upon lines of either stream: where one might pose as a command, it is told
// to obey none.
std::string Services::inert(std::string_view text) const {
    const auto lines = split(text, '\n');
    if (!is_in_actions() || std::all_of(lines.begin(), lines.end(), terminal::workflow::is_inert)) {
        return std::string(text);
    }
    const std::string token = random_hex(16);
    return terminal::workflow::stop_commands(token) + "\n" + std::string(text)
           + (text.ends_with('\n') ? "" : "\n") + terminal::workflow::resume_commands(token) + "\n";
}

void Services::out(std::string_view text) {
    m_outside.io.out(inert(text));
}

void Services::out_json(const nlohmann::ordered_json& object) {
    std::string text = json_text(object);
    // The runner finds its older commands anywhere in a line; within JSON they are in strings.
    constexpr std::string_view k_old_command = "##[";
    for (std::size_t at = 0; is_in_actions() && (at = text.find(k_old_command)) != text.npos;) {
        text.replace(at, k_old_command.size(), "#\\u0023[");
    }
    m_outside.io.out(text + "\n");
}

void Services::note(std::string_view text) {
    if (!m_options.quiet) {
        m_outside.io.err(inert(std::string(text) + "\n"));
    }
}

std::string Services::date(Time time) {
    return to_local_minute(time, config().timezone);
}

bool Services::is_person_here() const {
    return !env("CI") && !env("GITHUB_ACTIONS") && m_outside.io.can_prompt();
}

bool Services::confirm(const std::string& question) {
    if (!m_outside.io.can_prompt()) {
        return false;
    }
    m_outside.io.err(question + " " + say(Id::cli_yes_or_no) + " ");
    const std::string answer = to_lower(trim(m_outside.io.read_line().value_or("")));
    return answer == "y" || answer == "yes" || answer == "д" || answer == "Д" || answer == "да"
           || answer == "Да" || answer == "ДА";
}

} // namespace loomrel::cli
