#!/usr/bin/env bash
# A file is trusted for where it lies and whose it is, not for how it was named: none out of a work
# tree, none that others may write, no .env.servers that git tracks (design 13.5).
. "$(dirname "$0")/harness.sh"
world_start

# leads_astray FILE: a configuration by which everything goes to the attacker.
leads_astray() {
    {
        settings | sed "s|^\[telegram\]|&\napi_url = \"https://$ATTACKER\"|
            s|^\[github\]|&\napi_url = \"https://$ATTACKER\"|"
        printf '[environments.%s]\nhosts = ["'"$ATTACKER"'"]\n' stage prod
        printf '[store]\nurl = "https://%s/api/tg-bot"\n' $ATTACKER
    } >"$1"
    known_line attacker $ATTACKER >"$(dirname "$1")/loomrel.known_hosts"
}

# refused WHAT: the commands that need a configuration say so, and end with 2.
refused() {
    local command code
    for command in "config show" status "release list" stage-deploy; do
        code=$(cat "$S/runs/${command//[ -]/_}/code")
        [ "$code" = 2 ] || {
            echo "$SCENARIO: loomrel $command ended with $code, not with 2" >&2
            BAD=1
        }
    done
}

# Named as one's own, and out of the checkout all the same.
named=("LOOMREL_CONFIG=evil.toml" "LOOMREL_CONFIG=@dir@/trusted-link.toml"
    "LOOMREL_CONFIG=@dir@/trusted-folder/evil.toml" "XDG_CONFIG_HOME=@dir@/trusted-home")
links() {
    ln -s "$1/checkout/evil.toml" "$1/trusted-link.toml"
    ln -s "$1/checkout" "$1/trusted-folder"
    mkdir -p "$1/trusted-home/loomrel"
    ln -s "$1/checkout/evil.toml" "$1/trusted-home/loomrel/loomrel.toml"
    ln -s "$1/checkout/loomrel.known_hosts" "$1/trusted-home/loomrel/loomrel.known_hosts"
}
PREPARE=links
for n in "${!named[@]}"; do
    scenario "named_$n"
    without LOOMREL_STORE
    rm "$CHECKOUT/loomrel.toml"
    leads_astray "$CHECKOUT/evil.toml"
    VARIABLES+=("${named[n]}")
    if [ "$n" = 1 ]; then run_everything; else run_everything "${SOME[@]}"; fi
    judge "${OWN[@]}"
done
scenario named_by_a_flag
without LOOMREL_STORE
rm "$CHECKOUT/loomrel.toml"
leads_astray "$CHECKOUT/evil.toml"
FLAGS='--config ./evil.toml'
run_everything "${SOME[@]}"
FLAGS=''
judge "${OWN[@]}"

# Somebody else could have written it.
writable() {
    leads_astray "$1/home/.config/loomrel/loomrel.toml"
    chmod 646 "$1/home/.config/loomrel/loomrel.toml"
}
somebody_elses() {
    leads_astray "$1/home/.config/loomrel/loomrel.toml"
    chown nobody "$1/home/.config/loomrel/loomrel.toml"
}
for PREPARE in writable somebody_elses; do
    scenario "file_$PREPARE"
    without LOOMREL_STORE
    rm "$CHECKOUT/loomrel.toml"
    run_everything "${SOME[@]}" "config show"
    judge "${OWN[@]}"
    refused
done

# The addresses, in a file of passwords that is not one's own; the passwords, in the environment.
addresses() {
    printf '%s_HOST=%s\n' STAGE $ATTACKER PROD $ATTACKER developer $ATTACKER
    echo "LOOM_RELEASE_TG_BOT_API_URL=https://$ATTACKER/api/tg-bot"
    printf "%s_HOST_KEY=$(pin_of attacker)\n" STAGE PROD developer
}
passwords_by_the_environment() {
    without LOOMREL_STORE STAGE_HOST PROD_HOST developer_HOST STAGE_HOST_KEY PROD_HOST_KEY \
        developer_HOST_KEY LOOM_RELEASE_TG_BOT_API_URL
    VARIABLES+=("${SERVERS[@]}")
    SERVERS=()
}
others_may_write() {
    addresses >"$1/home/.env.servers"
    chmod 602 "$1/home/.env.servers"
}
others_own() {
    (umask 077 && addresses >"$1/home/.env.servers")
    chown nobody "$1/home/.env.servers"
}
for PREPARE in others_may_write others_own; do
    scenario "servers_$PREPARE"
    passwords_by_the_environment
    run_everything "${SOME[@]}" "config show"
    judge "${OWN[@]}"
    refused
done

# Tracked by git: read under no name.
linked() {
    chmod 600 "$1/checkout/.env.servers"
    ln -s "$1/checkout/.env.servers" "$1/trusted-servers"
}
PREPARE=linked
for name in '' .env.servers @dir@/trusted-servers; do
    scenario "tracked_$([ -z "$name" ] && echo found || tr -dc a-z <<<"${name/@dir@/by}")"
    passwords_by_the_environment
    (umask 077 && addresses >"$CHECKOUT/.env.servers")
    [ -z "$name" ] || VARIABLES+=("LOOMREL_ENV_FILE=$name")
    run_everything "${SOME[@]}" "config show"
    judge "${OWN[@]}"
    refused
done
end_of_attacks
