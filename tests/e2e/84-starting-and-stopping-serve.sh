#!/usr/bin/env bash
# What serve wants before it starts, and how it stops: what is under way is finished.
. "$(dirname "$0")/harness.sh"

# No key, no server.
write_server_config
: >"$T/server/.env.servers"
cd "$T/server"
export LOOMREL_CONFIG=$T/server/loomrel.toml
code=0
"$LOOMREL" --json serve --listen 127.0.0.1:0 >"$T/out" 2>"$T/err" || code=$?
expect_equal "exit code without a key" 2 $code
expect_json .error.code no_key
code=0
LOOM_INTERSERVER_SECRET_KEY=x "$LOOMREL" --json --store http://127.0.0.1:1/api serve >"$T/out" 2>"$T/err" || code=$?
expect_equal "exit code over another API" 2 $code
expect_json .error.code serve_needs_database
code=0
LOOM_INTERSERVER_SECRET_KEY="two words" "$LOOMREL" --json serve >"$T/out" 2>"$T/err" || code=$?
expect_equal "exit code" 2 "$code"
expect_json .error.code bad_key
expect_said LOOM_INTERSERVER_SECRET_KEY
! grep -F "two words" "$T/out" "$T/err" || fail "the key is shown"
for address in nonsense example.com:8000 127.0.0.1:http :99999; do
    code=0
    LOOM_INTERSERVER_SECRET_KEY=x "$LOOMREL" --json serve --dry-run --listen $address \
        >"$T/out" 2>"$T/err" || code=$?
    expect_equal "exit code of $address" 2 $code
    expect_json .error.code bad_listen
done
LOOM_INTERSERVER_SECRET_KEY=x "$LOOMREL" --json serve --dry-run --listen '[::1]:8000' >"$T/out"
expect_json .listen '[::1]:8000'
cd "$T"

# The service manager is told.
cat >"$T/manager.py" <<'END'
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
for _ in range(2):
    print(s.recv(100).decode(), flush=True)
END
start python3 "$T/manager.py" "$T/manager" >"$T/told"
wait_for 30 "the manager listens" test -S "$T/manager"
SERVE_ENV=(NOTIFY_SOCKET="$T/manager")
serve_start
wait_for 5 "READY is told" grep -qx READY=1 "$T/told"

# A second one on the port.
code=0
(cd "$T/server" && LOOMREL_CONFIG=$T/server/loomrel.toml exec "$LOOMREL" --json serve --listen "$(cat "$T/listen")") >"$T/out" 2>"$T/err" || code=$?
expect_equal "exit code of the second server" 2 $code
expect_json .error.code port_taken
expect_said "$(cat "$T/listen")"

# A request whose body is still coming when it is told to stop is answered; new ones are not taken.
cat >"$T/late.py" <<'END'
import json, os, signal, socket, sys, time
address, _, prefix = sys.argv[1].partition("/")
host, port = address.split(":")
body = json.dumps(dict(service_name="demo", release_tag="v1.0.0", initiated_by="me", github_run_id="1")).encode()
idle = socket.create_connection((host, int(port)))
s = socket.create_connection((host, int(port)))
s.sendall(f"POST /{prefix}/release HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {sys.argv[2]}\r\n"
          f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body[:10])
time.sleep(0.3)
os.kill(int(sys.argv[3]), signal.SIGTERM)
time.sleep(0.5)
try:
    socket.create_connection((host, int(port)))
    sys.exit("still takes new ones")
except ConnectionRefusedError:
    pass
idle.settimeout(2)
assert idle.recv(1) == b"", "an idle connection is kept"
s.sendall(body[10:])
answer = s.recv(65536)
assert answer.startswith(b"HTTP/1.1 201"), answer
assert b"Connection: close" in answer, answer
END
python3 "$T/late.py" "${API#http://}" "$KEY" "$SERVER" || fail "what was under way was not finished"
CODE=0
wait "$SERVER" || CODE=$?
expect_equal "exit code" 0 "$CODE"
expect_sql 1 'SELECT count(*) FROM releases'
wait_for 5 "STOPPING is told" grep -qx STOPPING=1 "$T/told"
jq -es 'map(.event) | index("stopping") and index("stopped")' "$T/serve.err" >/dev/null || fail "the log does not say so"

