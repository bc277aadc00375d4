#include "lib/bot/alarms.hpp"

#include "lib/base/shell_quote.hpp"
#include "lib/base/text.hpp"
#include "lib/bot/card.hpp"
#include "lib/bot/event_words.hpp"
#include "lib/bot/notice_lines.hpp"
#include "lib/store/wire/wire.hpp"
#include "lib/telegram/text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <vector>

namespace loomrel::bot {

namespace {

using messages::Id;
using messages::say;
using nlohmann::json;
using release::ApprovalRules;
using telegram::escape_line;

// The ledger's rows; one that cannot be read lets nobody approve, and is told as such.
ApprovalRules rules_in(const json& fact, const char* name) {
    const auto found = fact.find(name);
    if (found == fact.end() || !found->is_object()) {
        return {};
    }
    try {
        return store::wire::read<release::ApprovalRules>(*found);
    } catch (const std::exception&) {
        return {};
    }
}

std::string called(const ApprovalRules& rules, std::int64_t id) {
    const auto person =
        std::find_if(rules.people.begin(), rules.people.end(), [&](const auto& one) {
            return one.telegram == id && !one.name.empty();
        });
    return person == rules.people.end() ? std::to_string(id) : person->name;
}

// Those of `one` that are not in `other`, as `one` calls them.
std::string approvers_only_in(const ApprovalRules& one, const ApprovalRules& other) {
    std::vector<std::string> names;
    for (const std::int64_t id : one.approvers) {
        if (std::find(other.approvers.begin(), other.approvers.end(), id)
            == other.approvers.end()) {
            names.push_back(escape_line(called(one, id), 60));
        }
    }
    return join(names, ", ");
}

std::string needed(Language language, const ApprovalRules& rules) {
    return rules.quorum > 0 ? std::to_string(rules.quorum) : say(language, Id::rules_all);
}

// Lines of a fact; what it does not say has none.
struct Told {
    Writer& lines;
    const config::Config& config;
    const json& fact;

    void line(Id id, const char* member, std::size_t most = 100) const {
        line(id, member, member, most);
    }

    void line(Id id, const char* member, const char* argument, std::size_t most = 100) const {
        if (const std::string value = text_of(fact, member); !value.empty()) {
            lines.line(id, fmt::arg(argument, escape_line(value, most)));
        }
    }

    void when() const {
        try {
            if (const auto at = store::wire::Members(fact).maybe_time("at")) {
                lines.line(Id::unapproved_when,
                           fmt::arg("time", to_local_minute(*at, config.timezone)));
            }
        } catch (const std::exception&) {
            // Told without it.
        }
    }
};

} // namespace

void rules_alarm(Writer& lines, const config::Config& config, const json& fact) {
    const Language language = config.language;
    const ApprovalRules before = rules_in(fact, "before");
    const ApprovalRules now = rules_in(fact, "now");
    lines.line(Id::rules_changed);
    const auto names = [&](Id id, const std::string& of) {
        if (!of.empty()) {
            lines.line(id, fmt::arg("names", of));
        }
    };
    names(Id::rules_approvers_added, approvers_only_in(now, before));
    names(Id::rules_approvers_gone, approvers_only_in(before, now));
    if (before.quorum != now.quorum) {
        lines.line(Id::rules_needed,
                   fmt::arg("before", needed(language, before)),
                   fmt::arg("now", needed(language, now)));
    }
    if (before.self_approval != now.self_approval) {
        lines.line(now.self_approval ? Id::rules_own_allowed : Id::rules_own_forbidden);
    }
    if (before.expires != now.expires) {
        lines.line(Id::rules_expires,
                   fmt::arg("before", duration(language, before.expires)),
                   fmt::arg("now", duration(language, now.expires)));
    }
    if (before.people != now.people) {
        lines.line(Id::rules_people);
    }
    lines.line(Id::rules_by, fmt::arg("actor", escape_line(text_of(fact, "actor"), 100)));
}

void unapproved_alarm(Writer& lines, const config::Config& config, const json& fact) {
    const Told told{lines, config, fact};
    lines.line(Id::unapproved_title);
    told.line(Id::notice_service, "service");
    told.line(Id::notice_version, "tag");
    told.line(Id::unapproved_from, "from");
    told.line(Id::notice_started_by, "actor", "name");
    told.when();
    told.line(Id::unapproved_run, "run_id", "run", 64);
}

void unproven_alarm(Writer& lines, const config::Config& config, const json& fact) {
    const Told told{lines, config, fact};
    lines.line(Id::unproven_title);
    told.line(Id::notice_service, "service");
    told.line(Id::alarm_host, "host", "host", 300);
    told.line(Id::unproven_serves, "unproven", "version", 300);
    told.line(Id::unproven_approved, "approved", "tag");
    told.when();
    lines.gap();
    lines.line(Id::unproven_mend,
               fmt::arg("service", escape_line(typed_word(text_of(fact, "service")), 100)),
               fmt::arg("tag", escape_line(typed_word(text_of(fact, "approved")), 100)));
}

void by_hand_lines(Writer& lines, const config::Config& config, const json& fact) {
    const Told told{lines, config, fact};
    const bool good = fact.value("ok", json(false)) == json(true);
    lines.line(good ? Id::by_hand_title : Id::by_hand_failed);
    told.line(Id::notice_service, "service");
    told.line(Id::alarm_environment, "environment");
    told.line(Id::alarm_host, "host", "host", 300);
    told.line(Id::notice_version, "tag");
    told.line(Id::unapproved_from, "from");
    told.line(Id::notice_started_by, "by", "name");
    told.when();
}

void rolled_back_lines(Writer& lines, const config::Config& config, const json& fact) {
    const Told told{lines, config, fact};
    const bool good = fact.value("ok", json(false)) == json(true);
    lines.line(good ? Id::notice_rollback_done : Id::notice_rollback_failed);
    told.line(Id::notice_service, "service");
    told.line(Id::alarm_environment, "environment");
    told.line(Id::notice_version, "tag");
    told.line(Id::unapproved_from, "from");
    told.line(Id::notice_started_by, "by", "name");
    told.when();
    told.line(Id::unapproved_run, "run_id", "run", 64);
}

void cancelled_lines(Writer& lines, const config::Config& config, const json& fact) {
    const Told told{lines, config, fact};
    lines.line(Id::cancelled_title);
    told.line(Id::notice_service, "service");
    told.line(Id::alarm_environment, "environment");
    told.line(Id::notice_version, "tag");
    told.line(Id::cancelled_began_by, "began_by", "name");
    told.line(Id::cancelled_by, "by", "name");
    told.when();
    told.line(Id::unapproved_run, "run_id", "run", 64);
}

void claim_refused_lines(Writer& lines, const config::Config& config, const json& fact) {
    lines.line(Id::notice_reason,
               fmt::arg("reason", escape_line(why_refused(config.language, fact), 300)));
    lines.line(
        Id::claim_refused_by,
        fmt::arg("name",
                 escape_line(event_actor(config.language, text_of(fact, "actor"), fact), 180)));
}

} // namespace loomrel::bot
