#!/usr/bin/env bash
# Every promise of promises.txt has its attack, and every attack its promise.
# A line: section | promise | script | name of an attack or promise in it. Of the scripts of 13.5
# only the script is named.
set -euo pipefail
cd "$(dirname "$0")"

bad=0
wrong() {
    echo "$*" >&2
    bad=1
}

lines=$(grep -v -e '^#' -e '^$' promises.txt)
while IFS='|' read -r section promise script name rest; do
    read -r section <<<"$section"
    read -r script <<<"$script"
    name=$(sed 's/^ *//; s/ *$//' <<<"$name")
    [ -n "${promise// /}" ] && [ -z "$rest" ] || wrong "promises.txt: '$section |$promise' has no four parts"
    if [ ! -x "$script" ]; then
        wrong "promises.txt: '$promise': there is no $script"
    elif [ "$section" != 13.5 ] \
        && ! grep -qF -e "attack \"$name\"" -e "promise \"$name\"" "$script"; then
        wrong "promises.txt: '$promise': $script has no '$name'"
    fi
done <<<"$lines"

for section in 13.2 13.3 13.4 13.5 13.8; do
    grep -q "^$section |" <<<"$lines" || wrong "promises.txt: nothing is promised of $section"
done

# The other way round.
for script in [0-9]*.sh; do
    grep -qF "| $script" <<<"$lines" || wrong "promises.txt does not know $script"
    while read -r name; do
        grep -qF "| $script | $name" <<<"$lines" \
            || wrong "promises.txt does not know '$name' of $script"
    done < <(sed -nE 's/^ *(attack|promise) "(.*)"$/\2/p' "$script")
done
exit $bad
