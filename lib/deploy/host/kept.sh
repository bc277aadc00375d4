# shellcheck shell=sh disable=SC2034,SC2154,SC2317,SC3067 # one of the pieces that lib/deploy/script.cpp puts together
# Looking without a configuration: the kept program knows its own.
# Reads: CLIENT_PROTOCOL ENVIRONMENT S STATE TO
# Sets: D SERVICE

look_kept() {
    found=''
    for p in "$STATE/$ENVIRONMENT"/*/restore; do
        [ -f "$p" ] || continue
        p=${p%/restore}
        tell service "${p##*/}"
        found="$found ${p##*/}"
    done
    # Where it is not this environment's host, whoever typed it has to know whose it is.
    [ -n "$found" ] || for p in "$STATE"/*/*/restore; do
        [ -f "$p" ] || continue
        p=${p#"$STATE/"}
        tell service "${p%/restore}"
    done
    # shellcheck disable=SC2086
    set -- $found
    [ -n "$SERVICE" ] || [ $# != 1 ] || SERVICE=$1
    D=$STATE/$ENVIRONMENT/$SERVICE
    # A program that another user has put there is not ours to run.
    if [ -n "$SERVICE" ] && [ -f "$D/restore" ] && [ -O "$D/restore" ] && [ -O "$D" ]; then
        tell chosen "$SERVICE"
        exec /bin/sh "$D/restore" look "$S" "$TO" "$CLIENT_PROTOCOL"
    fi
    tell over
}
