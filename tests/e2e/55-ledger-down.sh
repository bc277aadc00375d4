#!/usr/bin/env bash
# The ledger does not answer: exit 5, nothing started.
. "$(dirname "$0")/harness.sh"

require postgres
use_postgres
lab command
stage_deploy v1.0.0
expect_exit 0
RUN=$(sql "SELECT id FROM runs")
stop_ledger
# Nobody has asked the ledger: what is said is where was looked.
LIMIT=60 loomrel --json cancel "$RUN" --yes
expect_exit 2
expect_json .error.code run_not_found '.error.message | test("журнал релизов не отвечает")' true \
    '.error.message | test("127.0.0.1")' true
version v1.1.0
before=$(fingerprint "$T/stage/home")
# Nobody listens there: whoever waits hears so soon, and once; its notices are not asked for too.
ENVIRONMENT=(LOOM_RELEASE_TG_BOT_TOKEN=123456:test-token)
began=$SECONDS
LIMIT=60 stage_deploy v1.1.0
expect_exit 5
[ $((SECONDS - began)) -lt 12 ] || fail "that takes $((SECONDS - began)) s"
ENVIRONMENT=()
expect_json '.error | (.code != "") and (.message != "") and (.hint | type == "string")' true
expect_said "127.0.0.1"
expect_equal "the host" "$before" "$(fingerprint "$T/stage/home")"
expect_equal "runs on the host" 1 "$(find "$T/stage/state/stage/$SERVICE/runs" -mindepth 1 -maxdepth 1 | wc -l)"
expect_serves v1.0.0
start_postgres
stage_deploy v1.1.0
expect_exit 0
expect_serves v1.1.0

# Nor does a name server that says nothing hold up who goes on without the ledger.
if has_root; then
    dns=127.$((RANDOM % 200 + 20)).$((RANDOM % 250)).53
    cat >"$T/dns.py" <<'END'
import socket, sys
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind((sys.argv[1], 53))
print("listens", flush=True)
while True:
    server.recv(4096)
    print("asked", flush=True)
END
    start python3 "$T/dns.py" "$dns" >"$T/dns"
    wait_for 20 "the name server listens" grep -q listens "$T/dns"
    printf 'nameserver %s\n' "$dns" "$dns" >"$T/resolv.conf"
    cat >"$T/nameless" <<END
#!/bin/sh
exec unshare -m sh -c 'mount --bind "$T/resolv.conf" /etc/resolv.conf && exec "\$@"' sh "$LOOMREL" "\$@"
END
    chmod 755 "$T/nameless"
    began=$SECONDS
    LOOMREL=$T/nameless loomrel --json --store postgresql://u@ledger.example.com/releases \
        rollback --env stage --service "$SERVICE" --yes
    expect_exit 6
    [ $((SECONDS - began)) -lt 10 ] || fail "that takes $((SECONDS - began)) s"
    expect_in "$T/dns" asked
    expect_serves v1.0.0
fi
