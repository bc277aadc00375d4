# shellcheck shell=sh disable=SC2034,SC2154,SC2317 # one of the pieces that lib/deploy/script.cpp puts together
# The compose engine: whether what was started is what serves.
# Reads: BEFORE_UP CAPSULE COMPOSE_SERVICES D HEALTH_ATTEMPTS HEALTH_WINDOW ID KIND LISTING
#     NEW_LINE PART R STABLE TABLE TAKEN THERE T_NOT_RUNNING T_OTHER_IMAGE T_RESTARTED U
# Sets: EVERY FOUND_PARTS IDS MADE PATIENT STATE_NOW WAITED WHY

# What docker says of all containers, the worst of it, into h: unhealthy, none (it does not ask),
# starting, healthy; "" = nothing runs.
ask_docker() {
    h=$(inspect '{{if .State.Health}}{{.State.Health.Status}}{{else}}none{{end}}' 2>/dev/null)
    case $NEW_LINE$h in
    *"${NEW_LINE}unhealthy"*) h=unhealthy ;;
    *"${NEW_LINE}none"*) h=none ;;
    *"${NEW_LINE}starting"*) h=starting ;;
    esac
    [ "$h" = healthy ]
}

# cs NANOSECONDS DEFAULT: hundredths of a second, into CS; docker writes 0 for its default.
cs() {
    case $1 in
    '' | 0 | *[!0-9]*) CS=$2 ;;
    ????????*) CS=${1%???????} ;;
    *) CS=1 ;;
    esac
}

# How long docker may take for its answer, by the containers' own configuration, into ALLOWED
# (hundredths of a second), and how often it asks, into EVERY (seconds).
docker_patience() {
    ALLOWED=0 EVERY=0
    while read -r interval timeout start retries; do
        cs "$interval" 3000
        interval=$CS
        cs "$timeout" 3000
        timeout=$CS
        cs "$start" 0
        case $retries in '' | 0 | *[!0-9]*) retries=3 ;; esac
        CS=$((CS + interval * retries + timeout))
        [ $CS -le $ALLOWED ] || ALLOWED=$CS
        [ $((interval / 100)) -le $EVERY ] || EVERY=$((interval / 100))
    done <<EOF
$(inspect '{{with .Config.Healthcheck}}{{json .Interval}} {{json .Timeout}} {{json .StartPeriod}} {{json .Retries}}{{end}}' 2>/dev/null)
EOF
    [ $EVERY -gt 0 ] || EVERY=1
}

# Docker's own answer. "starting" is none; what it says for bad counts when the service has had the
# configured windows to begin. The time limit of a restore begins anew: it must outlast the wait.
wait_for_docker() {
    docker_patience
    least=$((HEALTH_ATTEMPTS * HEALTH_WINDOW))
    ALLOWED=$((ALLOWED + 500)) # the machine may be busy
    [ $ALLOWED -ge $least ] || ALLOWED=$least
    PATIENT=$(((ALLOWED + 99) / 100))
    m_health_docker
    up_time
    opened=$U
    [ "$KIND" != restore ] || note locked $((U + ALLOWED))
    while ! ask_docker; do
        up_time
        waited=$((U - opened))
        [ $waited -lt $ALLOWED ] && [ "$h" != none ] || break
        [ "$h" != unhealthy ] || [ $waited -lt $least ] || break
        if [ $waited -lt 1000 ]; then sleep 0.25; else sleep 1; fi
    done
    [ "$h" != healthy ] || return 0
    WAITED=$((waited / 100)) STATE_NOW=${h:-?}
    # What its last checks printed.
    inspect '{{with .State.Health}}{{range .Log}}{{println .ExitCode .Output}}{{end}}{{end}}' | tail -n 10
    return 1
}

# restarts CONTAINER COUNT: may it have so many? A container that was there before this run has a
# past, which is none of its business.
restarts() {
    case " $PAST" in *" $1="*) ;; *)
        case $THERE in
        *"$1 "*) PAST="$PAST$1=$2 " ;;
        *) PAST="$PAST$1=0 " ;;
        esac
        ;;
    esac
    case " $PAST" in *" $1=$2 "*) ;; *) return 1 ;; esac
}

# What runs is what was made, it runs, and has not been restarted since; for stable_for.
is_as_made() {
    RUNS=$(inspect "$PART"' {{.State.Status}} {{.RestartCount}} {{.Id}}')
    FOUND_PARTS='' SEEN='' states='' again=''
    while read -r p s i state count c; do
        add_part "$p $s $i"
        SEEN="$SEEN$p $s $i $c$NEW_LINE" states="$states $state"
        restarts "$c" "$count" || again=yes
    done <<EOF
$RUNS
EOF
    WHY=$T_NOT_RUNNING
    [ "$FOUND_PARTS" = "$MADE" ] || {
        [ -z "$RUNS" ] || WHY=$T_OTHER_IMAGE
        return 1
    }
    # One that was listed may have ended since.
    for s in $states; do
        [ "$s" = running ] || return
    done
    WHY=$T_RESTARTED
    [ -z "$again" ]
}

# Of each service's configuration in TABLE, "SERVICE SUM" a line.
sums() {
    of=''
    while read -r word rest; do
        [ "$rest" != - ] || echo "$of $word"
        of=$word
    done <<EOF
$TABLE
EOF
}

# What this version is started with, into its capsule: the version of compose, whose form it is, and the
# sums. A hook may just have written another configuration than the build found.
note_config() {
    [ -z "$BEFORE_UP" ] || take_table "$(config_table)"
    { run_compose version --short && sums; } >"$D/capsules/$ID.new/config"
} 2>/dev/null

# "yes": a service of CAPSULE has another configuration now than when it was deployed; "unknown": it
# differs in the form of another compose, or cannot be read.
config_changed() {
    take "$D/capsules/$CAPSULE/config"
    was=$TAKEN
    [ -n "$was" ] || return 0
    can_compose >/dev/null && take_table "$(config_table)" && now=$NEW_LINE$(sums)$NEW_LINE \
        && [ "$now" != "$NEW_LINE$NEW_LINE" ] || {
        echo unknown
        return
    }
    same=yes
    while read -r s sum; do
        case " $COMPOSE_SERVICES $sum" in
        *' ') version=$s ;;
        *" $s "*) case $now in *"$NEW_LINE$s $sum$NEW_LINE"*) ;; *) same='' ;; esac ;;
        esac
    done <<EOF
$was
EOF
    [ -n "$same" ] || if [ "$version" = "$(run_compose version --short)" ]; then echo yes; else echo unknown; fi
}

do_verify() {
    up_time
    since=$U PAST=''
    [ "$STABLE" = 0 ] || m_stable_waiting
    if [ -z "$CAPSULE" ]; then
        is_prepared || {
            failed 1 keep_failed
            return
        }
        take "$R/made"
        MADE=${TAKEN#*"$NEW_LINE"}
    fi
    wait "$LISTING"
    take "$R/up"
    take_ids "$TAKEN"
    while is_as_made; do
        IDS=''
        up_time
        [ $((U - since)) -lt "$STABLE" ] || {
            { printf '%s' "$SEEN" >"$D/seen"; } 2>/dev/null
            return 0
        }
        sleep 0.25
    done
    m_verify_failed
    last_lines
    fail 1 verify_failed
}

last_lines() {
    journal container
    IDS=''
    take_ids "$(containers -a)" -a
    for c in $IDS; do
        dock logs --tail 30 "$c" 2>&1
    done
    IDS=''
}
