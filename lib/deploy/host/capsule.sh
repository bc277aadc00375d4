# shellcheck shell=sh disable=SC2034,SC2154,SC2317 # one of the pieces that lib/deploy/script.cpp puts together
# Capsules: what is kept of a version to bring it back. $D/capsules/<id>/manifest holds a KEY=VALUE line
# for each fact, and one for each of the engine's parts ("part=image web sha256:..."). A capsule counts
# only by its folder, renamed into place when everything in it is written and synced. Beside that file
# stand "number", by which capsules are ordered, "config", what compose's configuration was, and
# "capsule", the same for a loomrel that reads protocol 1: it looks for that file alone, and what it
# cannot see it neither offers nor holds. That has one line, and the parts:
#     NAME COMMIT ID HOW SECONDS HEALTH HASH PREVIOUS
# $D/current says which of them was put here last, and how: NAME COMMIT ID HOW SECONDS.
# Reads: BRANCH_NAME B_COMMIT B_NAME CAPSULE COMMIT D EPOCH HEALTH HOW ID KIND MADE PARTS
#     PROTOCOL R TAG
# Sets: BEFORE CAPSULES C_COMMIT C_HEALTH C_HOW C_ID C_NAME C_PARTS C_PREVIOUS C_SECONDS C_UNREAD
#     GONE HAVE KEPT_AS LEFT_COMMIT LEFT_NAME M_COMMIT M_NAME NEW_LINE NEXT N_COMMIT N_HOW N_ID
#     N_NAME N_SECONDS SEEING TAKEN TARGET V_COMMIT V_NAME WAS

# Into C_...; fails for one that is not there, or has no part that the configuration names, or cannot be
# read: then C_UNREAD says why, damaged or newer.
read_capsule() {
    C_NAME='' C_COMMIT='' C_ID='' C_HOW='' C_SECONDS='' C_HEALTH='' C_PREVIOUS='' C_PARTS='' C_UNREAD=''
    C_PROTOCOL=1
    if [ -e "$D/capsules/$1/manifest" ]; then
        while IFS= read -r line; do take_fact "$line"; done <"$D/capsules/$1/manifest"
    else
        {
            read -r C_NAME C_COMMIT C_ID C_HOW C_SECONDS C_HEALTH _ C_PREVIOUS
            while read -r line; do take_fact "part=$line"; done
        } <"$D/capsules/$1/capsule"
    fi
    case $C_PROTOCOL in '' | *[!0-9]*) C_PROTOCOL=1 C_ID='' ;; esac
    if [ "$C_PROTOCOL" -gt "$PROTOCOL" ]; then
        C_UNREAD=newer
    elif [ "$C_ID" != "$1" ] || [ -z "$C_PREVIOUS" ]; then
        C_UNREAD=damaged
    fi
    [ -z "$C_UNREAD" ] && [ -n "$C_PARTS" ]
} 2>/dev/null

# A key that is not known was written by a newer loomrel, which does not need it to be.
take_fact() {
    case $1 in
    protocol=*) C_PROTOCOL=${1#*=} ;;
    name=*) C_NAME=${1#*=} ;;
    commit=*) C_COMMIT=${1#*=} ;;
    id=*) C_ID=${1#*=} ;;
    how=*) C_HOW=${1#*=} ;;
    seconds=*) C_SECONDS=${1#*=} ;;
    health=*) C_HEALTH=${1#*=} ;;
    previous=*) C_PREVIOUS=${1#*=} ;;
    part=*)
        # shellcheck disable=SC2086
        ! is_part ${1#*=} || C_PARTS=${C_PARTS:+$C_PARTS$NEW_LINE}${1#*=}
        ;;
    esac
}
NEW_LINE='
'

# take FILE: its lines into TAKEN, without a fork.
take() {
    TAKEN=''
    while IFS= read -r line; do
        TAKEN=${TAKEN:+$TAKEN$NEW_LINE}$line
    done 2>/dev/null <"$1"
}

# read_number FILE: into N, 0 where there is none.
read_number() {
    N=''
    { read -r N <"$1"; } 2>/dev/null
    case $N in '' | *[!0-9]*) N=0 ;; esac
}

