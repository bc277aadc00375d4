#pragma once

#include "lib/store/sql/moves.hpp"
#include "lib/store/sql/session.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace loomrel::store {

// What keeps a release from being the one that stage serves.
struct OtherOnStage {
    std::string rule;   // "stage" or "tag": see Decided::conflict
    std::string serves; // what serves there instead, or
    std::string run;    // the run that is about to change it
};

// As far as the ledger knows: nullopt also where no run was ever told what serves there.
[[nodiscard]] std::optional<OtherOnStage>
find_other_on_stage(Session& session, std::int64_t release_id, const Present& release);

// The commit that the tag was when it was last put on stage; "" = no run says.
[[nodiscard]] std::string
commit_on_stage(Session& session, const std::string& service, const std::string& tag);

// Its statements, for the test that looks at how they are executed.
[[nodiscard]] Query stage_runs_query(std::int64_t release_id, const std::string& service);
[[nodiscard]] Query stage_serves_query(const std::string& service);
[[nodiscard]] Query stage_commit_query(const std::string& service, const std::string& tag);

} // namespace loomrel::store
