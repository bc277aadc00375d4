# shellcheck shell=sh disable=SC2034,SC2154,SC2317 # one of the pieces that lib/deploy/script.cpp puts together
# What serves here, since when, who holds the lock, which runs are open. Changes nothing but that kept
# images which nothing holds any more are held again.

first_line() {
    head -c 500 "$1" 2>/dev/null | head -n 1
}

look_at_runs() {
    for r in "$D"/runs/*/; do
        r=${r%/}
        [ -e "$r/started" ] || continue
        ask_lock "$r/alive"
        case $? in
        1)
            s=$(first_line "$r/step")
            tell run "${r##*/}" running "${s%% *}"
            continue
            ;;
        2) continue ;;
        esac
        if [ ! -f "$r/status" ]; then
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
    CHANGED=$(config_changed 2>/dev/null)
    [ -z "$CHANGED" ] || tell changed "$CHANGED"
}

# What the record says of the version that is wanted, by its name and by what its tag means now.
tell_record() {
    c=$(own_git rev-parse -q --verify "refs/tags/$TO^{commit}" 2>/dev/null)
    [ -n "$c" ] || [ -n "$TARGET" ] || tell no_tag
    good_runs "$TO" "$c" | while read -r l; do tell good "$l"; done
}

# What serves, and what can be gone back to.
look_at_versions() {
    see_images
    [ "$HAVE" != '?' ] || tell images unknown
    [ -z "$TO" ] || {
        find_kept "$TO"
        [ -z "$TARGET" ] || tell_changed "$TARGET" &
        tell_record
    }
    PARTS=$(parts_now 2>/dev/null)
    if kept_as "$PARTS"; then
        tell serves "$C_NAME"
    else
        tell serves "$(name_of "$PARTS")"
    fi
    tell serving "${KEPT_AS:--}"
    default_target "$KEPT_AS"
    # Docker has not said what is there, so nothing is promised.
    [ "$HAVE" != '?' ] || TARGET='' NEXT=''
    tell back "${TARGET:--}" "$WHY" "${NEXT:--}"
    list_capsules
    for i in $CAPSULES; do
        ! read_capsule "$i" || ! is_whole || tell capsule "$C_NAME $C_COMMIT $C_ID $C_HOW $C_SECONDS $C_HEALTH $C_HASH $C_PREVIOUS"
    done
    list_lost | while read -r l; do tell lost "$l"; done
    [ -n "$TO" ] || tell_changed "$TARGET" &
}

look() {
    find_git || tell no_repository "$TREE"
    know_owner
    ask_lock "$LOCK"
    [ $? != 1 ] || {
        read_holder "$LOCK"
        tell lock "$HOLDER"
    }
    PATIENCE='timeout 4'
    [ "$HEALTH_SECONDS" -le 4 ] || HEALTH_SECONDS=4
    read_current
    tell current "${N_ID:+$N_NAME $N_COMMIT $N_ID $N_HOW $N_SECONDS}"
    tell healthy "$(is_healthy 2>/dev/null)" &
    look_at_versions
    look_at_runs
    wait
    tell over
    # Nobody waits for it.
    hold_all </dev/null >/dev/null 2>&1 &
}
