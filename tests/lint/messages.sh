#!/usr/bin/env bash
# Every text of the catalogue is said by somebody, in the words of the glossary.
. "$(dirname "$0")/common.sh"

said() {
    project_files cli lib | grep -E '\.(cpp|hpp)$' | xargs grep -hoE '\bId::[a-z0-9_]+' | sed 's/^Id:://'
}
rows() {
    cat lib/messages/catalogue/*.inc | sed -nE 's/^LOOMREL_TEXT\(([a-z0-9_]+).*/\1/p'
}
[ "$(rows | wc -l)" -gt 100 ] || wrong "lib/messages/catalogue: no rows were read"
! grep -nF -e леджер -e Леджер lib/messages/catalogue/*.inc || wrong "the ledger is «журнал релизов» (lib/README.md)"
while read -r row; do
    wrong "lib/messages/catalogue: nobody says $row"
done < <(comm -13 <(said | sort -u) <(rows | sort -u))

# An argument holds a reference: what it names has to live as long.
while IFS=: read -r file line _; do
    wrong "$file:$line: fmt::arg of what is gone at the end of the line"
done < <(project_files cli lib tests | grep -E '\.(cpp|hpp)$' \
    | xargs grep -HnE 'auto&? +[a-z_]+ += +fmt::arg\([^,]+, .*\(.*\)' || :)
