#pragma once

#include "lib/base/bound_secret.hpp"
#include "lib/base/cleartext.hpp"
#include "lib/base/clock.hpp"
#include "lib/base/language.hpp"
#include "lib/base/secret.hpp"
#include "lib/release/approval.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace loomrel::config {

// toml: the trusted file; repository: the one that whoever pushes a branch writes (design 13.5).
enum class Source { flag, environment, toml, env_servers, repository, built_in };

// Where a value came from: "./loomrel.toml:12", "STAGE_HOST in .env.servers:4", "--store".
struct Origin {
    Source source = Source::built_in;
    std::string place;
};

struct StoreSettings {
    std::string url;      // resolved by the rule "which store" of design 4; never holds a password
    BoundSecret password; // for this very address, never one over HTTP
    BoundSecret api_secret; // LOOM_INTERSERVER_SECRET_KEY, for the origins of the Release API
    bool embedded = false;  // the default: SQLite under XDG_STATE_HOME
};

struct ServerSettings {
    std::string listen = "127.0.0.1:8000";
    std::string prefix = "/api/tg-bot";
    std::string public_url;
    std::vector<std::string> trusted_proxies{"127.0.0.1"};
    std::string log_level = "INFO";
    Milliseconds look_every{300000}; // at all hosts; 0 = never
};

struct TelegramSettings {
    BoundSecret token;
    std::int64_t chat_id = 0;                       // 0 = nowhere
    std::map<std::string, std::int64_t> chat_id_of; // dev, stage, prod
    std::int64_t thread_id = 0;
    std::vector<std::int64_t> approvers;
    std::vector<std::int64_t> admins;
    int quorum = 1; // 0 = all
    bool self_approval = true;
    Milliseconds approval_expires{24 * 3600 * 1000};
    std::string updates = "polling";
    std::string api_url = "https://api.telegram.org";
};

using Person = release::Person;

struct GithubSettings {
    std::string owner;
    std::string prod_workflow = "on-approve-manual-testing.yaml.yml";
    std::string ref = "main";
    std::string api_url = "https://api.github.com";
    BoundSecret token; // LOOM_GITHUB_TOKEN
};

enum class Engine { compose, command };
enum class HealthKind { unset, url, docker, none };

struct Hooks {
    std::string before_up;
    std::string after_up;
    std::string before_rollback;
    std::string on_failure;
};

struct Value;
struct EnvLine;
struct NamedService;

// How one service is deployed in one environment: deploy < services < environments < both.
struct DeploySettings {
    std::string service;
    std::string environment;
    std::string prod_by = "github";
    std::string rollback_by = "direct";
    Engine engine = Engine::compose;
    std::string root = "loom";
    std::string system_dir = "loom-system";
    std::string compose_file = "docker-compose/app.yaml";
    std::vector<std::string> env_files{"env/.env.app", "env/.env.db", "env/.env.monitoring"};
    int keep_capsules = 5;
    std::string keep = "holder"; // archive: kept images are saved as files too
    Milliseconds lock_wait{35 * 60 * 1000};
    Milliseconds time_limit{30 * 60 * 1000};
    std::string log_root = "/var/log/deployments";
    std::string state_dir; // "" = /var/lib/loomrel for root, else ~/.local/state/loomrel
    std::string repo;
    std::string dir;
    std::vector<std::string> compose_services;
    HealthKind health_kind = HealthKind::unset; // unset: docker if the image has one, else refused
    std::string health_url;
    int health_attempts = 3;
    Milliseconds health_interval{5000};
    Milliseconds stable_for{0};
    Hooks hooks;
    std::string build;   // engine = command
    std::string up;      // engine = command
    std::string current; // engine = command
    bool restore_on_failure = true;
    int canary = 1;
    int parallel = 4;
    std::string on_partial = "restore";
    // Keys whose value is a repository's file's word: those that it says and, where no trusted file
    // says how anything is deployed, those that it could have said.
    std::set<std::string> of_repository;
    // A trusted file could not be read: what it says of this is not known.
    bool lacks_trusted_file = false;
};

