# shellcheck shell=sh disable=SC2034,SC2154,SC2317 # one of the pieces that lib/deploy/script.cpp puts together
# Time without a fork, and locks that can be asked. A lock that cannot be asked is neither held nor
# free: whoever asks gets three answers, 0 = taken or free, 1 = another holds it, 2 = nobody can tell.
# Sets: U

# Hundredths of a second since boot.
up_time() {
    read -r U _ </proc/uptime && U=${U%.*}${U#*.}
}

# wait_lock SECONDS FD [-s]. Of a descriptor, not of a name: a file that was deleted is still locked.
# Not every flock can wait; BusyBox's refuses -w at once, with the word for "held".
wait_lock() {
    up_time
    over=$((U + $1 * 100))
    if [ -z "$POLLS" ]; then
        # shellcheck disable=SC2086
        flock $3 -w "$1" "$2" 2>/dev/null
        case $? in 0) return ;; 1 | 64 | 12[89] | 1[3-9]?) ;; *) return 2 ;; esac
        up_time
        [ "$U" -lt $((over - 50)) ] || return 1
        POLLS=yes
    fi
    # shellcheck disable=SC2086
    until flock $3 -n "$2"; do
        [ $? = 1 ] || return 2
        up_time
        [ "$U" -lt $over ] || return 1
        sleep 0.1 || sleep 1
    done
} 2>/dev/null
POLLS=''

# ask_lock FILE
ask_lock() {
    [ -f "$1" ] && [ ! -L "$1" ] && [ -r "$1" ] || return 2
    flock -n -s "$1" true 2>/dev/null
    case $? in 0) ;; 1) return 1 ;; *) return 2 ;; esac
}
