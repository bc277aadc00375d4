#include "lib/store/sql/settings.hpp"

#include "lib/base/json_text.hpp"
#include "lib/store/sql/text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace loomrel::store {

std::string settings_text(const Settings& settings) {
    return json_text(nlohmann::json(settings));
}

Settings settings_of(const std::string& text) {
    const auto object = nlohmann::json::parse(text, nullptr, false);
    Settings settings;
    if (object.is_object()) {
        for (const auto& [key, value] : object.items()) {
            if (value.is_string()) {
                settings[key] = value.get<std::string>();
            }
        }
    }
    return settings;
}

std::vector<std::string> differing(const Settings& one, const Settings& other) {
    std::vector<std::string> keys;
    for (const auto& [key, value] : one) {
        const auto found = other.find(key);
        if (found == other.end() || found->second != value) {
            keys.push_back(key);
        }
    }
    for (const auto& entry : other) {
        if (!one.contains(entry.first)) {
            keys.push_back(entry.first);
        }
    }
    std::erase(keys, k_settings_form);
    std::sort(keys.begin(), keys.end());
    return keys;
}

std::optional<Settings> shown_settings(Session& session, std::int64_t release_id) {
    Query query;
    query.text =
        "SELECT settings FROM release_settings WHERE release_id = " + query.bind(release_id);
    const Result found = session.run(query);
    return found.rows.empty() ? std::nullopt
                              : std::optional(settings_of(found.rows[0][0].value_or("")));
}

void show_settings(Session& session, std::int64_t release_id, const Settings& settings) {
    Query query;
    query.text =
        "INSERT INTO release_settings (release_id, settings) VALUES (" + query.bind(release_id);
    query.text += ", " + query.bind(settings_text(settings));
    query.text += ") ON CONFLICT (release_id) DO UPDATE SET settings = excluded.settings";
    session.run_later(query);
}

void forget_settings(Session& session, std::int64_t release_id) {
    Query query;
    query.text = "DELETE FROM release_settings WHERE release_id = " + query.bind(release_id);
    session.run_later(query);
}

Settings production_settings(Session& session, const std::string& service) {
    Query query;
    query.text = "SELECT settings FROM runs WHERE service = " + query.bind(service)
                 + " AND environment = 'prod' AND kind = 'deploy' AND outcome = 'good'"
                   " AND source = '' AND settings <> '{}' ORDER BY started_at DESC LIMIT 1";
    const Result found = session.run(query);
    return found.rows.empty() ? Settings{} : settings_of(found.rows[0][0].value_or(""));
}

} // namespace loomrel::store
