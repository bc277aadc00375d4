#!/usr/bin/env bash
# A runner that cannot reach the database: the API's address and key are all that it has, and a
# whole stage-deploy is in the ledger. (Production: 87.)
. "$(dirname "$0")/harness.sh"

lab command
sed -i '/^\[store\]/,/^url/d' "$T/ci/loomrel.toml"
serve_start
cat >>"$T/ci/.env.servers" <<END
LOOM_RELEASE_TG_BOT_API_URL=$API
LOOM_INTERSERVER_SECRET_KEY=$KEY
END
as_github 4711 1 v1.0.0
stage_deploy v1.0.0
expect_exit 0
expect_serves v1.0.0
expect_json .status manual_testing
expect_moves v1.0.0 'initiated building stage_deploy manual_testing'
expect_row v1.0.0 status manual_testing commit_sha "$(commit_of v1.0.0)" github_run_id 4711
expect_sql 'good' "SELECT outcome FROM runs"
expect_sql 'ended|v1.0.0' "SELECT state, serves FROM run_hosts"

# The same again starts nothing.
stage_deploy v1.0.0
expect_exit 0
expect_ups 1 v1.0.0
expect_sql 1 'SELECT count(*) FROM releases'

# A build that fails is told too.
ENVIRONMENT=()
version v1.1.0 --build 'echo no luck; exit 3'
stage_deploy v1.1.0
expect_exit 1
expect_row v1.1.0 status staging_failed

# The server away: nothing is started, and the address is named.
serve_stop
version v1.2.0
LIMIT=60 stage_deploy v1.2.0
expect_exit 5
expect_said "${API#http://}"
expect_ups 0 v1.2.0

# A wrong key is named.
serve_start
sed -i "s|^LOOM_RELEASE_TG_BOT_API_URL=.*|LOOM_RELEASE_TG_BOT_API_URL=$API|;
s|^LOOM_INTERSERVER_SECRET_KEY=.*|LOOM_INTERSERVER_SECRET_KEY=another|" "$T/ci/.env.servers"
stage_deploy v1.2.0
expect_exit 2
expect_said LOOM_INTERSERVER_SECRET_KEY