// One machine, with what opens it. Secrets from .env.servers or the environment only.
struct Host {
    std::string user = "root";
    std::string address;
    std::uint16_t port = 22;
    BoundSecret password; // for this address and port
    std::filesystem::path key_file;
    BoundSecret key;                    // the same
    std::vector<std::string> host_keys; // SHA256:… pins; none = known_hosts
    std::string domain;
    Milliseconds connect_wait{60000}; // to be let in, retries included
    std::string key_file_place;       // where key_file was set
    std::string name; // what it is called in messages: "stage", a developer's login, or the address
};

// What was typed and where we are, as arguments: loading reads no globals.
struct Inputs {
    std::map<std::string, std::string> environment;
    std::filesystem::path working_directory;
    std::optional<std::string> config_flag;
    std::optional<std::string> env_file_flag;
    std::optional<std::string> store_flag;
    std::optional<std::string> language_flag;
    // Of a rollback: what is wrong with a repository's file, or with the mode of a trusted one, is
    // a notice then, and what that file says is left out.
    bool must_go_on = false;
};

struct Shown {
    std::string key;
    std::string value; // secrets masked
    Origin origin;
    std::string in_repository; // "yes", "no", "subset"; "" = a variable, no key
};

// The whole configuration, checked. Loading throws Error(config) with file, line, "did you mean".
class Config {
public:
    static Config load(const Inputs& inputs);

    Config();
    ~Config();
    Config(const Config&);
    Config(Config&&) noexcept;
    Config& operator=(const Config&);
    Config& operator=(Config&&) noexcept;

    Language language = Language::ru;
    std::string timezone = "Europe/Moscow";
    StoreSettings store;
    ServerSettings server;
    TelegramSettings telegram;
    std::vector<Person> people;
    GithubSettings github;
    Cleartext cleartext; // LOOMREL_INSECURE of the process, else of .env.servers

    // The names of [services.*], in the files' order; those of the repository's file alone.
    std::vector<std::string> services;
    std::vector<std::string> repository_services;

    // Who may approve, and how many of them it takes.
    [[nodiscard]] release::ApprovalRules approval_rules() const;

    // Works for a service that is not in the file too (design 4: .env.servers alone is enough).
    // `domain`: of a developer's host, in place of <ENV>_DOMAIN; "" = none.
    [[nodiscard]] DeploySettings deploy(const std::string& service,
                                        const std::string& environment,
                                        const std::string& domain = "") const;

    // <ENV>_HOST of the process, else the narrowest `hosts`, else <ENV>_HOST of .env.servers.
    // Error(config) naming the keys to add if there is none.
    [[nodiscard]] std::vector<Host> hosts(const std::string& environment,
                                          const std::string& service) const;
    // Of all services, each once.
    [[nodiscard]] std::vector<Host> hosts(const std::string& environment) const;
    // Names the hosts of production that the trusted side has and the repository's list leaves out:
    // they come last, for nobody but the trusted side takes one out of production. nullopt: none.
    [[nodiscard]] std::optional<Phrase> unlisted_hosts(const std::string& service) const;
    // A developer's own machine, by GitHub login: case, "-" and "_" do not matter. The process's
    // variables win over .env.servers.
    [[nodiscard]] std::optional<Host> developer(std::string_view login) const;
    // Those of .env.servers: DB_HOST and the like of a process are nobody's login.
    [[nodiscard]] std::vector<std::string> developers() const;
    // As --host takes it; "" if the trusted side names none.
    [[nodiscard]] std::string first_production_host() const;

    // For `config show`: every key with its value and origin, in the order of the key table.
    [[nodiscard]] std::vector<Shown> shown() const;
    // For `config check`: near misses in .env.servers and the like. Not errors.
    [[nodiscard]] std::vector<Phrase> warnings() const;
    // For `config check`: what loads, but what some command would refuse. With its place.
    [[nodiscard]] std::vector<Phrase> problems() const;
    // Every secret value, for masking.
    [[nodiscard]] std::vector<Secret> secrets() const;

