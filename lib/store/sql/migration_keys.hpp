#pragma once

#include "lib/store/sql/migrations.hpp"

#include <array>

namespace loomrel::store {

// Design 13.6. A program that does not know this table lets in LOOM_INTERSERVER_SECRET_KEY only, so
// it may go on beside it.
inline constexpr std::array k_keys_of_the_api{
    MigrationStep{R"(CREATE TABLE api_keys (
    id BIGSERIAL PRIMARY KEY,
    name TEXT NOT NULL,
    digest TEXT NOT NULL UNIQUE,
    scope TEXT NOT NULL,
    services TEXT NOT NULL DEFAULT '[]',
    approver_id BIGINT,
    created_by TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ,
    revoked_at TIMESTAMPTZ,
    last_used_at TIMESTAMPTZ
))",
                  R"(CREATE TABLE api_keys (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    digest TEXT NOT NULL UNIQUE,
    scope TEXT NOT NULL,
    services TEXT NOT NULL DEFAULT '[]',
    approver_id BIGINT,
    created_by TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ,
    revoked_at TIMESTAMPTZ,
    last_used_at TIMESTAMPTZ
))"},
    MigrationStep{"CREATE INDEX loomrel_api_keys_name ON api_keys (name, id)"},
};

} // namespace loomrel::store
