# shellcheck shell=sh disable=SC2034,SC2154,SC2317,SC3013 # one of the pieces that lib/deploy/script.cpp puts together
# The run itself: a guardian (session leader, no traps) watches a worker that does the steps, and
# after a failure one that brings back what served before. Locks are the only signals: 8 = alive
# (the run goes on), 7 = work (a worker, or compose in its place, is at it), 6 = guard (the guardian
# lives), 9 = the service's lock. The kernel frees them whatever dies. Everything is appended to
# "out": what commands print, and the journal's records, which begin with the run's nonce so that no
# program's output can pose as one.
# Reads: D ID KIND LOG_FILE NONCE N_NAME OLDER PROTOCOL R RECORD RESTORE RESTORE_LIMIT STEPS U
#     UNAPPROVED
# Sets: ADOPTER BEFORE BEFORE_KNOWN CAPSULE EPOCH GIT GIT_PATIENCE HEALTH_GIVEN HOW IDS KEPT_AS
#     KEPT_FILE LEFT_NAME MADE NOW NO_FOLDER OUTCOME PARTS PATIENCE PREPARING PROJECT
#     REMOVE_FIRST RESTORED RESTORING SERVES STRANGE TABLE THERE VIEW_AT V_COMMIT V_NAME

PATIENCE='timeout 20'
# Nothing is taken from the environment of whoever logs in.
PROJECT='' TABLE='' IDS='' PARTS='' MADE='' THERE='' REMOVE_FIRST='' CAPSULE='' V_COMMIT='' V_NAME=''
RESTORING='' ADOPTER='' PREPARING='' HEALTH_GIVEN='' BEFORE='' KEPT_AS='' LEFT_NAME='' HOW='' LOG='' MINUTE_OVER=0 VIEW_AT='' GIT='' STRANGE='' KEPT_FILE='' GIT_PATIENCE=''

journal() {
    up_time
    printf '\036%s %s %s\n' "$NONCE" "$U" "$*"
}

