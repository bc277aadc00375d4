#!/usr/bin/env bash
# Somebody else has the port: the step up fails and says so.
. "$(dirname "$0")/harness.sh"

lab command
mkdir "$T/other"
start busybox httpd -f -p "127.0.0.1:$SERVICE_PORT" -h "$T/other"
wait_for 5 "the port is taken" listens "$SERVICE_PORT"
stage_deploy v1.0.0
expect_exit 1
expect_json .status staging_failed .failure.step up .failure.code up_failed \
    '.failure.lines | join("|") | test("in use"; "i")' true
expect_row v1.0.0 status staging_failed
expect_moves v1.0.0 "initiated building stage_deploy staging_failed"
# Whoever has the port answers that health check: nobody may take that for success.
expect_not_in "$T/stage/log/$SERVICE/v1.0.0.log" "✅ Health check пройден!"
