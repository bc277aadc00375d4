#!/usr/bin/env bash
# The top of the project holds what a newcomer needs to see, and nothing else.
. "$(dirname "$0")/common.sh"

while read -r name; do
    case $name in
    .* | CMakeLists.txt | CMakePresets.json | LICENSE | README.md) ;;
    cli | examples | lib | man | tests | workflows) ;;
    *) wrong "'$name' does not belong at the top level" ;;
    esac
done < <(project_files . | cut -d/ -f1 | sort -u)
# ctest starts them by their names.
for f in tests/e2e/[0-9]*.sh tests/attack/[0-9]*.sh tests/lint/*.sh .github/packaging/build_*.sh; do
    [ -x "$f" ] || [ "$f" = tests/lint/common.sh ] || wrong "$f has no run bit"
done
