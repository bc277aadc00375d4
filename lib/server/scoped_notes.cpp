#include "lib/base/json_text.hpp"
#include "lib/base/text.hpp"
#include "lib/server/scoped_ledger.hpp"

#include <nlohmann/json.hpp>

// What a key has to tell beside its moves and runs.
namespace loomrel::server {

using nlohmann::json;

bool ScopedLedger::note_event(store::NewNote note) {
    demand(Access::work);
    if (!m_asker.is_unlimited()) {
        demand(m_asker.works_in("stage") || m_asker.works_in("prod"), "the history of releases");
        if (!demand_release(note.release_id)) {
            return false;
        }
    }
    sign(note);
    return m_store.note_event(note);
}

std::string ScopedLedger::add_notice(store::NewNotice notice) {
    demand(Access::work);
    json fact = json::parse(notice.fact, nullptr, false);
    if (!fact.is_object()) {
        fact = json{{"text", notice.fact}};
    }
    const auto text = [&](const char* name) {
        const auto found = fact.find(name);
        return found != fact.end() && found->is_string() ? found->get<std::string>() : "";
    };
    if (!m_asker.is_unlimited()) {
        const std::string environment = notice.kind == "dev" ? "dev" : text("environment");
        // Of none: to the chat that is everybody's.
        demand((notice.kind == "text" && environment.empty()) || m_asker.works_in(environment),
               "messages about " + sanitize_line(cut_bytes(environment, 100)));
        if (notice.kind != "text" || fact.contains("service")) {
            demand_service(text("service"));
        }
        if (notice.release_id) {
            (void)demand_release(*notice.release_id);
        }
    }
    fact["key"] = m_asker.name();
    notice.fact = json_text(fact);
    // Under another kind's key it would pass for what the ledger itself is about to tell.
    if (!notice.key.starts_with(notice.kind + ":")) {
        notice.key = notice.kind + ":" + notice.key;
    }
    m_store.add_notice(notice);
    return notice.key;
}

} // namespace loomrel::server
