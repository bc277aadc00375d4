#!/usr/bin/env bash
# The sources are as .clang-format has them. Another version of clang-format has other opinions.
. "$(dirname "$0")/common.sh"

format=
for f in clang-format-14 clang-format; do
    "$f" --version 2>/dev/null | grep -q 'version 14\.' && format=$f && break
done
[ -n "$format" ] || {
    echo "skipped: no clang-format 14"
    exit 77
}
project_files cli lib tests | grep -E '\.(cpp|hpp)$' | xargs "$format" --dry-run -Werror 2>&1 | head -n 20 \
    | { ! grep .; } || BAD=1
