# shellcheck shell=sh disable=SC2034,SC2154,SC2317 # one of the pieces that lib/deploy/script.cpp puts together
# The compose engine: whether what was started is what serves.

ask_docker() {
    h=''
    for h in $(inspect '{{if .State.Health}}{{.State.Health.Status}}{{else}}none{{end}}'); do
        [ "$h" = healthy ] || return
    done
    [ -n "$h" ]
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
    RUNS=$(inspect "$PART"' {{index .Config.Labels "com.docker.compose.config-hash"}} {{.State.Status}} {{.RestartCount}} {{.Id}}')
    FOUND='' SEEN='' states='' again='' hashes=''
    while read -r p s i h state count c; do
        ! add_part "$p $s $i" || hashes=$hashes$h,
        SEEN="$SEEN$p $s $i $c$NEW_LINE" states="$states $state"
        restarts "$c" "$count" || again=yes
    done <<EOF
$RUNS
EOF
    WHY=$T_NOT_RUNNING
    [ "$FOUND" = "$MADE" ] || {
        [ -z "$RUNS" ] || WHY=$T_OTHER_IMAGE
        return 1
    }
    # One that was listed may have ended since.
    for s in $states; do
        [ "$s" = running ] || return
    done
    WHY=$T_RESTARTED
    [ -z "$again" ] || return
    HASH=$hashes
}

# Of the configuration as it is now, in the form of HASH.
hash_now() {
    find_compose && cd "$SYSTEM" \
        && compose config --hash "$(echo "$COMPOSE_SERVICES" | tr ' ' ,)" | sort | cut -d' ' -f2 | tr '\n' ,
} 2>/dev/null

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
