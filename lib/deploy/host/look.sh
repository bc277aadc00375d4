# shellcheck shell=sh disable=SC2034,SC2154,SC2317 # one of the pieces that lib/deploy/script.cpp puts together
# What serves here, since when, who holds the lock, which runs are open. Changes nothing but that kept
# images which nothing holds any more are held again.
# Reads: CAPSULES C_COMMIT C_HEALTH C_HOW C_ID C_NAME C_PREVIOUS C_SECONDS D HAVE HOLDER KEPT_AS
#     LOCK N_COMMIT N_HOW N_ID N_NAME N_SECONDS PROTOCOL STRANGE TO TREE WHY
# Sets: CAPSULE HEALTH_SECONDS PARTS PATIENCE TARGET

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
            tell_record run 3 "id=${r##*/}" state=running "step=${s%% *}"
            continue
            ;;
        2) continue ;;
        esac
        if [ ! -f "$r/status" ]; then
            tell_record run 3 "id=${r##*/}" state=died step=-
        elif [ ! -e "$r/ack" ]; then
            tell_record run 3 "id=${r##*/}" state=unread step=-
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
tell_good_runs() {
    c=$(own_git rev-parse -q --verify "refs/tags/$TO^{commit}" 2>/dev/null)
    # In a tree that is not trusted git is not asked.
    [ -n "$c" ] || [ -n "$TARGET" ] || [ -n "$STRANGE" ] || tell no_tag
    good_runs "$TO" "$c" | while read -r i n c t k; do
        tell_record good 5 "run=$i" "name=$n" "commit=$c" "seconds=$t" "kind=$k"
    done
}

# What serves, and what can be gone back to.
look_at_versions() {
    see_images
    [ "$HAVE" != '?' ] || tell images unknown
    [ -z "$TO" ] || {
        find_kept "$TO"
        [ -z "$TARGET" ] || tell_changed "$TARGET" &
        tell_good_runs
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
    tell_record back 3 "to=${TARGET:--}" "why=$WHY" "next=${NEXT:--}"
    list_capsules
    for i in $CAPSULES; do
        ! read_capsule "$i" || ! is_whole || tell_record capsule 8 "name=$C_NAME" "commit=$C_COMMIT" \
            "id=$C_ID" "how=$C_HOW" "seconds=$C_SECONDS" "health=$C_HEALTH" hash=- "previous=$C_PREVIOUS"
    done
    list_lost | while read -r n c i; do tell_record lost 3 "name=$n" "commit=$c" "id=$i"; done
    list_unread | while read -r i w; do tell_record unread 2 "id=$i" "why=$w"; done
    [ -n "$TO" ] || tell_changed "$TARGET" &
}

look() {
    tell hello "protocol=$PROTOCOL"
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
    [ -z "$N_ID" ] || tell_record current 5 "name=$N_NAME" "commit=$N_COMMIT" "id=$N_ID" "how=$N_HOW" \
        "seconds=$N_SECONDS"
    tell healthy "$(is_healthy 2>/dev/null)" &
    look_at_versions
    look_at_runs
    tell_changes
    wait
    tell over
    # Nobody waits for it.
    hold_all </dev/null >/dev/null 2>&1 &
}
