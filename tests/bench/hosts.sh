#!/usr/bin/env bash
# Twenty hosts at once, in turn with twenty ssh processes that do the same fetch, checkout, build and
# up, with the same key exchange.
. "$(dirname "$0")/common.sh"

lab command
many_hosts 20 "KexAlgorithms curve25519-sha256" "Ciphers aes128-gcm@openssh.com"
ports=()
for n in $(seq 20); do
    ports+=("$(port_of "h$n")")
done

bare() {
    local port pid pids=()
    for port in "${ports[@]}"; do
        ssh -F /dev/null -p "$port" -i "$T/me/key" -o BatchMode=yes \
            -o UserKnownHostsFile="$T/ci/loomrel.known_hosts" "$(id -un)@127.0.0.1" sh -s <<END &
set -e
cd ~/loom/$SERVICE
git fetch -q --tags --force origin
git checkout -q --detach "refs/tags/$1^{commit}"
export LOOMREL_TREE=\$PWD LOOMREL_TAG=$1 LOOMREL_COMMIT=x
sh ./build.sh
sh ./up.sh
END
        pids+=($!)
    done
    for pid in "${pids[@]}"; do
        wait "$pid" || return 1
    done
}

# Wall and processor time of the client, in ms, and its peak of memory in KiB.
ours() {
    python3 - "$T/used" "$LOOMREL" stage-deploy --service "$SERVICE" --tag "$1" <<'END'
import os, resource, subprocess, sys, time
began = time.monotonic()
code = subprocess.run(sys.argv[2:], stdin=subprocess.DEVNULL).returncode
used = resource.getrusage(resource.RUSAGE_CHILDREN)
with open(sys.argv[1], "w") as out:
    out.write(f"{(time.monotonic() - began) * 1000:.0f} {(used.ru_utime + used.ru_stime) * 1000:.0f} {used.ru_maxrss}")
sys.exit(code)
END
}
ssh_clients() {
    # The clients' own time: what ssh alone takes, twenty times, doing nothing on the other side.
    local port
    python3 - "$T/used" "$T/me/key" "$T/ci/loomrel.known_hosts" "$(id -un)" "${ports[@]}" <<'END'
import resource, subprocess, sys
used, key, known, user, *ports = sys.argv[1:]
clients = [subprocess.Popen(["ssh", "-F", "/dev/null", "-p", port, "-i", key, "-o", "BatchMode=yes",
                             "-o", "UserKnownHostsFile=" + known, user + "@127.0.0.1", "sh", "-s"],
                            stdin=subprocess.DEVNULL) for port in ports]
for client in clients:
    assert client.wait() == 0
sum_ = resource.getrusage(resource.RUSAGE_CHILDREN)
open(used, "w").write(f"{(sum_.ru_utime + sum_.ru_stime) * 1000:.0f}")
END
}

cd "$T/ci"
configure_hosts 1 20 "canary = 20" "parallel = 20"
number=0
for round in $(seq $((ROUNDS + 1))); do
    number=$((number + 1))
    version "v2.$number.0"
    b=$(time_of bare "v2.$number.0")
    c=$(ssh_clients && cat "$T/used")
    number=$((number + 1))
    version "v2.$number.0"
    time_of ours "v2.$number.0" >/dev/null
    [ "$round" = 1 ] || echo "$b $c $(cat "$T/used")" >>"$T/times"
done
column() { cut -d' ' -f"$1" "$T/times" | median; }
echo "20 ssh: $(column 1) ms, their clients' processor time $(column 2) ms; loomrel: $(column 3) ms, $(column 4) ms, $(column 5) KiB"
budget "20 hosts: wall : 20 ssh" "$(ratio "$(column 3)" "$(column 1)")" 1.0
budget "20 hosts: processor time of the client : 20 ssh" "$(ratio "$(column 4)" "$(column 2)")" 0.8
many=$(column 5)
configure_hosts 1 1
version v3.0.0
time_of ours v3.0.0 >/dev/null
one=$(cut -d' ' -f3 "$T/used")
budget "memory a host" "$(awk -v m="$many" -v o="$one" 'BEGIN { printf "%.2f", (m - o) / 19 / 1024 }')" 5 MiB
exit $OVER