# What time it is, into NOW and EPOCH; date is asked once a minute.
clock() {
    up_time
    if [ "$U" -ge $MINUTE_OVER ]; then
        # shellcheck disable=SC2046
        set -- $(date '+%s %F %H:%M %S')
        MINUTE_BEGAN=$((U - ${4#0} * 100)) MINUTE="$2 $3" MINUTE_EPOCH=$(($1 - ${4#0}))
        MINUTE_OVER=$((MINUTE_BEGAN + 6000))
    fi
    NOW=$(((U - MINUTE_BEGAN) / 100))
    EPOCH=$((MINUTE_EPOCH + NOW))
    [ $NOW -gt 9 ] || NOW=0$NOW
    NOW=$MINUTE:$NOW
}

say() {
    clock
    journal log "$NOW - $*"
}

# In place into room taken at the start.
note() {
    printf '%-63s\n' "$2" 1<>"$R/$1"
}

# settle FILE: FILE.new is it from now on, whole or not at all, whatever happens to the machine.
settle() {
    sync "$1.new" && mv "$1.new" "$1" && sync "${1%/*}"
}

# put_status FOLDER ID RC OUTCOME STEP REASON SERVES SWITCHED RESTORED LOG: the end of that folder's run,
# into its room too, as whoever started this one reads it.
put_status() {
    folder=$1
    shift
    record 10 "id=$1" "rc=$2" "outcome=$3" "step=$4" "reason=$5" "serves=$6" "switched=$7" \
        "restored=$8" "log=$9" whole=. "protocol=$PROTOCOL"
    printf '%s\n' "$RECORD" 1<>"$folder/status.new" && settle "$folder/status"
}

# Ends the step: exit code of the run, a word for the reason. Always "fails".
fail() {
    RC=$1 REASON=$2
    return 1
}

# The same, where the reason has a sentence of its own in the log.
failed() {
    "m_$2"
    fail "$@"
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

# Nothing that may outlive the run gets its locks and its log.
apart() {
    "$@" 4>&- 6>&- 7>&- 8>&- 9>&-
}

# The point of no return is a file that can be renamed once: by the worker on its way to "up", or
# by the guardian that was asked to stop before it.
switch() {
    [ ! -e "$R/switched" ] || return 0
    mv "$R/may_switch" "$R/switched" 2>/dev/null && note_started "$ID" && journal switched && return
    OUTCOME=cancelled
    fail 1 cancelled
}

work() {
    RC=1 REASON=step_failed OUTCOME=failed STEP=lock CAPSULE='' HOW=$KIND BEFORE_KNOWN=''
    PATIENCE=''
    umask 022
    [ "$KIND" != deploy ] || m_started
    [ -z "$OLDER" ] || journal older
    [ -z "$UNAPPROVED" ] || { journal unapproved && say "$UNAPPROVED"; }
    for s in $STEPS; do
        # A version that is kept needs no remote and no build.
        case $CAPSULE:$s in ?*:repository | ?*:build) continue ;; esac
        if [ -e "$R/cancel" ]; then
            OUTCOME=cancelled
            fail 1 cancelled
        else
            step "$s"
        fi || {
            [ "$RC" != 3 ] || OUTCOME=refused
            rc=$RC why=$REASON
            is_adopted || RC=$rc REASON=$why
            note result "$RC $OUTCOME $STEP $REASON ."
            return
        }
    done
    note result "0 good $STEP - ."
    wait
}

# Signals every process of our session but ourselves; the guardian's $$ is the session. REMAINS: there
# are some. Without SIG it only looks.
sweep() {
    REMAINS=''
    for p in /proc/[0-9]*; do
        { read -r l <"$p/stat"; } 2>/dev/null || continue
        # The command's name stands in brackets and may hold anything, also ") ".
        # shellcheck disable=SC2086
        set -- ${l##*) }
        [ "$4" = $$ ] && [ "${p#/proc/}" != $$ ] && [ "$1" != Z ] || continue
        REMAINS=yes
        [ -z "$SIG" ] || kill -s "$SIG" "${p#/proc/}" 2>/dev/null
    done
}

# sweep_until_gone HUNDREDTHS: false = some are left.
sweep_until_gone() {
    up_time
    until_then=$((U + $1))
    while sweep; [ -n "$REMAINS" ]; do
        up_time
        [ "$U" -lt $until_then ] || return
        sleep 0.1
    done
}

end_work() {
    [ -z "$KILLED" ] || return
    KILLED="$1 $2"
    journal killed "$2"
    SIG=TERM
    sweep
    # A command that does not obey must not go on under what is brought back: not the lock "work" but
    # the session's processes tell that nothing does.
    SIG=''
    sweep_until_gone 300 || {
        SIG=KILL
        sweep_until_gone 500
    }
}

# Whoever looks for the run asks this file: somebody may have made another one.
has_folder() {
    [ "$R/alive" -ef /proc/self/fd/8 ]
}

# Once a second: what is asked for, the limit (from the service's lock on), the log for people.
tick() {
    has_folder || lay_anew
    view
    if [ -n "$RESTORING" ]; then
        : # nobody may stop that but its own limit
    elif [ -e "$R/cancel" ]; then
        end_work cancelled cancelled
    elif [ -e "$R/stop" ]; then
        mv "$R/stop" "$R/stop_seen"
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

# What the worker left, or, if it left nothing, that it died.
decide() {
    RC='' dot=''
    read -r RC OUTCOME STEP REASON dot <"$R/result"
    if [ "$dot" != . ]; then
        STEP=''
        read -r STEP <"$R/step"
        RC=1 OUTCOME=died REASON=died
        [ -z "$KILLED" ] || REASON=${KILLED#* }
        journal end "${STEP:=lock}" "$REASON"
    fi
    # A step that fails because its command was killed is not what ended the run.
    [ -z "$KILLED" ] || [ "$OUTCOME" = good ] || RC=1 OUTCOME=${KILLED% *} REASON=${KILLED#* }
} 2>/dev/null

# Who started a new version that is not good brings back what it found here.
is_to_restore() {
    [ "$OUTCOME" != good ] && [ -n "$RESTORE" ] && [ -e "$R/switched" ]
}

# Then what serves, then the end.
write_end() {
    SERVES=- RESTORED='' PATIENCE='timeout 20'
    read -r RESTORED <"$R/restored"
    ! is_to_restore || : "${RESTORED:=failed}"
    if [ "$OUTCOME" = good ]; then
        # Seen by the step verify, noted by the step keep.
        read_current
        SERVES=$N_NAME
        record_good
    elif [ "$STEP" != lock ]; then
        SERVES=$(observe)
    fi
    step_text
    case $OUTCOME-$REASON in
    good-*)
        if [ -e "$R/unchecked" ]; then
            m_unchecked
        elif [ "$KIND" = deploy ]; then
            m_deployed
        else
            m_rolled_back
        fi
        ;;
    cancelled-*) say_cancelled ;;
    *-time_limit) m_time_limit ;;
    *) if [ "$KIND" = deploy ]; then m_deploy_failed; else m_rollback_failed; fi ;;
    esac
    clock
    record_change
    # Its own failure is not the run's reason. Without the service's lock there is nothing to mend.
    [ "$OUTCOME" = good ] || [ "$STEP" = lock ] || (on_failure) 2>&1
    view all
    SWITCHED=no
    [ ! -e "$R/switched" ] || SWITCHED=yes
    [ -n "$LOG_FILE" ] || LOG=none
    # Whoever sees this end may ask for the other one's at once.
    [ "$OUTCOME" != good ] || take_back_other
    put_status "$R" "$ID" "$RC" "$OUTCOME" "$STEP" "$REASON" "${SERVES:--}" $SWITCHED \
        "${RESTORED:--}" "${LOG:-whole}"
} 2>/dev/null

# A deploy that was good here and is put back because of other hosts is not good any more, whoever
# asks it from now on. The run that puts it back has its id, and "-back".
take_back_other() {
    case $ID in *-back) other=$D/runs/${ID%-back} ;; *) return ;; esac
    [ -f "$other/status" ] || return 0
    put_status "$other" "${ID%-back}" 1 failed keep taken_back "${SERVES:--}" yes yes whole
    add_record "${ID%-back} - - 0 taken_back ."
}

# Whoever waits for the end has it now. The lock says no more that this run has it.
release_locks() {
    l=$(tail -n 1 /proc/self/fd/9)
    case $l in *", $ID") true >/proc/self/fd/9 ;; esac
    flock -u 9
    flock -u 8
    tidy
    view all
} 2>/dev/null

