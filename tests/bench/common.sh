# Sourced by every bench: the end-to-end tests' lab around a release build, and medians. Budgets
# stand beside what they are for; one that is exceeded makes the bench end with 1.
# shellcheck shell=bash

# shellcheck source=tests/e2e/harness.sh
. "$(dirname "${BASH_SOURCE[0]}")/../e2e/harness.sh"

ROUNDS=${ROUNDS:-8}

# Milliseconds that a command takes; what it prints goes to $T/said.
time_of() {
    local began=$EPOCHREALTIME ended
    "$@" >"$T/said" 2>&1 || fail "$*: $(tail -n 20 "$T/said")"
    ended=$EPOCHREALTIME
    echo $(((${ended/[.,]/} - ${began/[.,]/}) / 1000))
}

# The middle of the numbers on standard input.
median() {
    sort -n | awk '{ n[NR] = $1 } END { print NR % 2 ? n[(NR + 1) / 2] : (n[NR / 2] + n[NR / 2 + 1]) / 2 }'
}

ratio() {
    awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", a / b }'
}

# budget WHAT MEASURED MOST [UNIT] | budget WHAT MEASURED least:LEAST
OVER=0
budget() {
    local word=ok least=${3#least:}
    if [ "$least" != "$3" ]; then
        awk -v m="$2" -v b="$least" 'BEGIN { exit !(m < b) }' && word=MISSED
    else
        awk -v m="$2" -v b="$3" 'BEGIN { exit !(m > b) }' && word=MISSED
    fi
    [ $word = ok ] || OVER=1
    printf '%-64s %10s %-4s budget %s%s: %s\n' "$1" "$2" "${4:-}" \
        "$([ "$least" = "$3" ] && echo '<= ' || echo '>= ')" "$least" $word
}
