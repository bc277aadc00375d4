# shellcheck shell=sh disable=SC2034,SC2154,SC2317 # one of the pieces that lib/deploy/script.cpp puts together
# The log for people: the one that is named, else the newest of this service and environment.
# Reads: D FOLLOW LOG_DIR LOG_PATH LOG_ROOT S

# What another user wrote may be read, a link not: it may lead to what is no log.
may_show() {
    [ -f "$1" ] && [ ! -L "$1" ] && [ -r "$1" ]
}

find_log() {
    if [ -n "$LOG_PATH" ]; then
        for f in "$LOG_ROOT/$LOG_PATH" "$D/log/$LOG_PATH"; do
            may_show "$f" && echo "$f" && return
        done
        return 1
    fi
    # shellcheck disable=SC2012
    ls -t "$LOG_ROOT/$LOG_DIR"/*.log "$D/log/$LOG_DIR"/*.log 2>/dev/null | while IFS= read -r f; do
        may_show "$f" && echo "$f" && break
    done | grep .
}

logs() {
    state_of_host
    F=$(find_log) || {
        tell no_log "$LOG_ROOT/${LOG_PATH:-$LOG_DIR}"
        return
    }
    tell log "$F"
    printf '\036%s begin\n' "$S"
    if [ -n "$FOLLOW" ]; then
        tail -n 1000 -f "$F" &
        T=$!
        # Ends with the connection.
        while read -r _; do :; done
        kill $T
    else
        cat "$F"
    fi
}
