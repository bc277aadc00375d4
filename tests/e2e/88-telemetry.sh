#!/usr/bin/env bash
# The metrics of the server, of messages and of runs, at a collector that is strict about OTLP; and a
# collector that is away costs a deploy nothing.
. "$(dirname "$0")/harness.sh"

mkdir "$T/metrics"
python3 "$SOURCE/tests/support/fake_collector.py" "$T/metrics" >"$T/collector" &
collector=$!
wait_for 20 "the collector" grep -q '^listen' "$T/collector"
endpoint=http://127.0.0.1:$(awk '{ print $2 }' "$T/collector")
grep -q ' parser' "$T/collector" || echo "without the protobuf classes of OpenTelemetry"

telegram_lab
ENVIRONMENT+=(OTEL_EXPORTER_OTLP_ENDPOINT="$endpoint" OTEL_METRIC_EXPORT_INTERVAL=500)
stage_deploy v1.0.0
expect_exit 0

# points NAME: the data points of that metric, of all payloads, one a line.
points() {
    cat "$T"/metrics/*.json | jq -c --arg name "$1" '.resourceMetrics[].scopeMetrics[].metrics[]
        | select(.name == $name) | (.histogram // .sum // .gauge).dataPoints[]'
}
expect_equal "the run that was measured" "deploy success staging" "$(points cicd.pipeline.run.duration \
    | jq -r '[.attributes[] | select(.key | test("name$|result$")).value.stringValue] | join(" ")')"

bot_start one
address=$(grep -o '127\.0\.0\.1:[0-9]*' "$T/err.one" | head -n 1)
curl -fsS "http://$address/api/tg-bot/health"
curl -sS "http://$address/api/tg-bot/no-such-thing-$RANDOM"
curl -sS "http://$address/api/tg-bot/releases/1" # no key: 401
expect_message "🚀 Новый релиз готов к тестированию"
press $ANYA "✅ Подтвердить"
has_points() {
    [ -n "$(points "$1")" ]
}
for name in http.server.request.duration http.server.active_requests http.server.ok.request.total \
    http.server.error.request.total telegram.server.ok.message.total \
    telegram.server.message.duration; do
    wait_for 20 "$name at the collector" has_points $name
done
# An update that cannot be handled: the ledger is not there.
expect_message "⚠️ Подтверждение релиза"
mv "$T/ledger.db" "$T/ledger.away"
press $ANYA "✅ Да, подтвердить"
wait_for 30 "errors of messages at the collector" has_points telegram.server.error.message.total
mv "$T/ledger.away" "$T/ledger.db"

# Attributes are bounded: paths that no route knows make no series of their own.
expect_equal "a path that was asked for" "" "$(cat "$T"/metrics/*.json | grep -o 'no-such-thing' || :)"
[ ! -e "$T/metrics/refused" ] || fail "not accepted: $(head -n 3 "$T/metrics/refused")"

stop $collector
version v1.1.0
stage_deploy v1.1.0
expect_exit 0
