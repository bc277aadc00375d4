#!/usr/bin/env bash
# Slow, endless, doubled, nested and broken requests: 4xx or closed, a healthy one is answered within
# a second all the while, and memory stays small.
. "$(dirname "$0")/harness.sh"

serve_start
python3 "$SOURCE/tests/support/hostile_http.py" "$API" "$KEY" >"$T/hostile" 2>&1 || fail "$(cat "$T/hostile")"
cat "$T/hostile"
memory=$(memory_of "$SERVER")
echo "memory at its most: $memory KiB"
is_sanitized || [ "$memory" -lt 65536 ] || fail "memory: $memory KiB"
call GET /releases
expect_answer 200

# Out of descriptors: it goes on when there are some again.
prlimit --pid "$SERVER" --nofile=40:
python3 - "${API#http://}" <<'END' || fail "does not come back after it had no descriptors"
import http.client, socket, sys, time
address, _, prefix = sys.argv[1].partition("/")
host, port = address.split(":")
crowd = [socket.create_connection((host, int(port))) for _ in range(100)]
time.sleep(0.5)
for s in crowd:
    s.close()
for _ in range(50):
    try:
        c = http.client.HTTPConnection(host, int(port), timeout=1)
        c.request("GET", "/" + prefix + "/health")
        if c.getresponse().status == 200:
            sys.exit(0)
    except OSError:
        pass
    time.sleep(0.1)
sys.exit(1)
END
serve_stop
expect_equal "exit code" 0 "$CODE"
