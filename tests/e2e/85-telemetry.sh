#!/usr/bin/env bash
# OTLP from serve and from a command, as a collector gets it; one that is away costs nothing.
. "$(dirname "$0")/harness.sh"

cat >"$T/collector.py" <<'END'
import http.server, sys
class Collector(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        assert self.path == "/v1/metrics" and self.headers["Content-Type"] == "application/json"
        with open(sys.argv[1], "ab") as f:
            f.write(body + b"\n")
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"{}")
    def log_message(self, *_):
        pass
server = http.server.HTTPServer(("127.0.0.1", 0), Collector)
print(server.server_port, flush=True)
server.serve_forever()
END
start python3 "$T/collector.py" "$T/metrics" >"$T/port"
wait_for 30 "the collector listens" grep -q . "$T/port"
OTEL=OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:$(cat "$T/port")

lab command
SERVE_ENV=("$OTEL")
serve_start
for i in 1 2 3; do call GET "/releases/$i"; done
call GET /health
serve_stop
[ -s "$T/metrics" ] || fail "nothing came at the end"
tail -n 1 "$T/metrics" >"$T/last"
of() {
    jq -c ".resourceMetrics[0].scopeMetrics[0].metrics[] | select(.name == \"$1\")" "$T/last"
}
expect_equal "requests that failed" 3 "$(of http.server.error.request.total | jq -r '.sum.dataPoints[0].asInt')"
expect_equal "requests that went well" 1 "$(of http.server.ok.request.total | jq -r '.sum.dataPoints[0].asInt')"
expect_equal "still active" 0 "$(of http.server.active_requests | jq '[.sum.dataPoints[].asInt | tonumber] | add')"
of http.server.request.duration | jq -e '.histogram.dataPoints | all(
    ([.bucketCounts[] | tonumber] | add) == (.count | tonumber)
    and (.bucketCounts | length) == (.explicitBounds | length) + 1)' >/dev/null || fail "bad histogram"
of http.server.request.duration | jq -e '[.histogram.dataPoints[].attributes[] | select(.key == "http.route").value.stringValue]
    | index("/releases/{id}")' >/dev/null || fail "no route"
! grep -E '_|releases/1' <(jq -r 'paths | map(tostring) | join(".")' "$T/last") || fail "not camelCase"

: >"$T/metrics"
ENVIRONMENT=("$OTEL")
stage_deploy v1.0.0
expect_exit 0
cp "$T/metrics" "$T/last"
of cicd.pipeline.run.duration | jq -e '.histogram.dataPoints[0] | .count == "1" and
    ([.attributes[] | "\(.key)=\(.value.stringValue)"] | index("cicd.pipeline.result=success")
     and index("deployment.environment.name=staging"))' >/dev/null || fail "$(cat "$T/last")"

# A collector that is not there.
ENVIRONMENT=(OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:1)
version v1.1.0
stage_deploy v1.1.0
expect_exit 0

# A black hole of one, which takes what is sent and says nothing: the end of serve does not wait.
cat >"$T/hole.py" <<'END'
import socket
hole = socket.create_server(("127.0.0.1", 0))
print(hole.getsockname()[1], flush=True)
taken = []
while True:
    taken.append(hole.accept())
    print("asked", flush=True)
END
start python3 "$T/hole.py" >"$T/hole"
wait_for 30 "the black hole listens" grep -q . "$T/hole"
SERVE_ENV=(OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:$(head -n 1 "$T/hole")"
    OTEL_METRIC_EXPORT_INTERVAL=200)
serve_start
wait_for 30 "metrics are sent" grep -q asked "$T/hole"
began=$SECONDS
serve_stop
expect_equal "exit code" 0 "$CODE"
[ $((SECONDS - began)) -lt 5 ] || fail "stops after $((SECONDS - began)) s only"
