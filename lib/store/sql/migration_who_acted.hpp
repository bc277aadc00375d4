#pragma once

#include "lib/store/sql/migrations.hpp"

#include <array>

namespace loomrel::store {

// Design 13.7: who acted on a release, beside who is named. Nobody is known of a row from before. A
// program that does not know the column would go by the name, and let people approve their own.
inline constexpr std::array k_actors{
    MigrationStep{"ALTER TABLE releases ADD COLUMN actors TEXT",
                  nullptr,
                  "SELECT 1 FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid"
                  " WHERE relname = 'releases' AND pg_table_is_visible(attrelid)"
                  " AND attname = 'actors' AND NOT attisdropped",
                  "SELECT 1 FROM pragma_table_info('releases') WHERE name = 'actors'"},
};

} // namespace loomrel::store
