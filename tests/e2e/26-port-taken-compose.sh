#!/usr/bin/env bash
# The same where Docker would bind it.
. "$(dirname "$0")/harness.sh"

lab compose
mkdir "$T/other"
start busybox httpd -f -p "127.0.0.1:$SERVICE_PORT" -h "$T/other"
wait_for 5 "the port is taken" listens "$SERVICE_PORT"
stage_deploy v1.0.0
expect_exit 1
expect_json .status staging_failed .failure.step up .failure.code up_failed
expect_said "$SERVICE_PORT"
expect_row v1.0.0 status staging_failed
