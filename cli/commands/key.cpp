#include "cli/commands/key.hpp"

#include "lib/base/text.hpp"
#include "lib/base/words.hpp"
#include "lib/config/values.hpp"
#include "lib/release/names.hpp"
#include "lib/store/server_ledger.hpp"
#include "lib/store/wire/wire.hpp"
#include "lib/terminal/table.hpp"

#include <algorithm>
#include <memory>

namespace loomrel::cli {

namespace {

using messages::Id;
using messages::phrase;
using nlohmann::ordered_json;
using store::Key;
using store::Scope;

store::ServerLedger& ledger_of_keys(Services& services) {
    auto* ledger =
        dynamic_cast<store::ServerLedger*>(&services.store(Services::Purpose::production));
    if (ledger == nullptr) {
        const std::string url = store::shown_url(services.config().store.url);
        throw Error(ErrorKind::config,
                    "key_needs_database",
                    phrase(Id::key_needs_database, fmt::arg("url", url)),
                    phrase(Id::key_needs_database_hint));
    }
    return *ledger;
}

void check_name(const std::string& name) {
    if (!store::is_key_name(name)) {
        throw Error(ErrorKind::usage,
                    "bad_key_name",
                    phrase(Id::key_bad_name, fmt::arg("name", sanitize_line(name))),
                    phrase(Id::key_bad_name_hint));
    }
}

Scope scope_of(const KeyCreateOptions& options) {
    if (options.approver) {
        if (options.scope && options.scope != to_string(Scope::read)) {
            throw Error(ErrorKind::usage,
                        "approver_only_reads",
                        phrase(Id::key_approver_only_reads, fmt::arg("scope", *options.scope)),
                        phrase(Id::key_approver_only_reads_hint));
        }
        return Scope::read;
    }
    const auto scope = parse_word<Scope>(options.scope.value_or(""));
    if (!scope) {
        throw Error(ErrorKind::usage,
                    "scope_missing",
                    phrase(Id::key_scope_missing),
                    phrase(Id::key_scope_missing_hint));
    }
    return *scope;
}

// As config::parse_duration, and in days.
std::optional<Milliseconds> parse_expiry(std::string_view text) {
    constexpr std::int64_t k_most_days = 36500;
    std::optional<Milliseconds> found = config::parse_duration(text);
    if (text.ends_with('d')) {
        const auto days = parse_integer(text.substr(0, text.size() - 1));
        if (days && *days >= 0 && *days <= k_most_days) {
            found = std::chrono::hours(24 * *days);
        }
    }
    return found && found->count() > 0 ? found : std::nullopt;
}

store::NewKey new_key(Services& services, const KeyCreateOptions& options) {
    check_name(options.name);
    store::NewKey made;
    made.key.name = options.name;
    made.key.scope = scope_of(options);
    made.key.services = options.services;
    std::for_each(options.services.begin(), options.services.end(), release::check_service_name);
    made.key.approver_id = options.approver;
    made.key.created_by = services.actor();
    if (options.expires) {
        made.expires_in = parse_expiry(*options.expires);
        if (!made.expires_in) {
            throw Error(
                ErrorKind::usage,
                "bad_expires",
                phrase(Id::key_bad_expires, fmt::arg("text", sanitize_line(*options.expires))),
                phrase(Id::key_bad_expires_hint));
        }
    }
    return made;
}

// "environment stage; services: a, b"
Phrase rights_of(const Key& key) {
    const auto own = [&] {
        if (key.approver_id) {
            return phrase(Id::key_rights_approver, fmt::arg("approver", *key.approver_id));
        }
        switch (key.scope) {
        case Scope::read:
            return phrase(Id::key_rights_read);
        case Scope::all:
            return phrase(Id::key_rights_all);
        case Scope::dev:
        case Scope::stage:
        case Scope::prod:
            break;
        }
        return phrase(Id::key_rights_environment, fmt::arg("environment", to_string(key.scope)));
    };
    const Phrase rights = own();
    if (key.services.empty()) {
        return rights;
    }
    const std::string services = join(key.services, ", ");
    const auto with = [&](Language language, const std::string& text) {
        return messages::say(language,
                             Id::key_rights_services,
                             fmt::arg("rights", text),
                             fmt::arg("services", services));
    };
    return {with(Language::ru, rights.ru), with(Language::en, rights.en)};
}

enum class State { in_force, expired, revoked };

State state_of(const Key& key, Time now) {
    if (key.revoked_at) {
        return State::revoked;
    }
    return key.expires_at && *key.expires_at <= now ? State::expired : State::in_force;
}

const char* word_of(State state) {
    switch (state) {
    case State::in_force:
        return "in_force";
    case State::expired:
        return "expired";
    case State::revoked:
        return "revoked";
    }
    return "";
}

Id text_of(State state) {
    switch (state) {
    case State::in_force:
        return Id::key_state_in_force;
    case State::expired:
        return Id::key_state_expired;
    case State::revoked:
        return Id::key_state_revoked;
    }
    return Id::key_state_revoked;
}

// Those of the name that are in force.
std::vector<Key>
in_force(Services& services, store::ServerLedger& ledger, const std::string& name) {
    std::vector<Key> keys = ledger.list_keys();
    std::erase_if(keys, [&](const Key& key) {
        return key.name != name || state_of(key, services.now()) != State::in_force;
    });
    return keys;
}

ExitCode show_plan(Services& services, const store::NewKey& made) {
    if (services.json()) {
        services.out_json(
            {{"name", made.key.name},
             {"scope", to_string(made.key.scope)},
             {"services", made.key.services},
             {"approver_id",
              made.key.approver_id ? ordered_json(*made.key.approver_id) : ordered_json()},
             {"dry_run", true}});
    } else {
        services.out(services.say(Id::key_would_create,
                                  fmt::arg("name", made.key.name),
                                  fmt::arg("rights", in(services.language(), rights_of(made.key))))
                     + "\n");
    }
    return ExitCode::ok;
}

void list_for_people(Services& services, const std::vector<Key>& keys) {
    terminal::Table table({services.say(Id::key_column_name),
                           services.say(Id::key_column_rights),
                           services.say(Id::key_column_state),
                           services.say(Id::key_column_created),
                           services.say(Id::key_column_by),
                           services.say(Id::key_column_expires),
                           services.say(Id::key_column_used)});
    const auto date = [&](const std::optional<Time>& time) {
        return time ? services.date(*time) : std::string("-");
    };
    for (const Key& key : keys) {
        table.add({key.name,
                   in(services.language(), rights_of(key)),
                   services.say(text_of(state_of(key, services.now()))),
                   date(key.created_at),
                   key.created_by,
                   date(key.expires_at),
                   date(key.last_used_at)});
    }
    services.out(table.aligned(services.io().size().columns));
}

// The same in every language and zone.
void list_for_pipe(Services& services, const std::vector<Key>& keys) {
    terminal::Table table({"", "", "", "", "", "", "", "", ""});
    const auto time = [](const std::optional<Time>& at) { return at ? to_rfc3339(*at) : "-"; };
    for (const Key& key : keys) {
        table.add({key.name,
                   std::string(to_string(key.scope)),
                   key.services.empty() ? "-" : join(key.services, ","),
                   key.approver_id ? std::to_string(*key.approver_id) : "-",
                   word_of(state_of(key, services.now())),
                   time(key.created_at),
                   key.created_by,
                   time(key.expires_at),
                   time(key.last_used_at)});
    }
    services.out(table.plain());
}

} // namespace

ExitCode run_key_create(Services& services, const KeyCreateOptions& options) {
    store::NewKey made = new_key(services, options);
    store::ServerLedger& ledger = ledger_of_keys(services);
    if (options.approver) {
        // Whose word nobody counts gets no key.
        const auto rules = ledger.approval_rules().value_or(services.config().approval_rules());
        (void)release::find_approver(rules, std::to_string(*options.approver));
    }
    if (options.dry_run) {
        return show_plan(services, made);
    }
    const bool rotates = !in_force(services, ledger, options.name).empty();
    const Secret key = store::make_key();
    made.digest = store::digest_of(key);
    if (const auto there = ledger.create_key(made)) {
        const Phrase rights = rights_of(*there);
        const auto text = [&](Language language) {
            return messages::say(language,
                                 Id::key_differs,
                                 fmt::arg("name", options.name),
                                 fmt::arg("rights", in(language, rights)));
        };
        throw Error(ErrorKind::refused,
                    "key_differs",
                    {text(Language::ru), text(Language::en)},
                    phrase(Id::key_differs_hint, fmt::arg("name", options.name)));
    }
    if (services.json()) {
        services.out_json({{"name", options.name}, {"key", key.reveal()}});
        return ExitCode::ok;
    }
    services.out(key.reveal() + "\n");
    services.note(services.say(Id::key_created,
                               fmt::arg("name", options.name),
                               fmt::arg("rights", in(services.language(), rights_of(made.key)))));
    if (rotates) {
        services.note(services.say(Id::key_rotation, fmt::arg("name", options.name)));
    }
    return ExitCode::ok;
}

ExitCode run_key_list(Services& services) {
    const std::vector<Key> keys = ledger_of_keys(services).list_keys();
    if (services.json()) {
        ordered_json rows = ordered_json::array();
        for (const Key& key : keys) {
            auto row = store::wire::write<ordered_json>(key, to_rfc3339);
            row["state"] = word_of(state_of(key, services.now()));
            rows.push_back(std::move(row));
        }
        services.out_json({{"keys", std::move(rows)}});
        return ExitCode::ok;
    }
    if (keys.empty()) {
        services.note(services.say(Id::key_none));
    } else if (services.io().out_is_tty()) {
        list_for_people(services, keys);
    } else {
        list_for_pipe(services, keys);
    }
    return ExitCode::ok;
}

ExitCode run_key_revoke(Services& services, const KeyRevokeOptions& options) {
    check_name(options.name);
    store::ServerLedger& ledger = ledger_of_keys(services);
    const std::size_t there = in_force(services, ledger, options.name).size();
    const std::size_t wanted = options.older && there > 0 ? there - 1 : there;
    if (wanted == 0) {
        throw Error(ErrorKind::refused,
                    "key_unknown",
                    phrase(Id::key_unknown, fmt::arg("name", options.name)),
                    phrase(Id::key_unknown_hint));
    }
    const std::size_t revoked =
        options.dry_run ? wanted : ledger.revoke_keys(options.name, options.older);
    if (services.json()) {
        services.out_json(
            {{"name", options.name}, {"revoked", revoked}, {"dry_run", options.dry_run}});
        return ExitCode::ok;
    }
    services.out(services.say(options.dry_run ? Id::key_would_revoke : Id::key_revoked,
                              fmt::arg("name", options.name),
                              fmt::arg("count", revoked))
                 + "\n");
    return ExitCode::ok;
}

void register_key(Command& parent) {
    Command& family = parent.command("key", Id::key_about);
    auto create = std::make_shared<KeyCreateOptions>();
    family.command("create", Id::key_create_about)
        .argument("NAME", Id::key_help_name, &create->name)
        .required()
        .option("--scope", "SCOPE", Id::key_help_scope, &create->scope)
        .choices({"read", "dev", "stage", "prod", "all"})
        .option("--service", "S", Id::key_help_service, &create->services)
        .option("--approver", "ID", Id::key_help_approver, &create->approver)
        .option("--expires", "TIME", Id::key_help_expires, &create->expires)
        .flag("--dry-run", Id::cli_help_dry_run, create->dry_run)
        .runs([create](Services& services) { return run_key_create(services, *create); });
    family.command("list", Id::key_list_about).runs(run_key_list);
    auto revoke = std::make_shared<KeyRevokeOptions>();
    family.command("revoke", Id::key_revoke_about)
        .argument("NAME", Id::key_help_name, &revoke->name)
        .required()
        .flag("--older", Id::key_help_older, revoke->older)
        .flag("--dry-run", Id::cli_help_dry_run, revoke->dry_run)
        .runs([revoke](Services& services) { return run_key_revoke(services, *revoke); });
}

} // namespace loomrel::cli
