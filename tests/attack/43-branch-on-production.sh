#!/usr/bin/env bash
# A branch's loomrel.toml runs nothing on production, whoever looks or goes back with it in his
# folder: it counts as far as production was deployed with it (design 13.4).
. "$(dirname "$0")/production.sh"

# A shell's own line in the file; the command itself stands in quotes.
owned="touch \"\$HOME/owned\""
production_lab
on_production v1.1.0
checkpoint

# The repository's file says how the service is deployed, and nothing else does; [FILE] keeps what
# it holds on the trusted side.
repositorys_file() {
    sed '/^\[store\]/,/^url/d' "$CONFIG" >"$T/ci/loomrel.toml"
    rm -f "$CONFIG"
    cp "$TRUSTED/loomrel.known_hosts" "$T/ci/"
    printf 'LOOMREL_STORE=%s\n' "$STORE_URL" >>"$T/ci/.env.servers"
    printf '.env.servers\n' >"$T/ci/.gitignore"
    git init -q "$T/ci"
    git -C "$T/ci" add -A
}

# branch_says LINE…: of the service in production.
branch_says() {
    printf '%s\n' "$@" >"$T/lines"
    grep -q "^\[environments.prod.services.$SERVICE\]" "$T/ci/loomrel.toml" 2>/dev/null \
        || printf '[environments.prod.services.%s]\n' "$SERVICE" >>"$T/ci/loomrel.toml"
    sed -i "/^\[environments.prod.services.$SERVICE\]/r $T/lines" "$T/ci/loomrel.toml"
}

# trusted_places: where runs and logs lie is the trusted side's word.
trusted_places() {
    sed -i '/^state_dir = .*\/prod\//d; /^log_root = .*\/prod\//d' "$T/ci/loomrel.toml"
    printf '[environments.prod]\nlog_root = "%s"\nstate_dir = "%s"\n' "$T/prod/log" \
        "$T/prod/state" >"$CONFIG"
}

ran_nothing() {
    never "the branch's command ran on production" test -e "$T/prod/home/owned"
}

named() {
    holds "nobody was told that $1 does not count" grep -q "⚠️.*$1" "$T/err"
}

went_back() {
    [ "$CODE" = "${1:-0}" ] || wrong "exit $CODE, not ${1:-0}"
    holds "v1.0.0 does not serve" wait_for 10 "v1.0.0" serves_now v1.0.0 prod
}

rollback() {
    try --lang en rollback --env prod --service "$SERVICE" --yes "$@"
}

attack "a branch's hook runs by a rollback"
repositorys_file
branch_says "hooks.before_rollback = '$owned'"
rollback
ran_nothing
named hooks.before_rollback
went_back

attack "a branch's command runs by a look"
repositorys_file
branch_says "current = '$owned; cat \"\$HOME/commit\"'"
try --lang en status --env prod
ran_nothing
named current
holds "status does not say what serves" grep -q v1.1.0 "$T/out"
try --lang en rollback --env prod --service "$SERVICE" --dry-run
ran_nothing
rollback
ran_nothing
went_back

attack "a branch adds a hook that the trusted file does not name"
branch_says "hooks.before_rollback = '$owned'"
rollback
ran_nothing
named hooks.before_rollback
went_back

attack "a branch names another engine, over a trusted file that names none"
sed -i '/^engine = /d; /^current = /d; /^up = /d' "$CONFIG"
branch_says 'engine = "command"' "up = '$owned'" "current = '$owned; exit 1'"
try --lang en status --env prod
ran_nothing
rollback
ran_nothing
went_back

attack "a branch says where the program lies that is run"
repositorys_file
kept=$T/prod/home/loom/$SERVICE/x/prod/$SERVICE
mkdir -p "$kept/runs"
printf '%s\n' "$owned" >"$kept/restore"
sed -i "s|^state_dir = .*/prod/.*|state_dir = \"$T/prod/home/loom/$SERVICE/x\"|" "$T/ci/loomrel.toml"
try --lang en status --env prod
ran_nothing
rollback
ran_nothing
try --lang en rollback --host "$(id -un)@127.0.0.1:$(port_of prod)" --yes
ran_nothing
# Typed again, what is deployed is looked at.
try --lang en prod-deploy --service "$SERVICE" --tag v1.1.0 --release-id "$RELEASE"
ran_nothing

attack "a branch's hook runs by a look or a rollback with the ledger away"
repositorys_file
trusted_places
branch_says "hooks.before_rollback = '$owned'" "current = '$owned; exit 1'"
sed -i 's|^LOOMREL_STORE=.*|LOOMREL_STORE=postgresql://nobody@127.0.0.1:1/x|' "$T/ci/.env.servers"
try --lang en status --env prod
ran_nothing
rollback
ran_nothing
named hooks.before_rollback
went_back 6

attack "a branch's settings build a version that is not kept"
repositorys_file
branch_says "build = '$owned'"
rm -rf "$T"/prod/state/prod/"$SERVICE"/capsules/*
mark
rollback --to v1.0.0
refused
ran_nothing
rollback --to v1.0.0 --dry-run
[ "$CODE" = 3 ] || wrong "the plan of it: exit $CODE"

attack "a branch's command runs where no program is kept"
repositorys_file
branch_says "hooks.before_rollback = '$owned'"
rm -f "$T/prod/state/prod/$SERVICE/restore"
mark
rollback
[ "$CODE" = 3 ] || wrong "exit $CODE, not 3"
unchanged
ran_nothing
holds "what to type is not said" grep -q 'trusted file' "$T/err"

promise "what production was deployed with counts, whose file it may be"
repositorys_file
rollback
went_back
never "something is said not to count" grep -q '⚠️' "$T/err"
judged
