#!/usr/bin/env bash
# Every promise of promises.txt has its attack, and every attack its promise. A line there: section |
# promise | script | name of an attack or promise in it; of 13.5 only the script is named. The page "Who may
# do what" of lib/README.md names each script by its number, and no other.
set -euo pipefail
cd "$(dirname "$0")"

awk -F ' *[|] *' '
function wrong(text) { print text >"/dev/stderr"; bad = 1 }
FILENAME != "promises.txt" {
    there[FILENAME] = 1
    if (match($0, /^ *(attack|promise) ".*"$/)) {
        name = substr($0, index($0, "\"") + 1)
        named[FILENAME, substr(name, 1, length(name) - 1)] = 1
    }
    next
}
/^#/ || /^$/ { next }
NF != 4 || $2 == "" { wrong("promises.txt:" FNR ": not four parts"); next }
{
    sections[$1] = known[$3] = promised[$3, $4] = 1
    if (!($3 in there)) wrong("promises.txt:" FNR ": there is no " $3)
    else if ($1 != "13.5" && !(($3, $4) in named)) wrong("promises.txt:" FNR ": " $3 " has no \"" $4 "\"")
}
END {
    for (script in there) if (!(script in known)) wrong("promises.txt does not know " script)
    for (both in named) if (!(both in promised)) {
        split(both, part, SUBSEP)
        wrong("promises.txt does not know \"" part[2] "\" of " part[1])
    }
    count = split("13.2 13.3 13.4 13.5 13.6 13.7 13.8 13.10", wanted, " ")
    for (i = 1; i <= count; i++) if (!(wanted[i] in sections)) wrong("nothing is promised of " wanted[i])
    exit bad
}' [0-9]*.sh promises.txt

page=$(sed -n '/^## Who may do what/,/^## Where/p' ../../lib/README.md | sed -n 's/^|.*| \([0-9 ]*\) |$/\1/p' | tr ' ' '\n' | sort -u)
scripts=$(printf '%s\n' [0-9]*.sh | sed 's/-.*//' | sort -u)
[ "$page" = "$scripts" ] || {
    echo "lib/README.md, Who may do what: $(diff <(echo "$scripts") <(echo "$page") | sed -n 's/^< /no line is attacked by /p; s/^> /there is no attack /p' | paste -sd';')" >&2
    exit 1
}
