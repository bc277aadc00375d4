#!/usr/bin/env bash
# Every text of the catalogue is said by somebody.
. "$(dirname "$0")/common.sh"

said() {
    project_files cli lib | grep -E '\.(cpp|hpp)$' | xargs grep -hoE '\bId::[a-z0-9_]+' | sed 's/^Id:://'
}
rows() {
    cat lib/messages/catalogue/*.inc | sed -nE 's/^LOOMREL_TEXT\(([a-z0-9_]+).*/\1/p'
}
while read -r row; do
    wrong "lib/messages/catalogue: nobody says $row"
done < <(comm -13 <(said | sort -u) <(rows | sort -u))
