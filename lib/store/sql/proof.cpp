#include "lib/store/sql/proof.hpp"

#include "lib/base/json_text.hpp"

#include <nlohmann/json.hpp>

namespace loomrel::store {

bool has_no_run(Session& session, const std::string& service) {
    Query query;
    query.text = "SELECT 1 FROM runs WHERE service = " + query.bind(service) + " LIMIT 1";
    return session.run(query).rows.empty();
}

bool has_served(Session& session,
                const Present& release,
                const std::optional<std::string>& commit) {
    const std::string pinned = release.commit.empty() ? commit.value_or("") : release.commit;
    Query query;
    query.text = "SELECT 1 FROM runs WHERE service = " + query.bind(release.service)
                 + " AND environment = 'prod' AND outcome = 'good'";
    query.text += pinned.empty()
                      ? " AND release_id = CAST(" + query.bind(release.id) + " AS BIGINT)"
                      : " AND commit_sha = " + query.bind(pinned);
    query.text += " LIMIT 1";
    return !session.run(query).rows.empty();
}

std::string marked_unverified(const std::string& detail) {
    auto object = nlohmann::ordered_json::parse(detail, nullptr, false);
    if (!object.is_object()) {
        object = nlohmann::ordered_json::object();
    }
    object["unverified"] = true;
    return json_text(object);
}

} // namespace loomrel::store