    std::filesystem::path toml_path;            // the trusted one; "" = none found
    std::filesystem::path repository_toml_path; // "" = none found
    std::filesystem::path env_servers_path;     // "" = none found
    // A trusted file or .env.servers was read: then a ledger that nobody named is a slip, and
    // production does not believe it (design 13.2).
    bool has_trusted_side = false;
    // Where `trust` pins: loomrel.known_hosts beside the repository's loomrel.toml, else beside the
    // trusted one, else in the working directory.
    [[nodiscard]] std::filesystem::path known_hosts() const;
    // Where pins are looked for: beside the trusted file first.
    [[nodiscard]] std::vector<std::filesystem::path> known_hosts_files() const;
    bool in_ci = false;
    bool has_agent = false;          // $SSH_AUTH_SOCK is set: an ssh-agent may open any host
    bool must_go_on = false;         // as Inputs has it
    bool lacks_trusted_file = false; // must_go_on: one is there, and could not be read whole
    // What every command says once: of files that others can read or write, or that git tracks.
    std::vector<Phrase> notices;

private:
    class Loader;

    [[nodiscard]] std::optional<std::string> variable(const std::string& name) const;
    [[nodiscard]] std::optional<std::string> process_variable(const std::string& name) const;
    // As errors name a variable: "$STAGE_PORT", ".env.servers:3: STAGE_PORT".
    [[nodiscard]] std::string variable_place(const std::string& variable) const;
    [[nodiscard]] Host host_of(const std::vector<std::string>& prefixes,
                               const std::string& name) const;
    // Puts in the secrets of each source whose <prefix>_HOST names this host.
    void give_secrets(Host& host, const std::vector<std::string>& prefixes) const;
    // The hosts that <prefix>_HOST of the process or of .env.servers names.
    [[nodiscard]] std::vector<Host> named_hosts(const std::vector<std::string>& prefixes,
                                                const std::string& name,
                                                Source source) const;
    [[nodiscard]] std::vector<Host> trusted_hosts(const std::string& environment,
                                                  const std::string& service) const;
    [[nodiscard]] std::vector<Host> listed_hosts(const Value& list,
                                                 const std::string& environment) const;
    void choose_hosts(std::vector<Host>& trusted,
                      const std::string& environment,
                      const std::string& service) const;
    // The repository's, the narrowest; nullptr: it has none.
    [[nodiscard]] const Value* repository_hosts(const std::string& environment,
                                                const std::string& service) const;
    // Error(config): nothing but that list of the repository's names it.
    [[noreturn]] void refuse_host(const Host& asked,
                                  const Value& list,
                                  const std::string& environment,
                                  const std::string& service) const;
    [[nodiscard]] std::vector<std::string>
    services_with_hosts(const std::string& environment) const;
    [[nodiscard]] std::string
    name_in(const std::vector<std::string>& prefixes, std::string_view suffix, Source source) const;
    // Lines of .env.servers that are <prefix><suffix>: of a developer in any spelling of the login.
    [[nodiscard]] std::vector<std::string> spellings(const std::string& prefix,
                                                     std::string_view suffix) const;
    [[nodiscard]] std::optional<std::string> spelling_of(const std::string& folded) const;
    // The trusted file's, however wide; else the repository's.
    [[nodiscard]] const Value* narrowest(std::string_view key,
                                         const std::string& service,
                                         const std::string& environment) const;
    void find_deploy_problems(
        const std::string& service,
        const std::string& environment,
        const std::function<void(const std::string& place, Phrase text)>& tell) const;
    void set_health(DeploySettings& settings, const std::string& host_domain) const;

    std::map<std::string, Value> m_values; // plain keys by name, deploy keys with their table
    // Of the repository's file: what may only repeat or choose among the trusted side's.
    std::map<std::string, Value> m_repository;
    std::map<std::string, EnvLine> m_env; // of .env.servers
    std::map<std::string, std::string> m_environment;
    std::map<std::string, std::string> m_developers; // folded login -> prefix as written
    std::vector<Phrase> m_warnings;
    std::vector<NamedService> m_named_services;
    std::string m_env_place; // what .env.servers is called in messages
    std::vector<Secret> m_url_secrets;
    std::filesystem::path m_working_directory;
};

} // namespace loomrel::config
