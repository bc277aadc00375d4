#pragma once

#include "lib/store/sql/migrations.hpp"

#include <array>

namespace loomrel::store {

// Design 13.10: who began a run, through what, and who cancelled it. A program that does not know
// these columns leaves them empty, so it may go on beside them.
inline constexpr std::array k_run_people{
    MigrationStep{"ALTER TABLE runs ADD COLUMN began_by TEXT"},
    MigrationStep{"ALTER TABLE runs ADD COLUMN began_via TEXT"},
    MigrationStep{"ALTER TABLE runs ADD COLUMN api_key TEXT"},
    MigrationStep{"ALTER TABLE runs ADD COLUMN cancelled_by TEXT"},
};

} // namespace loomrel::store
