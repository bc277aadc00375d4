#!/usr/bin/env bash
# Answers that need nothing: no connection, no configuration.
. "$(dirname "$0")/common.sh"

for answer in --version --help; do
    "$LOOMREL" $answer >/dev/null
    got=$(for _ in $(seq 41); do
        began=$EPOCHREALTIME
        "$LOOMREL" $answer >/dev/null
        ended=$EPOCHREALTIME
        echo $((${ended/[.,]/} - ${began/[.,]/}))
    done | median)
    nothing=$(for _ in $(seq 41); do
        began=$EPOCHREALTIME
        /bin/true
        ended=$EPOCHREALTIME
        echo $((${ended/[.,]/} - ${began/[.,]/}))
    done | median)
    echo "loomrel $answer: $got us; /bin/true: $nothing us"
    budget "loomrel $answer" "$(awk -v us="$got" 'BEGIN { printf "%.1f", us / 1000 }')" 10 ms
done
exit $OVER