# A worker does $1 while the guardian looks after it. The guardian may be killed: then the rest ($2)
# is the worker's to do.
attend() {
    exec 7>>"$R/work"
    exec 5<"$R/work"
    flock -n 7 || exit 1
    (
        exec 5<&- 6>&-
        "$1"
        if ask_lock "$R/guard"; then
            "$2"
            release_locks
        fi
    ) &
    exec 7>&-
    until apart wait_lock 1 5; do
        [ $? = 1 ] || {
            end_work failed lock_lost
            break
        }
        tick
    done
    exec 5<&-
    wait
    has_folder || lay_anew
}

finish_alone() {
    decide
    ! is_to_restore || (restore)
    write_end
}

guard() {
    (set -C && true >"$R/started") 2>/dev/null || exit 0
    exec 6>>"$R/guard"
    flock -n 6 || exit 1
    KILLED='' RESTORING='' LOG='' NO_FOLDER=''
    open_log
    open_lock
    clock # for the worker too
    attend work finish_alone
    decide
    if is_to_restore; then
        RESTORING=yes KILLED='' LIMIT=$RESTORE_LIMIT
        up_time
        note locked "$U"
        attend restore write_end
    fi
    write_end
    release_locks
}

# For a run that died without a word: whoever looks first writes its end. It starts nothing.
conclude_dead() {
    exec 8>>"$R/alive"
    wait_lock 60 8 && [ ! -f "$R/status" ] || exit 0
    KILLED='' LOG=''
    open_log
    find_git
    know_owner
    decide
    write_end
    flock -u 8
}
