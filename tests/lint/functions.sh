#!/usr/bin/env bash
# Every function that the host's shell calls is one: a shell finds out only when it comes there. Words
# with "_" where a command may stand are ours; the program's sentences are m_….
. "$(dirname "$0")/common.sh"

declare -A known=([step_text]=1)
while read -r name; do
    known[$name]=1
done < <(cat lib/deploy/host/*.sh lib/deploy/script.cpp | grep -oE '[a-z_0-9]+\(\)' | tr -d '()'
    tr '\n' ' ' <lib/deploy/script_text.cpp | grep -oE 'functions\.add\( *"[a-z_]+"' | sed 's/.*"\(.*\)"/m_\1/')

while IFS=: read -r file line name; do
    [ -n "${known[$name]:-}" ] || wrong "$file:$line: calls $name, which is no function"
done < <(awk '
    {
        rest = $0
        sub(/(^|[ \t])#.*/, "", rest)
        # Patterns of a case, and words between quotes.
        sub(/^[ \t]*[A-Za-z_*|? -]+\)/, "", rest)
        gsub(/\047[^\047]*\047/, "", rest)
        while (match(rest, /(^|[;&|({!]|[^a-z_](then|do|else|elif|if|while|until|apart|told [a-z]+)[ \t])[ \t]*[a-z]+(_[a-z0-9]+)+([ \t;)&|]|$)/)) {
            word = substr(rest, RSTART, RLENGTH)
            gsub(/[ \t;)&|]+$/, "", word)
            sub(/^.*[^a-z0-9_]/, "", word)
            print FILENAME ":" FNR ":" word
            rest = "\001" substr(rest, RSTART + RLENGTH - 1)
        }
    }' lib/deploy/host/*.sh)
