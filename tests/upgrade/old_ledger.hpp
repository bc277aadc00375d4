#pragma once

#include "tests/lib/store/ledgers.hpp"

#include <filesystem>
#include <string>
#include <vector>

// What loomrel a6b57ca left behind (make_fixtures.sh).
namespace loomrel::test {

inline const std::filesystem::path k_fixtures = LOOMREL_TEST_DATA "/fixtures";

inline const char* fixture_of(const SqliteLedger& /*ledger*/) {
    return "sqlite.sql";
}

inline const char* fixture_of(const PostgresLedger& /*ledger*/) {
    return "postgres.sql";
}

// A ledger as a6b57ca left it; nothing is migrated yet.
template <typename Database> class OldLedger : public Database {
public:
    OldLedger() {
        if constexpr (requires { this->file(); }) {
            std::filesystem::create_directories(std::filesystem::path(this->file()).parent_path());
        }
        const std::string dump = read_whole(k_fixtures / fixture_of(*this));
        REQUIRE_FALSE(dump.empty());
        this->sql(dump);
    }

    // Whatever waits is due: years may have gone by.
    void forget_waits() const { this->sql("UPDATE outbox SET due_at = created_at"); }
};

} // namespace loomrel::test