# One more than any that is here, into NUMBER: the newest is never given up.
next_number() {
    NUMBER=0
    for c in "$D"/capsules/*/number; do
        read_number "$c"
        [ "$N" -le "$NUMBER" ] || NUMBER=$N
    done
    NUMBER=$((NUMBER + 1))
}

# Newest first, into CAPSULES; only when that is empty: it is emptied by whoever keeps or drops one.
# The number orders them: a clock may have been ahead. Those from before there was one are older than
# all that have it; of them the time tells, of two that are of one second the files' times.
list_capsules() {
    # shellcheck disable=SC2012
    [ -n "$CAPSULES" ] || CAPSULES=$(nth=0 listed=' ' && ls -1t "$D"/capsules/*/capsule \
        "$D"/capsules/*/manifest 2>/dev/null | while read -r c; do
        c=${c%/*} i=${c##*/}
        case $listed$i in *.old | *.new | *" $i "*) continue ;; esac
        listed="$listed$i "
        read_capsule "$i"
        read_number "$c/number"
        echo "$N ${C_SECONDS:-0} $((nth += 1)) $i"
    done | sort -k1,1nr -k2,2nr -k3,3n | cut -d' ' -f4)
}
CAPSULES='' HAVE='' GONE='' NEXT='' LEFT_COMMIT='' SEEING=''

read_current() {
    N_HOW='' N_ID=''
    { read -r N_NAME N_COMMIT N_ID N_HOW N_SECONDS <"$D/current"; } 2>/dev/null
}

# Which capsule is made of these parts: the one put here last, else the newest. Into KEPT_AS and C_...
kept_as() {
    KEPT_AS=''
    [ -n "$1" ] || return
    read_current
    is_of "$N_ID" "$1" && return
    list_capsules
    for i in $CAPSULES; do
        is_of "$i" "$1" && return
    done
    return 1
}

is_of() {
    [ -n "$1" ] && read_capsule "$1" && [ "$C_PARTS" = "$2" ] && KEPT_AS=$1
}

# A run that is about to start a version notes which: should it not end well, there is no capsule to
# tell what serves.
note_made() {
    (umask 077 && printf '%s\n%s\n' "$V_NAME $V_COMMIT" "$MADE" >"$R/made")
}

