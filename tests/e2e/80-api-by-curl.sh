#!/usr/bin/env bash
# The spec's endpoints by curl, as the spec's own scripts call them, and every error of the API.
. "$(dirname "$0")/harness.sh"

serve_start

# The spec's four.
release='{"service_name":"loom-content","release_tag":"v1.2.3","status":"initiated",
"initiated_by":"developer_name","github_run_id":"77",
"github_action_link":"https://github.com/LoomAI-IT/loom-content/actions/runs/77",
"github_ref":"refs/tags/v1.2.3"}'
call POST /release "$release"
expect_answer 201 .release_id 1
call POST /release "$release"
expect_answer 200 .release_id 1
expect_sql 1 'SELECT count(*) FROM releases'
call PATCH /release '{"release_id":1,"status":"building"}'
expect_answer 200 .status success
call PATCH /release '{"release_id":1,"status":"manual_testing"}'
expect_answer 200 .status success
expect_sql 'initiated building stage_deploy manual_testing' \
    "SELECT group_concat(to_status, ' ') FROM (SELECT to_status FROM release_events ORDER BY id)"
STATUS=$(curl -fsS -o "$T/answer" -w '%{http_code}' "$API/health")
expect_answer 200 . ok
call POST /update '{"update_id":1}'
expect_answer 401 .error.code unauthorized

# What it is asked for besides.
call GET /releases/1
expect_answer 200 .status manual_testing .service_name loom-content .release_tag v1.2.3
call GET '/releases?list=active&service=loom-content'
expect_answer 200 '.releases | length' 1
call GET /releases/1/events
expect_answer 200 '.events | length' 4 '.events[0].source' api
call GET /releases/1/approvals
expect_answer 200 '.approvals | length' 0
call GET /openapi.json
expect_answer 200 .openapi 3.0.3
call POST /runs '{"id":"7d9f4d8e-0d3a-4c39-8b62-93ad57aeb9d1","service":"loom-content",
"environment":"stage","kind":"deploy","hosts":["root@one:22"]}'
expect_answer 201 .opened true
call PATCH /runs/7d9f4d8e-0d3a-4c39-8b62-93ad57aeb9d1 '{}'
expect_answer 200
call PATCH /runs/7d9f4d8e-0d3a-4c39-8b62-93ad57aeb9d1 '{"outcome":"good","result":"{}",
"hosts":[{"host":"root@one:22","state":"ended","outcome":"ok","serves":"v1.2.3"}]}'
expect_answer 200
call GET /runs/7d9f4d8e-0d3a-4c39-8b62-93ad57aeb9d1
expect_answer 200 .outcome good '.host_results[0].serves' v1.2.3
call POST /notices '{"key":"k1","kind":"text","fact":"{\"text\":\"hello\"}"}'
expect_answer 200
call POST /notices '{"key":"k2","kind":"dispatch"}'
expect_answer 422

# Every error.
call POST /release '{'
expect_answer 400 .error.code bad_json
KEY=wrong call GET /releases
expect_answer 401 .error.code unauthorized
call PATCH /release '{"release_id":1,"status":"manual_test_passed"}'
expect_answer 403 .error.code approval_required
call PATCH /release '{"release_id":1,"status":"manual_test_failed"}'
expect_answer 403 .error.code approval_required
call POST /releases/1/approvals '{"id":"7d9f4d8e-0d3a-4c39-8b62-93ad57aeb9d2","approver_id":1,
"verdict":"approved"}'
expect_answer 403 .error.code approval_required
expect_sql manual_testing 'SELECT status FROM releases'
call POST /releases/1/notes '{"id":"7d9f4d8e-0d3a-4c39-8b62-93ad57aeb9d3","actor":"anya",
"source":"bot"}'
expect_answer 422
call PATCH /runs/7d9f4d8e-0d3a-4c39-8b62-93ad57aeb9d9 '{}'
expect_answer 404 .error.code not_found
STATUS=$(curl -fsSI -o "$T/answer" -w '%{http_code}' "$API/health")
expect_equal "HEAD /health" 200 "$STATUS"
call GET /releases/4711
expect_answer 404 .error.code not_found
call GET /nothing
expect_answer 404 .error.code no_route
call DELETE /release
expect_answer 405 .error.code method_not_allowed
grep -qi '^allow: POST, PATCH' "$T/answer.headers" || fail "no Allow: $(cat "$T/answer.headers")"
call PATCH /release '{"release_id":1,"status":"deployed"}'
expect_answer 409 .error.code move_not_allowed .error.status manual_testing
head -c 300000 /dev/zero | tr '\0' ' ' >"$T/large"
call POST /release "@$T/large"
expect_answer 413 .error.code too_large
call POST /release "@$T/large" -H 'Transfer-Encoding: chunked'
expect_answer 413 .error.code too_large
STATUS=$(curl -sS -o "$T/answer" -w '%{http_code}' -H "X-Interserver-Secret-Key: $KEY" \
    -d 'service_name=x' "$API/release")
expect_answer 415 .error.code unsupported_type
call POST /release "$release" -H 'Content-Encoding: gzip'
expect_answer 415 .error.code unsupported_encoding
call POST /release '{"service_name":"loom-content"}'
expect_answer 422
call POST /release "$release" -H 'Idempotency-Key: a'
expect_answer 200
call POST /release '{"service_name":"other"}' -H 'Idempotency-Key: a'
expect_answer 422 .error.code key_reused

# Nothing secret in the log; templates, no ids.
jq -es 'all(.time and .level and .event)' "$T/serve.err" >/dev/null || fail "not JSON lines"
! grep -F "$KEY" "$T/serve.err" || fail "the key is in the log"
jq -es 'any(.route == "/releases/{id}")' "$T/serve.err" >/dev/null || fail "no template"
! grep -F releases/1 "$T/serve.err" || fail "an id is in the log"
serve_stop
expect_equal "exit code" 0 "$CODE"
