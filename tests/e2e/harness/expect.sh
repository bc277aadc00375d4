# What a test demands. Every function says on failure what was wanted, what was there, and where.
# shellcheck shell=bash

fail() {
    local i
    echo "FAILED: $*" >&2
    for ((i = 1; i < ${#BASH_SOURCE[@]}; i++)); do
        case ${BASH_SOURCE[$i]} in
        */harness/* | */harness.sh) ;;
        *) echo "  at ${BASH_SOURCE[$i]##*/}:${BASH_LINENO[$((i - 1))]}" >&2 ;;
        esac
    done
    exit 1
}

# For whoever reads a red test: the last command, what it printed, what the hosts have written.
show_remains() {
    local f
    for f in "$T"/command "$T"/out "$T"/err "$T"/*/log/*/*.log "$T"/*/state/*/*/runs/*/out; do
        [ -s "$f" ] || continue
        echo "--- ${f#"$T/"}"
        tail -n 40 "$f" | cut -c 1-400
    done >&2
    tail -n 15 "$T"/*/sshd/log 2>/dev/null | cut -c 1-200 >&2
}

expect_equal() {
    [ "$2" = "$3" ] || fail "$1: wanted '$2', there is '$3'"
}

expect_exit() {
    [ "$CODE" = "$1" ] || fail "exit code: wanted $1, got $CODE"
}

# expect_in FILE TEXT…: each text stands in the file.
expect_in() {
    local file=$1 text
    shift
    [ -e "$file" ] || fail "there is no $file"
    for text in "$@"; do
        grep -qF -e "$text" "$file" || fail "'$text' is not in ${file#"$T/"}"
    done
}

expect_not_in() {
    local file=$1 text
    shift
    for text in "$@"; do
        ! grep -qF -e "$text" "$file" || fail "'$text' is in ${file#"$T/"}"
    done
}

# What the last command said to people, wherever.
expect_said() {
    cat "$T/out" "$T/err" >"$T/said"
    expect_in "$T/said" "$@"
}

# expect_order FILE TEXT…: all of them, one after the other, each on a line of its own.
expect_order() {
    local file=$1 text at=0 next
    shift
    for text in "$@"; do
        next=$(tail -n +$((at + 1)) "$file" | grep -nF -m1 -e "$text" | cut -d: -f1) \
            || fail "'$text' is not in ${file#"$T/"} behind line $at"
        at=$((at + next))
    done
}

expect_count() {
    local n
    n=$(grep -cF -e "$3" "$2" || :)
    [ "$n" = "$1" ] || fail "'$3' in ${2#"$T/"}: wanted $1 times, $n are there"
}

# Standard output is one JSON object and nothing else; the value at a jq path is as given.
expect_json() {
    local got
    jq -se 'length == 1 and (.[0] | type == "object")' "$T/out" >/dev/null 2>&1 \
        || fail "standard output is not one JSON object: $(head -c 300 "$T/out")"
    while [ $# -ge 2 ]; do
        got=$(jq -r "$1" "$T/out")
        [ "$got" = "$2" ] || fail "$1 in the JSON: wanted '$2', there is '$got'"
        shift 2
    done
}

# The log on the host: each line dated as in the spec, or indented output of a command.
expect_log_form() {
    local bad
    bad=$(grep -vnE '^([0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2} - |[[:space:]]|$)' "$1" \
        | head -n 1) || :
    [ -z "$bad" ] || fail "a line of the log has no form: $bad"
}

# A fingerprint of what a host has, to see that nothing changed there.
fingerprint() {
    (cd "$1" && find . -name .git -prune -o -printf '%p %y %s\n' | sort | sha256sum)
    git -C "$1/loom/$SERVICE" rev-parse HEAD
    git -C "$1/loom/$SERVICE" status --porcelain
}
