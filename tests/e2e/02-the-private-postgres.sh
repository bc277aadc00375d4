#!/usr/bin/env bash
# The private cluster answers, and is gone and back when a test wants it so.
. "$(dirname "$0")/harness.sh"

require postgres
use_postgres
expect_sql 1 "SELECT 1"
stop_ledger
! sql "SELECT 1" 2>/dev/null || fail "it answers after its end"
start_postgres
expect_sql releases "SELECT current_database()"
