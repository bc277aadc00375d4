#!/usr/bin/env bash
# A host whose flock knows no -w (BusyBox, Alpine) works like any other; one whose flock does not lock
# at all is refused at once.
. "$(dirname "$0")/harness.sh"

lab command
mkdir -p "$T/stage/busybox"
cat >"$T/stage/busybox/flock" <<END
#!/bin/sh
# BusyBox v1.36: flock [-sxun] FD | { FILE [-c] PROG ARGS }
for a; do
    case \$a in
    -[sxun]*) ;;
    -*) echo "flock: unrecognized option: \${a#-}" >&2 && exit 1 ;;
    *) break ;;
    esac
done
exec $(command -v flock) "\$@"
END
chmod +x "$T/stage/busybox/flock"
echo "$T/stage/busybox:$PATH" >"$T/stage/path"
stage_deploy v1.0.0
expect_exit 0
expect_serves v1.0.0

# A second deploy waits for the first, and an interrupted one ends.
version v1.1.0 --build 'while [ ! -e "$HOME/go" ]; do sleep 0.1; done'
version v1.2.0
loomrel_start first --json stage-deploy --service "$SERVICE" --tag v1.1.0
first=$STARTED
wait_for 60 "the first holds the lock" grep -q v1.1.0 "$T/stage/home/loom/$SERVICE/.git/loomrel.lock"
loomrel_start second --json stage-deploy --service "$SERVICE" --tag v1.2.0
second=$STARTED
wait_for 60 "the second waits" grep -q "ждём: v1.1.0" "$T/err.second"
sleep 6
touch "$T/stage/home/go"
loomrel_wait first "$first"
expect_exit 0
loomrel_wait second "$second"
expect_exit 0
expect_serves v1.2.0
version v1.3.0 --build 'touch "$HOME/building"; sleep 100'
loomrel_start third --json stage-deploy --service "$SERVICE" --tag v1.3.0
third=$STARTED
wait_for 60 "it builds" test -e "$T/stage/home/building"
kill -TERM "$third"
loomrel_wait third "$third"
expect_exit 130
expect_serves v1.2.0
loomrel --json rollback --env stage --service "$SERVICE" --yes
expect_exit 0
expect_serves v1.1.0

# Nothing is started where a run's locks would say nothing.
printf '#!/bin/sh\nexit 71\n' >"$T/stage/busybox/flock"
version v1.4.0
SECONDS=0
LIMIT=20 stage_deploy v1.4.0
expect_exit 4
expect_said "flock" "util-linux"
[ $SECONDS -lt 6 ] || fail "it took $SECONDS s to refuse"

# The same of sync, which must be able to write one file.
rm "$T/stage/busybox/flock"
printf '#!/bin/sh\n[ $# = 0 ]\n' >"$T/stage/busybox/sync"
chmod +x "$T/stage/busybox/sync"
LIMIT=20 stage_deploy v1.4.0
expect_exit 4
expect_said "sync FILE"
