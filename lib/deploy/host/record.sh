# shellcheck shell=sh disable=SC2034,SC2154,SC2317 # one of the pieces that lib/deploy/script.cpp puts together
# What this host remembers of its runs when all that they kept is given up.
#
# $D/good has a line for each good run, for ever:
#     RUN NAME COMMIT SECONDS KIND .
# KIND = deploy, rollback, restore, or taken_back: that run does not count any more, another host of it
# was not good. A line without its dot was cut short, and is none. $D/left has the commits that were
# rolled away from, a line each. $D/changes has a record for each run behind its switch, restores by hand
# too, whatever became of it: what serves since then, and of one that nobody sent who typed it.
# Reads: BY CAPSULE C_COMMIT C_HOW C_ID C_NAME C_SECONDS D EPOCH ID KIND LEFT_COMMIT NEW_LINE
#     N_COMMIT N_ID N_NAME N_SECONDS OUTCOME R RESTORED SERVES TAKEN V_COMMIT
# Sets: CAPSULES

# A version that was adopted, or brought back by hand, has not proved anything here.
record_good() {
    case $ID in by-hand-*) return 0 ;; esac
    read_current
    read_capsule "$N_ID" && [ "$C_HOW" != adopt ] || return 0
    kind=$KIND
    [ "$kind" = deploy ] || [ "$kind" = rollback ] || kind=restore
    add_record "$ID $N_NAME $N_COMMIT $N_SECONDS $kind ."
}

# Whatever was cut short before it does not take this line along.
add_record() {
    begin_record
    case $(tail -n 1 "$D/good") in "$1") return ;; esac
    append "$D/good" "$1"
} 2>/dev/null

append() {
    (
        umask 077
        [ -z "$(tail -c 1 "$1")" ] || echo >>"$1"
        echo "$2" >>"$1" && sync "$1"
    )
} 2>/dev/null

# Whoever ends the run may do it twice.
record_change() {
    [ -e "$R/switched" ] || return 0
    case $(tail -n 1 "$D/changes") in "id=$ID "*) return ;; esac
    commit=-
    [ "$OUTCOME" != good ] && [ "$RESTORED" != yes ] || { read_current && commit=$N_COMMIT; }
    append "$D/changes" "id=$ID kind=$KIND outcome=$OUTCOME serves=${SERVES:--} commit=$commit seconds=$EPOCH by=${BY:--} whole=."
} 2>/dev/null

tell_changes() {
    tail -n 20 "$D/changes" 2>/dev/null | while IFS= read -r l; do
        case $l in "id="*" whole=.") tell change "$l" ;; esac
    done
}

# A host that was kept by a release without a record: what its capsules tell of good runs.
begin_record() {
    [ ! -e "$D/good" ] || return 0
    CAPSULES=''
    list_capsules
    lines=''
    for i in $CAPSULES; do
        ! read_capsule "$i" || [ "$C_HOW" = adopt ] || [ "$i" = "$ID" ] \
            || lines="$C_ID $C_NAME $C_COMMIT $C_SECONDS $C_HOW .${lines:+$NEW_LINE$lines}"
    done
    (umask 077 && { [ -z "$lines" ] || echo "$lines"; } >"$D/good.new") && mv "$D/good.new" "$D/good"
}

# good_runs NAME COMMIT: the newest 20 good runs that left this name or this commit here.
good_runs() {
    WANTED_NAME=$1 WANTED_COMMIT=${2:-$1} awk '
        NF != 6 || $6 != "." { next }
        $5 == "taken_back" { delete line[$1]; next }
        $2 == ENVIRON["WANTED_NAME"] || $3 == ENVIRON["WANTED_COMMIT"] {
            line[$1] = $1 " " $2 " " $3 " " $4 " " $5
            order[++n] = $1
        }
        END {
            for (; n > 0 && told < 20; n--) {
                if (!(order[n] in line)) continue
                print line[order[n]]
                delete line[order[n]]
                told++
            }
        }' "$D/good"
} 2>/dev/null

is_left() {
    [ -n "$LEFT" ] || {
        take "$D/left"
        LEFT="$NEW_LINE$TAKEN$NEW_LINE"
    }
    case $LEFT in *"$NEW_LINE$1$NEW_LINE"*) ;; *) return 1 ;; esac
}
LEFT=''

# What was put here on purpose is no longer a version that was rolled away from; what was given up for
# an older one is. A rehearsal comes back.
remember_left() {
    away=''
    case $KIND in
    restore) away=$LEFT_COMMIT ;;
    rollback) ! is_older "$V_COMMIT" "$LEFT_COMMIT" || away=$LEFT_COMMIT ;;
    rehearsal) return 0 ;;
    esac
    [ "$away" != "$V_COMMIT" ] && [ "$away" != - ] || away=''
    [ -n "$away" ] || is_left "$V_COMMIT" || return 0
    l=$(grep -vxF -e "$V_COMMIT" -e "${away:-$V_COMMIT}" "$D/left" 2>/dev/null | tail -n 99)
    # shellcheck disable=SC2086
    printf '%s\n' $l $away >"$D/left.new" && mv "$D/left.new" "$D/left"
    LEFT=''
    return 0
}

# is_older COMMIT OTHER: whether it was kept before. What was kept just now, or is kept no more, was
# gone back to by name.
is_older() {
    [ -n "$CAPSULE" ] || return 0
    list_capsules
    for i in $CAPSULES; do
        read_capsule "$i" || continue
        case $C_COMMIT in
        "$1") return 1 ;;
        "$2") return 0 ;;
        esac
    done
    return 0
}
