#!/usr/bin/env bash
# A repository's file puts production's hosts in order, and leaves none of them out: what is deployed
# or brought back is so on all that the trusted side names (design 13.5).
. "$(dirname "$0")/production.sh"

SERVICE_TOML="[telegram]
approvers = [$ANYA, $BORIS]
quorum = 1"
lab command
printf '%s\n' '#!/bin/sh' 'echo 1000' >"$T/id"
chmod +x "$T/id"
PORTS=()
for n in 1 2; do
    make_host "p$n"
    PORTS[n]=$(free_port)
    install_service "p$n" "${PORTS[n]}"
    # Each log-in passes for an ordinary user, so that its state lies in its own home.
    mkdir -p "$T/p$n/home/own"
    ln -s "$T/id" "$T/p$n/home/own/id"
    sed -i "s|^read -r PATH.*|&\nPATH=$T/p$n/home/own:\$PATH|" "$T/p$n/login"
done
cat >>"$T/ci/loomrel.toml" <<EOF
[environments.prod]
log_root = "$T/log"
state_dir = ""
[environments.prod.services.$SERVICE]
health = "none"
EOF
mkdir -p "$TRUSTED"
unset LOOMREL_CONFIG
mv "$T/ci/loomrel.toml" "$CONFIG"
cat >>"$T/ci/.env.servers" <<EOF
STAGE_HOST_KEY=$(fingerprint_of stage)
PROD_HOST='127.0.0.1:$(port_of p1) localhost:$(port_of p2)'
PROD_HOST_KEY='$(fingerprint_of p1) $(fingerprint_of p2)'
PROD_USER=root
PROD_KEY_FILE=$T/me/key
EOF

serves_on() {
    curl -fsS --max-time 2 "http://127.0.0.1:${PORTS[$1]}/version" 2>/dev/null || :
}
everywhere() {
    [ "$(serves_on 1)$(serves_on 2)" = "$1$1" ]
}
production() { :; }
deploy() {
    approved "$1"
    try --lang en prod-deploy --service "$SERVICE" --tag "$1" --release-id "$RELEASE"
}
deploy v1.0.0
expect_exit 0
deploy v1.1.0
expect_exit 0
everywhere v1.1.0 || fail "v1.1.0 does not serve on both"

REWIND=
attack "a branch's list leaves out a host that is rolled back"
printf '[environments.prod]\nhosts = ["127.0.0.1:%s"]\n' "$(port_of p1)" >"$T/ci/loomrel.toml"
try --lang en rollback --env prod --service "$SERVICE" --yes
[ "$CODE" = 0 ] || wrong "exit $CODE"
holds "a host still serves the bad version" wait_for 10 "v1.0.0" everywhere v1.0.0
holds "nobody is told of the list" grep -q '⚠️.*leaves out' "$T/err"
holds "config check does not tell" eval 'try --lang en config check; grep -q "leaves out" "$T/out" "$T/err"'

attack "a branch's list leaves out a host that is deployed to"
deploy v1.2.0
[ "$CODE" = 0 ] || wrong "exit $CODE"
holds "a host still serves the old version" wait_for 10 "v1.2.0" everywhere v1.2.0

attack "a branch's list names one host twice"
printf '[environments.prod]\nhosts = ["127.0.0.1:%s", "127.0.0.1:%s"]\n' "$(port_of p1)" \
    "$(port_of p1)" >"$T/ci/loomrel.toml"
try --lang en rollback --env prod --service "$SERVICE" --yes
[ "$CODE" = 0 ] || wrong "exit $CODE"
holds "a host still serves the bad version" wait_for 10 "v1.0.0" everywhere v1.0.0
judged
