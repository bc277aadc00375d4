# shellcheck shell=sh disable=SC2034,SC2154,SC2317 # one of the pieces that lib/deploy/script.cpp puts together
# What serves here, since when, who holds the lock, which runs are open. Changes nothing.

is_free() {
    flock -n -s "$1" true 2>/dev/null
}

first_line() {
    head -c 500 "$1" 2>/dev/null | head -n 1
}

look_at_runs() {
    for r in "$D"/runs/*/; do
        r=${r%/}
        [ -e "$r/started" ] || continue
        if ! is_free "$r/alive"; then
            s=$(first_line "$r/step")
            tell run "${r##*/}" running "${s%% *}"
        elif [ ! -f "$r/status" ]; then
            tell run "${r##*/}" died -
        elif [ ! -e "$r/ack" ]; then
            tell run "${r##*/}" unread -
        fi
    done
}

look() {
    state_of_host
    LOCK=$TREE/.git/loomrel.lock
    [ -d "$TREE/.git" ] || tell no_repository "$TREE"
    [ ! -r "$LOCK" ] || is_free "$LOCK" || tell lock "$(first_line "$LOCK")"
    tell current "$(first_line "$D/current")"
    tell serves "$(observe 2>/dev/null)"
    tell healthy "$(is_healthy 2>/dev/null)"
    look_at_runs
    tell over
}