# Its port is free again at once. Told to stop while it answers without a pause, it does so as soon.
SERVE_ENV=()
serve_start
SIGNAL=INT serve_stop
expect_equal "exit code" 0 "$CODE"
cat >"$T/askers.py" <<'END'
import http.client, sys, threading
address, _, prefix = sys.argv[1].partition("/")
def ask():
    try:
        c = http.client.HTTPConnection(address)
        while True:
            c.request("GET", f"/{prefix}/releases", headers={"Authorization": f"Bearer {sys.argv[2]}"})
            c.getresponse().read()
    except (OSError, http.client.HTTPException):
        pass
for _ in range(8):
    threading.Thread(target=ask).start()
END
for _ in 1 2 3 4 5; do
    serve_start
    start python3 "$T/askers.py" "${API#http://}" "$KEY"
    sleep 0.4
    began=$SECONDS
    serve_stop
    expect_equal "exit code" 0 "$CODE"
    [ $((SECONDS - began)) -lt 5 ] || fail "stops after $((SECONDS - began)) s only"
    wait "$STARTED"
done

# A file that is gone is no ledger without releases: whoever of the pool is asked says so, nobody
# makes another one in its place, and all is well when it is back.
serve_start
mv "$T/ledger.db" "$T/ledger.away"
for _ in {1..20}; do
    call GET /health
    expect_answer 503
    call GET /releases
    expect_answer 503
done
call POST /release '{"service_name":"demo","release_tag":"v2.0.0","initiated_by":"me","github_run_id":"2"}'
expect_answer 503
[ ! -e "$T/ledger.db" ] || fail "there is another ledger"
mv "$T/ledger.away" "$T/ledger.db"
call GET /health
expect_answer 200
call GET /releases
expect_answer 200 '.releases | length' 1
serve_stop
expect_equal "exit code" 0 "$CODE"

# A ledger that goes away: 503, and health says so; it comes back by itself.
require postgres
use_postgres
serve_start
call GET /releases
expect_answer 200
stop_ledger
call GET /health
expect_answer 503
call GET /releases
expect_answer 503
! grep -F 127.0.0.1 "$T/answer" || fail "the caller is told where the ledger is"
start_postgres
call GET /health
expect_answer 200

# A ledger that is away when it starts: it listens all the same, and is told to stop in time.
stop_ledger
serve_stop
began=$SECONDS
serve_start
[ $((SECONDS - began)) -lt 10 ] || fail "listens after $((SECONDS - began)) s only"
call GET /health
expect_answer 503
began=$SECONDS
serve_stop
expect_equal "exit code" 0 "$CODE"
[ $((SECONDS - began)) -lt 10 ] || fail "stops after $((SECONDS - began)) s only"
serve_start
start_postgres
call GET /health
expect_answer 200

# One that takes what is asked and says nothing, while a request waits for it: told to stop, serve does
# so in less than the ten seconds after which docker kills.
frozen=("$(head -n 1 "$T/postgres/data/postmaster.pid")")
mapfile -t -O 1 frozen < <(pgrep -P "${frozen[0]}")
kill -STOP "${frozen[@]}"
call GET /health &
sleep 1
began=$SECONDS
serve_stop
expect_equal "exit code" 0 "$CODE"
[ $((SECONDS - began)) -lt 7 ] || fail "stops after $((SECONDS - began)) s only"
kill -CONT "${frozen[@]}"
serve_start

# … and one that it has never seen: it is made ready when it is there.
serve_stop
sql 'DROP SCHEMA public CASCADE; CREATE SCHEMA public' >/dev/null
stop_ledger
serve_start
start_postgres
is_created() {
    call POST /release '{"service_name":"demo","release_tag":"v1.0.0","initiated_by":"me","github_run_id":"1"}'
    [ "$STATUS" = 201 ]
}
wait_for 30 "a release in a ledger that is new" is_created
expect_sql 1 'SELECT count(*) FROM releases'

# A key that can be found by trying is told, and is no reason not to start.
serve_stop
! grep -F weak_key "$T/serve.err" || fail "the key of this test is taken for weak"
KEY=fifteen-letters
SERVE_ENV=()
serve_start
grep -F '"event":"weak_key"' "$T/serve.err" | grep -qF '"level":"warning"' || fail "nothing is said of the key"
call GET /releases
expect_answer 200
serve_stop