# The newest run that has made these parts; into M_...
made_as() {
    # shellcheck disable=SC2012
    for m in $(ls -1t "$D"/runs/*/made 2>/dev/null | head -n 100); do
        take "$m"
        [ "${TAKEN#*"$NEW_LINE"}" != "$1" ] || {
            read -r M_NAME M_COMMIT <"$m"
            return
        }
    done
    return 1
}

name_of() {
    if kept_as "$1"; then
        echo "$C_NAME"
    elif [ -n "$1" ] && made_as "$1"; then
        echo "$M_NAME"
    else
        name_of_parts "$1"
    fi
}

# What serves.
observe() {
    name_of "$(parts_now 2>/dev/null)"
}

# prepare_capsule ID PARTS: what takes time and can be done before the version is known to be good.
# With a capsule goes the script that brings versions back by hand.
prepare_capsule() {
    mkdir -p "$D/capsules/$1.new" && hold "$1" "$2" \
        && sed '1,/^#program$/d' "$R/run.sh" >"$D/restore.new" && [ -s "$D/restore.new" ] \
        && chmod 700 "$D/restore.new"
}

# Not every shell tells twice how a process ended.
is_prepared() {
    [ -z "$PREPARING" ] || {
        wait "$PREPARING" && PREPARING=''
    }
}

# keep_capsule ID NAME COMMIT HOW HEALTH PREVIOUS PARTS: of one that is prepared, and is what was put
# here last. The dash is where older releases kept a hash that compose makes in two ways.
keep_capsule() {
    next_number
    c=$D/capsules/$1 CAPSULES=''
    clock
    write_manifest "$@" >"$c.new/manifest" \
        && printf '%s\n%s\n' "$2 $3 $1 $4 $EPOCH $5 - ${6:--}" "$7" >"$c.new/capsule" \
        && echo $NUMBER >"$c.new/number" && echo "$2 $3 $1 $4 $EPOCH" >"$D/current.new" \
        && sync "$c.new/manifest" "$c.new/capsule" "$c.new/number" "$D/restore.new" "$D/current.new" \
        && { [ ! -e "$c" ] || rm -rf "$c"; } && mv "$D/restore.new" "$D/restore" \
        && mv "$c.new" "$c" && mv "$D/current.new" "$D/current" && sync "$D/capsules" "$D" \
        && note_started -
}

write_manifest() {
    printf '%s\n' "protocol=$PROTOCOL" "id=$1" "name=$2" "commit=$3" "how=$4" "seconds=$EPOCH" \
        "health=$5" "previous=${6:--}" && echo "$7" | while IFS= read -r p; do echo "part=$p"; done
}

# set_current NAME COMMIT ID HOW
set_current() {
    clock
    echo "$1 $2 $3 $4 $EPOCH" >"$D/current.new" && settle "$D/current" && note_started -
}

# Which run has begun to start a version and has not ended well yet; "-" = none.
note_started() {
    echo "$1" >"$D/started.new" && mv "$D/started.new" "$D/started"
    return 0
} 2>/dev/null

drop_capsule() {
    CAPSULES=''
    rm -rf "$D/capsules/$1" "$D/capsules/$1.new"
    unhold "$1"
}

# Of what read_capsule has just read: whether it may be proposed. A version that never passed its health
# check is no good one; one that was rolled away from is a person's choice; what is lost is gone.
is_offered() {
    [ "$C_HEALTH" != no ] && ! is_left "$C_COMMIT" && is_whole
}

# The last good other commit before what serves: first along what each deploy had found here, then by
# age. Into TARGET.
target_before() {
    TARGET=''
    read_capsule "$1" || return
    commit=$C_COMMIT hops=0
    while [ "$C_PREVIOUS" != - ] && [ $hops -lt 50 ] && read_capsule "$C_PREVIOUS"; do
        hops=$((hops + 1))
        [ "$C_COMMIT" = "$commit" ] || ! is_offered || {
            TARGET=$C_ID
            return
        }
    done
    list_capsules
    behind=''
    for i in $CAPSULES; do
        if [ -n "$behind" ] && read_capsule "$i" && [ "$C_COMMIT" != "$commit" ] && is_offered; then
            TARGET=$i
            return
        fi
        [ "$i" != "$1" ] || behind=yes
    done
}

# By tag, commit or the capsule's own name; the newest of several. Into TARGET; GONE = it is only one
# whose images are lost.
find_kept() {
    TARGET='' GONE=''
    list_capsules
    for i in $CAPSULES; do
        if read_capsule "$i" && { [ "$C_NAME" = "$1" ] || [ "$C_COMMIT" = "$1" ] || [ "$i" = "$1" ]; }; then
            if is_whole; then
                TARGET=$i
                return
            fi
            GONE=$C_NAME
        fi
    done
}

# What served when the run began, as parts and as a capsule if it is one.
know_before() {
    [ -z "$BEFORE_KNOWN" ] || return 0
    wait_for_parts
    kept_as "$PARTS"
    BEFORE=$KEPT_AS WAS=${KEPT_AS:--} BEFORE_KNOWN=yes
}

# What serves and has no capsule gets one: also what was started by hand can be come back to. A deploy
# makes it beside its build.
do_adopt() {
    know_before
    [ -n "$PARTS" ] || {
        m_nothing_served
        LEFT_NAME=''
        # It may have served until it fell over: still better than a new version that is bad.
        read_current
        LEFT_COMMIT=$N_COMMIT
        [ -z "$N_ID" ] || ! read_capsule "$N_ID" || note previous "$N_ID"
        return 0
    }
    if [ -n "$BEFORE" ]; then
        read_capsule "$BEFORE"
        LEFT_NAME=$C_NAME LEFT_COMMIT=$C_COMMIT
        note previous "$BEFORE"
        return
    fi
    name_of_before
    LEFT_NAME=$B_NAME LEFT_COMMIT=$B_COMMIT
    m_adopting
    adopt &
    ADOPTER=$!
    [ "$KIND" = deploy ] || is_adopted
}

# It is held before the run's end: nothing else will use its images soon.
adopt() {
    can_hold "$PARTS" || exit 2
    prepare_capsule "$ID-before" "$PARTS" \
        && keep_capsule "$ID-before" "$B_NAME" "$B_COMMIT" adopt "$(is_healthy 2>/dev/null)" - "$PARTS" || {
        drop_capsule "$ID-before" >/dev/null 2>&1
        exit 1
    }
    apart hold_all &
}

# Before anything is switched.
is_adopted() {
    [ -n "$ADOPTER" ] || return 0
    wait "$ADOPTER"
    case $? in
    0)
        BEFORE=$ID-before CAPSULES=''
        note previous "$BEFORE"
        ;;
    2) m_adopt_impossible ;;
    *) fail 1 keep_failed ;;
    esac && ADOPTER=''
}

# The version that is being started: its name and commit.
name_version() {
    V_NAME=${TAG:-$BRANCH_NAME} V_COMMIT=$COMMIT
    if [ -n "$CAPSULE" ] && read_capsule "$CAPSULE"; then
        V_NAME=$C_NAME V_COMMIT=$C_COMMIT
    fi
}

do_keep() {
    name_version
    if [ -n "$CAPSULE" ]; then
        set_current "$V_NAME" "$V_COMMIT" "$CAPSULE" "$HOW" || fail 1 keep_failed || return
        remember_left
        return
    fi
    health=yes
    [ "$HEALTH" != none ] || health=unknown
    is_prepared && keep_capsule "$ID" "$V_NAME" "$V_COMMIT" "$HOW" $health "${BEFORE:--}" "$MADE" || {
        failed 1 keep_failed
        return
    }
    remember_left
    wait_for_images
    target_before "$ID"
    give_up "$ID" "$TARGET" "$BEFORE"
    tell_lost
    m_capsule_kept
}
