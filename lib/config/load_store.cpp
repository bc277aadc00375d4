#include "lib/base/text.hpp"
#include "lib/config/loader.hpp"
#include "lib/config/pgpass.hpp"
#include "lib/config/url.hpp"

#include <algorithm>
#include <utility>

// Which ledger, and what opens it: --store, LOOMREL_STORE, [store] url; all four variables of
// Postgres; the API; SQLite.
namespace loomrel::config {

namespace {

constexpr const char* k_release_api = "LOOM_RELEASE_TG_BOT_API_URL";
constexpr const char* k_password = "LOOMREL_STORE_PASSWORD";
// Which ledger it is, nobody can read: it is opened by none, and shown as "" (store::shown_url).
constexpr const char* k_unreadable = "unreadable:";

bool is_postgres(const std::string& url) {
    return url.starts_with("postgresql://") || url.starts_with("postgres://");
}

} // namespace

// Only LOOMREL_STORE may hold a password; it is taken out at once.
void Config::Loader::read_store_address() {
    for (auto* values : {&m_config.m_values, &m_config.m_repository}) {
        const auto found = values->find("store.url");
        if (found == values->end() || std::get<std::string>(found->second.content).empty()) {
            continue;
        }
        auto& url = std::get<std::string>(found->second.content);
        try {
            StoreUrl parts = read_store_url(url, found->second.origin);
            url = std::move(parts.bare);
            for (std::string& secret : parts.secrets) {
                m_config.m_url_secrets.emplace_back(std::move(secret));
            }
            m_config.m_url_secrets.emplace_back(parts.password);
            if (values == &m_config.m_values) {
                m_url_password = std::move(parts.password);
                m_shown_url = std::move(parts.shown);
            }
        } catch (const Error& error) {
            const bool is_own = values == &m_config.m_values;
            if (is_own && !m_inputs.must_go_on) {
                throw;
            }
            refuse(error);
            if (is_own) {
                // No other ledger takes its place: what happens is told by reconcile, once it can
                // be read.
                found->second.content = std::string(k_unreadable);
                m_shown_url = k_unreadable;
            } else {
                values->erase(found);
            }
        }
    }
}

// The password belongs to the ledger that is named beside it; one that stands alone belongs to
// whichever the trusted side names.
Secret Config::Loader::password_of_address() const {
    const Source source = value("store.url")->origin.source;
    const auto of_process = m_config.process_variable(k_password);
    const auto line = m_config.m_env.find(k_password);
    const bool in_file = line != m_config.m_env.end() && !line->second.value.empty();
    const bool process_names_another =
        source != Source::environment && m_config.process_variable("LOOMREL_STORE").has_value();
    const bool file_names_another =
        source != Source::env_servers && m_config.m_env.contains("LOOMREL_STORE");
    if (of_process && !process_names_another) {
        return Secret(*of_process);
    }
    if (!m_url_password.empty()) {
        return Secret(source == Source::env_servers && in_file ? line->second.value
                                                               : m_url_password);
    }
    return in_file && !file_names_another ? Secret(line->second.value) : Secret();
}

std::vector<Config::Loader::Ledger> Config::Loader::named_ledgers() {
    std::vector<Ledger> named;
    if (const Value* own = value("store.url");
        own != nullptr && !std::get<std::string>(own->content).empty()) {
        named.push_back({std::get<std::string>(own->content), password_of_address(), own->origin});
    }
    const auto postgres = [&](const std::string& name) {
        return m_config.variable("LOOM_RELEASE_TG_BOT_POSTGRES_" + name);
    };
    const auto host = postgres("CONTAINER_NAME");
    const auto name = postgres("DB_NAME");
    const auto user = postgres("USER");
    const auto password = postgres("PASSWORD");
    if (host && name && user && password) {
        named.push_back({"postgresql://" + url_encoded(*user) + "@" + url_encoded(*host) + ":"
                             + postgres("PORT").value_or("5432") + "/" + url_encoded(*name),
                         Secret(*password),
                         origin_of("LOOM_RELEASE_TG_BOT_POSTGRES_CONTAINER_NAME")});
    } else if (named.empty()) {
        warn_of_half_a_postgres();
    }
    if (const auto api = m_config.variable(k_release_api)) {
        named.push_back({*api, Secret(), origin_of(k_release_api)});
    }
    return named;
}

const Config::Loader::Ledger* Config::Loader::choose_ledger(const std::vector<Ledger>& named) {
    const Value* asked = repository_value("store.url");
    if (asked == nullptr || std::get<std::string>(asked->content).empty()) {
        return named.empty() ? nullptr : &named.front();
    }
    const std::string& url = std::get<std::string>(asked->content);
    const auto same = std::find_if(named.begin(), named.end(), [&](const Ledger& ledger) {
        return is_same_ledger(url, ledger.url);
    });
    const Value* own = value("store.url");
    const bool is_named = own != nullptr && !std::get<std::string>(own->content).empty();
    if (is_named && own->origin.source != Source::env_servers) {
        if (same != named.begin()) {
            warn_of_overridden("store.url", *asked, own->origin);
        }
        return &named.front();
    }
    if (same != named.end()) {
        return &*same;
    }
    if (const auto server = plain_postgres(url);
        server && is_in_pgpass(m_config.m_environment, *server)) {
        m_from_pgpass = {url, Secret(), asked->origin};
        return &m_from_pgpass;
    }
    refuse_key("store.url", *asked);
    return named.empty() ? nullptr : &named.front();
}

void Config::Loader::choose_store() {
    StoreSettings& store = m_config.store;
    const std::vector<Ledger> named = named_ledgers();
    bind_api_key(named);
    const Ledger* chosen = choose_ledger(named);
    if (chosen == nullptr && m_config.lacks_trusted_file) {
        store.url = k_unreadable; // it may name one
        return;
    }
    if (chosen == nullptr) {
        use_embedded();
        return;
    }
    store.url = chosen->url;
    if (is_postgres(store.url)) {
        store.password = BoundSecret(chosen->password, {store.url});
    }
    const bool is_own = !m_shown_url.empty() && chosen == &named.front();
    const std::string shown = is_own ? m_shown_url : split_password(store.url).first;
    m_config.m_url_secrets.emplace_back(split_password(store.url).second);
    m_config.m_values["store.url"] = {shown, chosen->origin};
}

void Config::Loader::use_embedded() {
    StoreSettings& store = m_config.store;
    const auto state = m_config.variable("XDG_STATE_HOME");
    const std::string home = m_config.variable("HOME").value_or("/root");
    store.url = "sqlite://" + state.value_or(home + "/.local/state") + "/loomrel/releases.db";
    store.embedded = true;
    m_config.m_values["store.url"] = {store.url, {Source::built_in, ""}};
}

// It opens the Release API wherever the trusted side says that this is; a Postgres never sees it.
void Config::Loader::bind_api_key(const std::vector<Ledger>& named) {
    std::vector<std::string> places;
    for (const Ledger& ledger : named) {
        places.push_back(place_of_url(ledger.url));
    }
    m_config.store.api_secret = BoundSecret(
        Secret(m_config.variable("LOOM_INTERSERVER_SECRET_KEY").value_or("")), std::move(places));
}

// Its releases would stand somewhere else, and nobody would see why.
void Config::Loader::warn_of_half_a_postgres() {
    std::vector<std::string> missing;
    for (const std::string name : {"CONTAINER_NAME", "DB_NAME", "USER", "PASSWORD"}) {
        if (!m_config.variable("LOOM_RELEASE_TG_BOT_POSTGRES_" + name)) {
            missing.push_back("LOOM_RELEASE_TG_BOT_POSTGRES_" + name);
        }
    }
    if (missing.size() == 4) {
        return;
    }
    const std::string names = join(missing, ", ");
    m_config.m_warnings.push_back(
        {"Postgres из LOOM_RELEASE_TG_BOT_POSTGRES_* не используется: нет " + names,
         "the Postgres of LOOM_RELEASE_TG_BOT_POSTGRES_* is not used: " + names + " is missing"});
}

} // namespace loomrel::config
