#!/usr/bin/env bash
# The trusted side names the addresses, and somebody sits there or in between: he shows a certificate
# that is not theirs or none at all, or leads on to another origin. No secret reaches him by any
# command (design 13.5).
. "$(dirname "$0")/harness.sh"
world_start

# origins_at ADDRESS: Bot API, GitHub and collector, by the trusted file and variable; a checkout may
# repeat what that side names.
origins_at() {
    without OTEL_EXPORTER_OTLP_ENDPOINT
    VARIABLES+=("OTEL_EXPORTER_OTLP_ENDPOINT=$1")
    toml telegram "api_url = \"$1\""
    toml github "api_url = \"$1\""
    TRUSTED_TOML=$(cat "$CHECKOUT/loomrel.toml")
}

# ledger_at URL, with nothing else in its way.
ledger_at() {
    without LOOMREL_STORE
    VARIABLES+=("LOOMREL_STORE=$1")
}

scenario plain_ledger
ledger_at "http://$PLAIN/api/tg-bot"
instead "LOOM_RELEASE_TG_BOT_API_URL=http://$PLAIN/api/tg-bot"
without LOOMREL_STORE_PASSWORD
run_everything
judge "${OWN[@]}"
scenario plain_origins
origins_at "http://$PLAIN"
run_everything "${SOME[@]}"
judge "${OWN[@]}"
scenario plain_postgres
ledger_at "postgresql://me@$PLAIN:5432/releases"
run_everything
judge "${OWN[@]}"

for where in $SELF_SIGNED $FOREIGN $OTHER_NAME; do
    # The mode that asks for encryption and looks at no certificate.
    scenario "postgres_${where##*.}"
    ledger_at "postgresql://me@$where:5432/releases?sslmode=require"
    run_everything "${SOME[@]}"
    judge "${OWN[@]}"
    scenario "ledger_${where##*.}"
    ledger_at "https://$where/api/tg-bot"
    instead "LOOM_RELEASE_TG_BOT_API_URL=https://$where/api/tg-bot"
    run_everything "${SOME[@]}"
    judge "${OWN[@]}"
    scenario "origins_${where##*.}"
    origins_at "https://$where"
    run_everything "${SOME[@]}"
    judge "${OWN[@]}"
done

# 307 asks for the same request once more, at somebody else's: behind TLS, and by plain.
for port in 443 8443; do
    own=("${OWN[@]}" "api_key=$REDIRECTOR:$port https" "bot_token=$REDIRECTOR:$port https"
        "github_token=$REDIRECTOR:$port https" "otlp_header=$REDIRECTOR:$port https")
    scenario "redirected_ledger_$port"
    ledger_at "https://$REDIRECTOR:$port/api/tg-bot"
    instead "LOOM_RELEASE_TG_BOT_API_URL=https://$REDIRECTOR:$port/api/tg-bot"
    without LOOMREL_STORE_PASSWORD
    run_everything "${SOME[@]}"
    judge "${own[@]}"
    arrived api_key "$REDIRECTOR:$port https"
    scenario "redirected_origins_$port"
    origins_at "https://$REDIRECTOR:$port"
    run_everything "${SOME[@]}"
    judge "${own[@]}"
    arrived bot_token "$REDIRECTOR:$port https"
done
end_of_attacks
