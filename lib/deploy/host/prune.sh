# shellcheck shell=sh disable=SC2034,SC2154,SC2317 # one of the pieces that lib/deploy/script.cpp puts together
# Which capsules are given up, which are lost, and what is done about them when nobody waits any more.
# Reads: BEFORE C_COMMIT C_ID C_NAME C_UNREAD D KEEP_CAPSULES N_ID R TARGET
# Sets: CAPSULES LOST

# give_up ID...: what is beyond the number to keep, but never these, nor what a newer loomrel has kept in
# a way that this one cannot read. What is lost takes nobody's place.
give_up() {
    list_capsules
    n=0 old=''
    for i in $CAPSULES; do
        before=$n
        ! read_capsule "$i" || ! is_whole || n=$((n + 1))
        case " $* " in *" $i "*) continue ;; esac
        [ "$before" -lt "$KEEP_CAPSULES" ] || [ "$C_UNREAD" = newer ] || old="$old $i"
    done
    for i in $old; do
        mv "$D/capsules/$i" "$D/capsules/$i.old"
        CAPSULES=''
    done
}

# What an earlier run left beyond the number to keep, or half kept.
do_prune() {
    know_before
    list_capsules
    # shellcheck disable=SC2086
    set -- $CAPSULES
    [ $# -le "$KEEP_CAPSULES" ] || {
        wait_for_images
        target_before "$BEFORE"
        read_current
        give_up "$BEFORE" "$TARGET" "$N_ID"
    }
    # Of a run that was killed.
    for c in "$D"/capsules/*.new; do
        [ ! -d "$c" ] || mv "$c" "${c%.new}.old"
    done
    (
        prune_parts
        # shellcheck disable=SC2012
        for r in $(ls -1t "$D/runs" | tail -n +31); do
            [ ! -e "$D/runs/$r/ack" ] || rm -rf "$D/runs/${r:?}"
        done
    ) >/dev/null 2>&1 &
}

# What can wait until the run's end is told and its locks are free: what was given up is taken away,
# and what is kept is held. What a kill leaves undone the next run or look finds.
tidy() {
    for c in "$D"/capsules/*.old; do
        [ -d "$c" ] || continue
        i=${c##*/}
        unhold "${i%.old}" >/dev/null 2>&1
        rm -rf "$c"
    done
    CAPSULES=''
    hold_all
    archive_all
}

# Kept versions whose images are lost and that no other one stands in for: NAME COMMIT ID a line.
list_lost() {
    list_capsules
    seen=' '
    for i in $CAPSULES; do
        read_capsule "$i" || continue
        case $seen in *" $C_COMMIT "*) continue ;; esac
        if is_whole; then
            seen="$seen$C_COMMIT "
        else
            echo "$C_NAME $C_COMMIT $C_ID"
        fi
    done
}

# Kept versions that this program cannot read: ID WHY a line.
list_unread() {
    list_capsules
    for i in $CAPSULES; do
        read_capsule "$i" || [ -z "$C_UNREAD" ] || echo "$i $C_UNREAD"
    done
}

# In the log, and to whoever watches.
tell_lost() {
    list_lost >"$R/lost"
    while read -r LOST _; do
        m_version_lost
        journal lost "$LOST"
    done <"$R/lost"
    rm -f "$R/lost"
}
