#!/usr/bin/env bash
# What stands in a file, whoever wrote it, does not keep production from going back to a version that
# is kept (design 13.5, "night first").
. "$(dirname "$0")/production.sh"

production_lab
on_production v1.1.0
checkpoint

# goes_back: a rollback in this folder; SAYS is what it must say of the trouble.
goes_back() {
    LIMIT=40 try --lang en rollback --env prod --service "$SERVICE" --yes
    [ "$CODE" = 0 ] || [ "$CODE" = "${MAY_END:-0}" ] || wrong "exit $CODE"
    holds "v1.0.0 does not serve" wait_for 10 "v1.0.0" serves_now v1.0.0 prod
    holds "the trouble is not told" grep -q "⚠️.*$SAYS" "$T/err"
}

for table in environments.prod "services.$SERVICE"; do
    attack "an empty list of hosts in [$table] of a repository's file"
    printf '[%s]\nhosts = []\n' "$table" >"$T/ci/loomrel.toml"
    SAYS='empty list' goes_back
    try --lang en status --env prod
    [ "$CODE" = 2 ] || wrong "status: exit $CODE"
    holds "status does not name the line" grep -q 'loomrel.toml:2' "$T/err"
done

attack "a repository's file that leads to a terminal"
ln -s /dev/tty "$T/ci/loomrel.toml"
LIMIT=20 on_terminal -- --lang en rollback --env prod --service "$SERVICE" --yes
[ "$CODE" = 0 ] || wrong "exit $CODE"
holds "v1.0.0 does not serve" wait_for 10 "v1.0.0" serves_now v1.0.0 prod

attack "a repository's file that leads to a pipe"
mkfifo "$T/ci/pipe"
ln -sf pipe "$T/ci/loomrel.toml"
ln -sf pipe "$T/ci/loomrel.known_hosts"
SAYS='cannot be read' goes_back

attack "two developers who are one"
printf 'Anya_b_HOST=10.0.0.1\nANYA-B_HOST=10.0.0.2\n' >>"$T/ci/.env.servers"
SAYS='one GitHub login' goes_back

attack "a password in stage's address"
sed -i 's/^STAGE_HOST=.*/STAGE_HOST=root:secret@127.0.0.1/' "$T/ci/.env.servers"
SAYS='password' goes_back

attack "a quote that is never closed, in .env.servers"
printf 'FOO="unterminated\n' >>"$T/ci/.env.servers"
SAYS='not closed' goes_back

attack "a key that nobody knows, in the trusted file"
printf '[bogus]\nx = 1\n' >>"$CONFIG"
SAYS='unknown key' goes_back

attack "a language that nobody speaks"
ENVIRONMENT=(LOOMREL_LANG=de)
SAYS='none of' goes_back

attack "an address that is no ledger's"
ENVIRONMENT=(LOOMREL_STORE=nonsense)
SAYS='ledger' MAY_END=6 goes_back

attack "--host with two services configured, kept in a folder of their own"
printf '[services.other]\nhealth = "none"\n' >"$T/ci/loomrel.toml"
try --lang en rollback --host "$(id -un)@127.0.0.1:$(port_of prod)" --yes
[ "$CODE" = 0 ] || [ "$CODE" = 6 ] || wrong "exit $CODE"
holds "v1.0.0 does not serve" wait_for 10 "v1.0.0" serves_now v1.0.0 prod
judged
