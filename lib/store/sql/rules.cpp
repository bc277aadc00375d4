#include "lib/store/sql/rules.hpp"

#include "lib/base/json_text.hpp"
#include "lib/store/sql/outbox.hpp"
#include "lib/store/sql/text.hpp"
#include "lib/store/wire/wire.hpp"

namespace loomrel::store {

using nlohmann::json;

std::optional<release::ApprovalRules> approval_rules(Session& session) {
    const Result found = session.run({"SELECT rules FROM approval_rules ORDER BY id DESC LIMIT 1"});
    if (found.rows.empty()) {
        return std::nullopt;
    }
    try {
        return wire::read<release::ApprovalRules>(json::parse(found.rows[0][0].value_or("")));
    } catch (const std::exception&) {
        // Rules that cannot be read let nobody through.
        return release::ApprovalRules{};
    }
}

bool keep_approval_rules(Session& session,
                         const release::ApprovalRules& rules,
                         const std::string& actor) {
    const auto before = approval_rules(session);
    if (before == rules) {
        return false;
    }
    Query query;
    query.text = std::string("INSERT INTO approval_rules (at, actor, rules) VALUES (")
                 + session.dialect().now + ", " + query.bind(storable(actor));
    query.text += ", " + query.bind(json_text(wire::to_json(rules))) + ") RETURNING id";
    const std::int64_t id = integer_of(session.run(query).rows.at(0)[0]);
    if (before) {
        NewNotice notice;
        notice.key = "rules_changed:" + std::to_string(id);
        notice.kind = "rules_changed";
        notice.fact = json_text(json{{"before", wire::to_json(*before)},
                                     {"now", wire::to_json(rules)},
                                     {"actor", storable(actor)}});
        add_notice(session, notice);
    }
    return true;
}

} // namespace loomrel::store
