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

# tell_changed CAPSULE: whether compose's configuration is another than when that was deployed.
tell_changed() {
    CAPSULE=$1
    name_version
    [ -z "$CAPSULE" ] || [ "$C_HASH" = - ] || [ "$(hash_now)" = "$C_HASH" ] || tell changed yes
}

# What serves, and what can be gone back to.
look_at_versions() {
    list_capsules
    [ -z "$TO" ] || {
        find_kept "$TO"
        if [ -n "$TARGET" ]; then
            tell_changed "$TARGET" &
        else
            own_git rev-parse -q --verify "refs/tags/$TO^{commit}" >/dev/null 2>&1 || tell no_tag
        fi
    }
    PARTS=$(parts_now 2>/dev/null)
    if kept_as "$PARTS"; then
        tell serves "$C_NAME"
    else
        tell serves "$(name_of "$PARTS")"
    fi
    tell serving "${KEPT_AS:--}"
    default_target "$KEPT_AS"
    tell back "${TARGET:--}" "$WHY"
    for i in $CAPSULES; do
        ! read_capsule "$i" || tell capsule "$C_NAME $C_COMMIT $C_ID $C_HOW $C_SECONDS $C_HEALTH $C_HASH $C_PREVIOUS"
    done
    [ -n "$TO" ] || tell_changed "$TARGET" &
}

look() {
    LOCK=$TREE/.git/loomrel.lock
    [ -d "$TREE/.git" ] || tell no_repository "$TREE"
    [ ! -r "$LOCK" ] || is_free "$LOCK" || tell lock "$(first_line "$LOCK")"
    read_current
    tell current "${N_ID:+$N_NAME $N_COMMIT $N_ID $N_HOW $N_SECONDS}"
    tell healthy "$(is_healthy 2>/dev/null)" &
    look_at_versions
    look_at_runs
    wait
    tell over
}
