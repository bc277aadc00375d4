# shellcheck shell=sh disable=SC2034,SC2154,SC2317 # one of the pieces that lib/deploy/script.cpp puts together
# The run's folder. Room for the end and for all that may be asked is taken before anything happens:
# a disk that fills later can lose neither. A wish is a rename: it needs no room, and of two only one
# can succeed. lay_run prints the run's script.
# Reads: CLIENT_PROTOCOL D ID LOG_FILE NONCE NOW N_ID R RESTORING S T_FOLDER_GONE
# Sets: BY LACKS PREVIOUS RECORD

lay_room() {
    printf '%1023s\n' '' >"$R/status.new" && printf '%255s\n' '' >"$R/result" || return
    for f in step locked previous hooked restored commit; do
        printf '%63s\n' '' >"$R/$f" || return
    done
    for f in switch ack; do
        true >"$R/may_$f" || return
    done
    for f in cancel stop; do
        printf '%255s\n' '' >"$R/may_$f" || return
    done
    printf '%s\n' "$NONCE" >"$R/nonce"
}

# In whose name it is asked, into the room that the wish has.
sign_wish() {
    [ -z "$2" ] || [ ! -f "$R/may_$1" ] || printf '%-255s\n' "$2" 1<>"$R/may_$1"
} 2>/dev/null

# Who cancelled the run is told in his own words; an older loomrel asks without a name.
say_cancelled() {
    BY='' wish=stop_seen
    [ ! -e "$R/cancel" ] || wish=cancel
    read -r BY <"$R/$wish"
    [ -n "$BY" ] || {
        m_cancelled
        return
    }
    journal cancelled_by "$BY"
    m_cancelled_by
} 2>/dev/null

# LACKS: not for want of room.
lay() {
    lay_room && true >>"$R/out" && lay_run >"$R/run.sh" || return
    LACKS='sync FILE'
    sync "$R/run.sh" || return
    LACKS='timeout, tail -c'
    timeout 5 tail -c +1 "$R/nonce" >/dev/null || return
    LACKS=''
}

# Control lines go to standard error behind the channel's nonce.
tell() {
    printf '\036%s %s\n' "$S" "$*" >&2
}

# record COUNT KEY=VALUE...: into RECORD, as whoever asked reads it. Before protocol 2 a record was the
# values of its first COUNT keys, in this order. No value has a blank.
record() {
    count=$1
    shift
    [ "${CLIENT_PROTOCOL:-1}" -lt 2 ] || {
        RECORD=$*
        return
    }
    RECORD=''
    for pair in "$@"; do
        [ "$count" -gt 0 ] || break
        count=$((count - 1)) RECORD=${RECORD:+$RECORD }${pair#*=}
    done
}

# tell_record WORD COUNT KEY=VALUE...
tell_record() {
    answer=$1
    shift
    record "$@"
    tell "$answer" "$RECORD"
}

# Somebody took the run's folder away: nobody can ask or be told anything through it. The run ends,
# and what is needed for that is laid anew, with what the deleted output still says.
lay_anew() {
    [ -z "$NO_FOLDER" ] || return
    [ -n "$RESTORING" ] || end_work failed folder_gone
    (
        umask 077
        mkdir -p "$R" && cat "/proc/$$/fd/1" >"$R/out" && lay_room && true >"$R/started" \
            && true >"$R/alive" && true >"$R/guard"
    ) 2>/dev/null || {
        NO_FOLDER=yes
        clock
        [ -z "$LOG_FILE" ] || echo "$NOW - $T_FOLDER_GONE" >&4
        return
    }
    exec 1>>"$R/out" 2>&1 6>>"$R/guard" 8>>"$R/alive"
    flock -n 6
    flock -n 8
    ! grep -q "^.$NONCE [0-9]* switched$" "$R/out" || mv "$R/may_switch" "$R/switched"
    note step "$(sed -n "s/^.$NONCE [0-9]* start //p" "$R/out" | tail -n 1)"
    read_current
    PREVIOUS=$N_ID
    [ ! -d "$D/capsules/$ID-before" ] || PREVIOUS=$ID-before
    note previous "$PREVIOUS"
    say "$T_FOLDER_GONE"
}
