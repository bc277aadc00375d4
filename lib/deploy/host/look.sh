# What serves here, since when, who holds the lock, which runs are open. Changes nothing.

look_at_runs() {
    for r in "$D"/runs/*/; do
        r=${r%/}
        [ -e "$r/started" ] || continue
        if ! flock -n -s "$r/alive" true; then
            tell run "${r##*/}" running "$(read -r s <"$r/step" && echo "$s")"
        elif [ -f "$r/status" ] && [ ! -e "$r/ack" ]; then
            tell run "${r##*/}" unread -
        elif [ ! -f "$r/status" ]; then
            tell run "${r##*/}" died -
        fi
    done
} 2>/dev/null

look() {
    state_of_host
    tell hello look - 0
    LOCK=$TREE/.git/loomrel.lock
    if [ -e "$LOCK" ] && ! flock -n -s "$LOCK" true; then
        tell lock "$(head -c 500 "$LOCK" | head -n 1)"
    fi 2>/dev/null
    [ -d "$TREE/.git" ] || tell absent "$TREE"
    { read -r k <"$D/current" && tell current "$k"; } 2>/dev/null
    tell serves "$(observe)"
    tell healthy "$(is_healthy)"
    look_at_runs
    tell done
}
