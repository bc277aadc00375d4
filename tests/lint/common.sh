# Sourced by every check: works at the top of the project, over the project's own files.
# shellcheck shell=bash
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

# What git knows or would add; without git everything but build folders.
project_files() {
    if git rev-parse --git-dir >/dev/null 2>&1; then
        git ls-files -co --exclude-standard -- "$@" | while read -r f; do
            [ ! -e "$f" ] || echo "$f"
        done
    else
        find "${@:-.}" \( -name 'build*' -o -name .git \) -prune -o -type f -print | sed 's|^\./||'
    fi
}

BAD=0
wrong() {
    echo "$*"
    BAD=1
}

trap '[ $? != 0 ] || exit $BAD' EXIT
