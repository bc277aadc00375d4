# shellcheck shell=sh disable=SC2034,SC2154,SC2317,SC3013,SC3067 # one of the pieces that lib/deploy/script.cpp puts together
# The bootstrap: makes or finds the run's folder, starts the run once, and is the window on it.
# Everything is a function until the last line of the script, so that a script cut short by a dying
# link does nothing at all. Log on standard output behind a mark with this channel's nonce $S,
# control on standard error, commands on standard input (none before "hello": some shells swallow
# what stands behind the script).
# Reads: ENVIRONMENT HOME HOST ID MODE OFFSET S SERVICE
# Sets: D HOW NONCE R STATE

state_of_host() {
    if [ -z "$STATE" ]; then
        STATE=$HOME/.local/state/loomrel
        [ "$(id -u)" != 0 ] || STATE=/var/lib/loomrel
    fi
    D=$STATE/$ENVIRONMENT/$SERVICE
    R=$D/runs/$ID
}

refuse() {
    tell refused "$1" "${2:-$R}"
    return 1
}

# A run that never came here gets its end, so that a late start finds it ended: without keys, for
# whoever starts late may be an older loomrel.
cancel_absent() {
    true >>"$R/out" && true >"$R/started" && true >"$R/may_ack" \
        && printf '%s\n' "$ID 1 cancelled lock never_started - no - none ." >"$R/status"
}

have_tools() {
    for tool in flock setsid git awk timeout tail sync; do
        command -v $tool >/dev/null 2>&1 || refuse no_tool $tool || return
    done
}

# Of several hosts of a run two may be one machine: the first that comes is who the run belongs to.
is_ours() {
    [ -n "$HOST" ] || return 0
    [ "$MODE" != start ] || ln -s "$HOST" "$R/host" 2>/dev/null
    h=$(readlink "$R/host")
    [ "${h:-$HOST}" = "$HOST" ] || refuse same_host "$h"
}

# A failed redirection of "exec" would end the shell: it is tried on a plain command first.
own_folder() {
    if [ "$MODE" != attach ]; then
        mkdir "$R" 2>/dev/null || mkdir -p "$R" 2>/dev/null || refuse state_dir || return
    fi
    [ -d "$R" ] || {
        tell hello how=absent
        return 1
    }
    is_ours || return
    # What a neighbour has put here would be his run.
    [ "$MODE" = attach ] || { [ -O "$R" ] && [ -O "$D" ]; } || refuse state_dir || return
    true 2>/dev/null >>"$R/alive" || refuse state_dir
}

# What the run's program speaks, which another loomrel may have left here, into RUN_PROTOCOL: its
# second line says so; those from before there were versions say nothing.
find_protocol() {
    RUN_PROTOCOL=1
    while read -r line; do
        [ "$line" = '#!/bin/sh' ] || continue
        read -r line
        case $line in PROTOCOL=*) RUN_PROTOCOL=${line#*=} ;; esac
        return
    done <"$R/run.sh"
} 2>/dev/null

boot() {
    umask 077
    state_of_host
    have_tools && own_folder || return
    exec 8>>"$R/alive"
    HOW=running LACKS=''
    flock -n 8
    case $? in
    0)
        if [ -f "$R/status" ] || [ -e "$R/started" ]; then
            HOW=ended
        elif [ "$MODE" = start ]; then
            HOW=started
            lay 2>/dev/null || {
                [ -n "$LACKS" ] || refuse no_room || return
                refuse no_tool "$LACKS"
                return
            }
            setsid /bin/sh "$R/run.sh" run </dev/null >>"$R/out" 2>&1 &
        elif [ "$MODE" = cancel_if_absent ]; then
            HOW=ended
            cancel_absent 2>/dev/null || refuse no_room || return
        else
            HOW=unstarted
        fi
        ;;
    1) ;;
    *)
        refuse no_tool 'flock -n'
        return
        ;;
    esac
    exec 8>&-
    { read -r NONCE <"$R/nonce"; } 2>/dev/null || NONCE=-
    size=0
    [ $HOW = started ] || size=$({ wc -c <"$R/out"; } 2>/dev/null)
    read -r up _ </proc/uptime
    find_protocol
    tell hello how=$HOW "nonce=$NONCE" "size=${size:-0}" "up=$up" "protocol=$RUN_PROTOCOL"
    [ $HOW != unstarted ]
}

# Only a small regular file is ever opened: the status may be anything after a bad day.
told_status() {
    if [ -f "$R/status" ] && [ ! -L "$R/status" ]; then
        head -c 1025 "$R/status" | tr '\000\n' '  '
    fi
}

# Locks that end with the run's last process tell the end at once, without polling. A run that died
# without a word is concluded by whoever looks first, but never by a program that is another's.
watch_end() {
    exec 5<"$R/alive"
    until wait_lock 5 5 -s; do
        # Nobody can tell: this channel says no more than that.
        [ $? = 1 ] || {
            tell gone "$R"
            return
        }
        [ "$R/alive" -ef /proc/self/fd/5 ] || {
            look_again
            return
        }
        tell beat
    done
    [ "$R/alive" -ef /proc/self/fd/5 ] || {
        look_again
        return
    }
    exec 5<&-
    [ -f "$R/status" ] || [ ! -O "$R/run.sh" ] || /bin/sh "$R/run.sh" conclude </dev/null >>"$R/out" 2>&1
    tell end "$(wc -c <"$R/out")" "$(told_status)"
}

# The folder is not the one that this channel follows. Where the run has laid it anew, whoever follows
# comes back to that.
look_again() {
    [ -e "$R/alive" ] || sleep 3
    if [ -e "$R/alive" ]; then kill "$TAIL" $$; else tell gone "$R"; fi
}

follow() {
    printf '\036%s begin\n' "$S"
    tail -c +$((OFFSET + 1)) -f "$R/out" &
    TAIL=$!
    watch_end &
    WAIT=$!
    while read -r word who; do
        case $word in
        cancel | stop | ack)
            sign_wish "$word" "$who"
            mv "$R/may_$word" "$R/$word" 2>/dev/null && tell "$word"
            ;;
        bye) break ;;
        esac
    done
    { kill $TAIL $WAIT && wait; } 2>/dev/null
}
