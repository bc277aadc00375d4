#!/usr/bin/env bash
# No ${{ … }} inside any run: of a workflow: what stands there is pasted into a shell unquoted.
. "$(dirname "$0")/common.sh"

check() {
    awk '
        function indent(text) { match(text, /^[ ]*/); return RLENGTH }
        inside && NF && indent($0) <= depth { inside = 0 }
        /^[ ]*(- )?run:/ { inside = 1; depth = index($0, "run:") - 1 }
        inside && index($0, "${{") { print FILENAME ":" FNR ": ${{ in a run: —" $0; bad = 1 }
        END { exit bad }' "$1"
}

# The check itself must see what it is for.
sample=$(mktemp)
trap 'rm -f "$sample"; [ $BAD = 0 ] || exit 1' EXIT
cat >"$sample" <<'EOF'
steps:
  - env:
      A: ${{ github.ref }}
    run: |
      echo

      echo ${{ github.ref }}
EOF
! check "$sample" >/dev/null || wrong "the check is blind"
cat >"$sample" <<'EOF'
steps:
  - run: |
      echo "$A"
    env:
      A: ${{ github.ref }}
EOF
check "$sample" || wrong "the check sees ghosts"

while read -r file; do
    check "$file" || BAD=1
    grep -qE '^ *permissions:' "$file" || wrong "$file: no permissions: named, so it gets all of them"
done < <(project_files .github workflows | grep -E '\.ya?ml$')
