#pragma once

#include "lib/store/sql/session.hpp"
#include "lib/store/store.hpp"

#include <optional>
#include <string>
#include <vector>

// The table of releases and its history; each in a transaction of the caller's.
namespace loomrel::store {

// `change_id` marks the event, so that a create whose COMMIT got no answer knows its own row.
[[nodiscard]] Created
create_release(Session& session, const NewRelease& release, const std::string& change_id);

// One service, tag and commit have one release: this one, or the one that had them before, which
// is given back.
[[nodiscard]] std::optional<std::int64_t> take_commit(Session& session,
                                                      const std::string& service,
                                                      const std::string& tag,
                                                      const std::string& commit,
                                                      std::int64_t id);

// Whatever key led to one row of a service and tag leads to another from now on.
void give_keys(Session& session,
               const std::string& service,
               const std::string& tag,
               std::int64_t from,
               std::int64_t to);

[[nodiscard]] std::optional<release::Release> find_release(Session& session, std::int64_t id);

// 1 = another version took its place (Release::superseded_by). The indexes of the lists have these
// very words.
inline constexpr const char* k_is_outrun = "CASE WHEN superseded_by IS NULL THEN 0 ELSE 1 END";

[[nodiscard]] std::vector<release::Release> list_releases(Session& session,
                                                          const ReleaseQuery& query);
// The statement of list_releases(), for the test that looks at how it is executed.
[[nodiscard]] Query release_list_query(const ReleaseQuery& query);

[[nodiscard]] std::vector<release::Event> events(Session& session, std::int64_t release_id);

struct NewEvent : release::Event {
    std::int64_t release_id = 0;
    Said said{}; // put into its detail
    std::string change_id;
    std::size_t step = 0;
};

// Gives the row's id.
std::int64_t add_event(Session& session, const NewEvent& event);

} // namespace loomrel::store
