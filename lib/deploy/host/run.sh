# shellcheck shell=sh disable=SC2034,SC2154,SC2317 # one of the pieces that lib/deploy/script.cpp puts together
# The run itself: a guardian (session leader, no traps) watches a worker that does the steps. Locks
# are the only signals: 8 = alive (the run goes on), 7 = work (the worker, or compose in its place,
# is at it), 6 = guard (the guardian lives), 9 = the service's lock. The kernel frees them whatever
# dies. Everything is appended to "out": what commands print, and the journal's records, which begin
# with the run's nonce so that no program's output can pose as one.

# Hundredths of a second since boot, without a fork.
up_time() {
    read -r U _ </proc/uptime && U=${U%.*}${U#*.}
}

journal() {
    up_time
    printf '\036%s %s %s\n' "$NONCE" "$U" "$*"
}

say() {
    journal log "$(date '+%F %T') - $*"
}

# In place into room taken at the start.
note() {
    printf '%-31s\n' "$2" 1<>"$R/$1"
}

# The same, then renamed: whole or not at all.
put() {
    printf '%s' "$2" 1<>"$R/$1.new" && sync "$R/$1.new" && mv "$R/$1.new" "$R/$1" && sync "$R"
}

# Ends the step: exit code of the run, a word for the reason. Always "fails".
fail() {
    RC=$1 REASON=$2
    return 1
}

# Runs a command whose name ($1) people are told when it fails.
told() {
    what=$1
    shift
    "$@" && return
    set -- $?
    journal command "$1" "$what"
    return "$1"
}

step() {
    STEP=$1
    note step "$1"
    journal start "$1"
    if "do_$1"; then
        journal end "$1" ok
    else
        journal end "$1" failed
        return 1
    fi
}

# Nothing that may outlive the run gets its locks.
apart() {
    "$@" 6>&- 7>&- 8>&- 9>&-
}

# The point of no return is a file that can be renamed once: by the worker on its way to "up", or
# by the guardian that was asked to stop before it.
switch() {
    mv "$R/may_switch" "$R/switched" 2>/dev/null && journal switched && return
    OUTCOME=cancelled
    fail 1 cancelled
}

work() {
    RC=1 REASON=step_failed OUTCOME=failed STEP=lock
    umask 022
    m_started
    for s in $STEPS; do
        if [ -e "$R/cancel" ]; then
            OUTCOME=cancelled
            fail 1 cancelled
        else
            step "$s"
        fi || {
            [ "$RC" != 3 ] || OUTCOME=refused
            put result "$RC $OUTCOME $STEP $REASON ."
            return
        }
    done
    put result "0 good $STEP - ."
}

# Signals every process of our session but ourselves; the guardian's $$ is the session.
sweep() {
    for p in /proc/[0-9]*; do
        { read -r l <"$p/stat"; } 2>/dev/null || continue
        # The command's name stands in brackets and may hold anything, also ") ".
        # shellcheck disable=SC2086
        set -- ${l##*) }
        [ "$4" != $$ ] || [ "${p#/proc/}" = $$ ] || kill -s "$SIG" "${p#/proc/}" 2>/dev/null
    done
}

end_work() {
    [ -z "$KILLED" ] || return
    KILLED="$1 $2"
    journal killed "$2"
    SIG=TERM
    sweep
    apart flock -w 3 "$R/work" true && return
    SIG=KILL
    sweep
}

# Once a second: what is asked for, the limit (from the service's lock on), the log for people.
tick() {
    view
    if [ -e "$R/cancel" ]; then
        end_work cancelled cancelled
    elif [ -e "$R/stop" ]; then
        rm -f "$R/stop"
        if mv "$R/may_switch" "$R/stopped" 2>/dev/null; then
            end_work cancelled cancelled
        else
            journal going_on
        fi
    fi
    locked=''
    read -r locked <"$R/locked"
    if [ -n "$locked" ]; then
        up_time
        [ $((U - locked)) -le "$LIMIT" ] || end_work failed time_limit
    fi
    cap
}

# A run that prints without end must not fill the disk: holes keep the offsets.
cap() {
    size=$(wc -c <"$R/out")
    if [ "$size" -gt $((OUT_CAP * 2)) ]; then
        fallocate -p -o $((OUT_CAP / 2)) -l $((size - OUT_CAP)) "$R/out" && LOG='cut'
    fi
} 2>/dev/null

# The log for people is a view of "out": records without their heads, command output indented,
# nothing that a terminal would obey. The last line may be half written: it waits for the next time,
# or for "all".
view() {
    [ -n "$LOG_FILE" ] || return
    at=0 wrote=0
    read -r at wrote <"$R/view"
    [ "${at:-0}" -ge "$AT" ] || at=$AT
    AT=$(tail -c +$((at + 1)) "$R/out" | tr '\000' '?' | LC_ALL=C awk -v n="$NONCE" -v at="$at" \
        -v wrote="${wrote:-0}" -v all="${1:-}" -v cap="$OUT_CAP" -v cut="$T_LOG_CUT" \
        -v file="$LOG_FILE" "$VIEW")
    echo "$AT" >"$R/view"
    AT=${AT%% *}
} 2>/dev/null

VIEW='
function put(s) {
    wrote += length(s) + 1
    if (wrote <= cap) print s >>file
    else if (!said) { said = 1; if (wrote - length(s) - 1 <= cap) print "    " cut >>file }
}
function foreign(s) {
    gsub(/\033\[[0-9;?]*[ -\/]*[@-~]/, "", s)
    gsub(/[\001-\010\013-\037\177]/, "", s)
    put("    " s)
}
function line(s, i) {
    i = index(s, mark)
    if (!i) { foreign(s); return }
    if (i > 1) foreign(substr(s, 1, i - 1))
    s = substr(s, i + length(mark))
    if (match(s, /^[0-9]+ log /)) put(substr(s, RLENGTH + 1))
}
BEGIN { mark = sprintf("%c%s ", 30, n) }
NR > 1 { line(held); at += length(held) + 1 }
{ held = $0 }
END {
    if (NR && all) { line(held); at += length(held) + 1 }
    print at, wrote
}'

open_log() {
    LOG_FILE=$LOG_ROOT/$LOG_PATH
    umask 022
    if ! mkdir -p "${LOG_FILE%/*}" 2>/dev/null || ! true 2>/dev/null >>"$LOG_FILE"; then
        LOG_FILE=$D/log/$LOG_PATH
        mkdir -p "${LOG_FILE%/*}" && true >>"$LOG_FILE" || LOG_FILE=
    fi
    umask 077
    AT=0
    journal log_file "$LOG_FILE"
}

# What serves is remembered with what it takes to recognise it.
do_keep() {
    echo "${TAG:-$BRANCH_NAME} $COMMIT $ID ${IMAGE:--} $(date +%s)" >"$D/current.new" \
        && sync "$D/current.new" && mv "$D/current.new" "$D/current" && sync "$D" && return
    fail 1 keep_failed
}

# What the worker left, or, if it left nothing, that it died; then what serves, then the end.
conclude() {
    RC='' dot=''
    read -r RC OUTCOME STEP REASON dot <"$R/result"
    if [ "$dot" != . ]; then
        STEP=''
        read -r STEP <"$R/step"
        RC=1 OUTCOME=died REASON=died
        [ -z "$KILLED" ] || OUTCOME=${KILLED% *} REASON=${KILLED#* }
        journal end "${STEP:=lock}" "$REASON"
    fi
    SERVES=-
    if [ "$OUTCOME" = good ]; then
        SERVES=${TAG:-$BRANCH_NAME}
    elif [ "$STEP" != lock ]; then
        SERVES=$(observe)
    fi
    step_text
    case $OUTCOME-$REASON in
    good-*) m_deployed ;;
    cancelled-*) m_cancelled ;;
    *-time_limit) m_time_limit ;;
    *) m_deploy_failed ;;
    esac
    view all
    SWITCHED=no
    [ ! -e "$R/switched" ] || SWITCHED=yes
    [ -n "$LOG_FILE" ] || LOG=none
    put status "$ID $RC $OUTCOME $STEP $REASON ${SERVES:--} $SWITCHED ${LOG:-whole} ."
} 2>/dev/null

release_locks() {
    flock -u 9
    flock -u 8
} 2>/dev/null

open_lock() {
    LOCK=$TREE/.git/loomrel.lock
    if [ -d "$TREE/.git" ]; then
        [ -e "$LOCK" ] || (umask 0 && true >>"$LOCK")
        [ ! -r "$LOCK" ] || exec 9<"$LOCK"
    fi
} 2>/dev/null

guard() {
    (set -C && true >"$R/started") 2>/dev/null || exit 0
    exec 6>>"$R/guard" 7>>"$R/work"
    flock -n 6 && flock -n 7 || exit 1
    KILLED='' LOG=''
    open_log
    open_lock
    (
        exec 6>&-
        work
        # The guardian may have been killed: then the end is ours to write.
        if flock -n "$R/guard" true; then
            conclude
            release_locks
        fi
    ) &
    exec 7>&-
    until apart flock -w 1 "$R/work" true; do
        tick
    done
    wait
    conclude
    release_locks
}

# For a run that died without a word: whoever looks first writes its end.
conclude_dead() {
    exec 8>>"$R/alive"
    flock -w 60 8 && [ ! -f "$R/status" ] || exit 0
    KILLED='' LOG=''
    open_log
    conclude
    flock -u 8
}
