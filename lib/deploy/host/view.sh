# shellcheck shell=sh disable=SC2034,SC2154,SC2317,SC3067 # one of the pieces that lib/deploy/script.cpp puts together
# The run's output on the host: the log for people made of it, and the cap on its size.
# Reads: D LOG_PATH LOG_ROOT NONCE OUT_CAP R T_LOG_CUT VIEW_AT
# Sets: LOG LOG_FILE

# A run that prints without end must not fill the disk: holes keep the offsets.
cap() {
    size=$(wc -c <"$R/out")
    if [ "$size" -gt $((OUT_CAP * 2)) ]; then
        fallocate -p -o $((OUT_CAP / 2)) -l $((size - OUT_CAP)) "$R/out" && LOG='cut'
    fi
} 2>/dev/null

# The log for people, which is open on 4, is a view of "out": records without their heads, command
# output indented, nothing that a terminal would obey. The last line may be half written: it waits for
# the next time, or for "all". A dot behind it tells: the last line has one of its own where nothing is.
view() {
    [ -n "$LOG_FILE" ] || return
    at=0 wrote=0
    read -r at wrote <"${VIEW_AT:-$R/view}"
    [ "${at:-0}" -ge "$AT" ] || at=$AT
    AT=$({ tail -c +$((at + 1)) "$R/out" && echo .; } | tr '\000' '?' | LC_ALL=C awk -v n="$NONCE" \
        -v at="$at" -v wrote="${wrote:-0}" -v all="${1:-}" -v cap="$OUT_CAP" -v cut="$T_LOG_CUT" "$VIEW")
    echo "$AT" >"${VIEW_AT:-$R/view}"
    AT=${AT%% *}
} 2>/dev/null

VIEW='
function put(s) {
    gsub(/\033\[[0-9;?]*[ -\/]*[@-~]/, "", s)
    gsub(/[\001-\010\013-\037\177]|\302[\200-\237]/, "", s)
    wrote += length(s) + 1
    if (wrote <= cap) print s | log4
    else if (!said) { said = 1; if (wrote - length(s) - 1 <= cap) print "    " cut | log4 }
}
function foreign(s) {
    put("    " s)
}
function line(s, i) {
    i = index(s, mark)
    if (!i) { foreign(s); return }
    if (i > 1) foreign(substr(s, 1, i - 1))
    s = substr(s, i + length(mark))
    if (match(s, /^[0-9]+ log /)) put(substr(s, RLENGTH + 1))
}
BEGIN { mark = sprintf("%c%s ", 30, n); log4 = "cat >&4" }
NR > 1 { line(held); at += length(held) + 1 }
{ held = $0 }
END {
    held = substr(held, 1, length(held) - 1)
    if (held != "" && all) { line(held); at += length(held) }
    print at, wrote
}'

# is_own_log FILE: where nobody else but root writes or can put another folder in its place, no link,
# and ours if it is there.
is_own_log() {
    [ -z "$(by_others "${1%/*}" -prune)" ] && [ ! -L "$1" ] || return
    [ ! -e "$1" ] || { [ -f "$1" ] && [ -O "$1" ]; }
}

# Operators may read it by their group; nobody else. It is opened once: whatever comes to stand in its
# place meanwhile is not written to.
open_log() {
    know_me
    LOG_FILE=$LOG_ROOT/$LOG_PATH
    umask 027
    [ -z "$(exchanged_by_others -group "${LOG_FILE%/*}")" ] \
        && { [ -d "${LOG_FILE%/*}" ] || mkdir -p "${LOG_FILE%/*}" 2>/dev/null; } && is_own_log "$LOG_FILE" \
        && { [ ! -e "$LOG_FILE" ] || chmod 640 "$LOG_FILE"; } && true 2>/dev/null >>"$LOG_FILE" || {
        LOG_FILE=$D/log/$LOG_PATH
        mkdir -p "${LOG_FILE%/*}" && true >>"$LOG_FILE" || LOG_FILE=
    }
    umask 077
    [ -z "$LOG_FILE" ] || exec 4>>"$LOG_FILE"
    AT=0
    journal log_file "$LOG_FILE"
}
