#!/usr/bin/env bash
# Every shell script of the project passes shellcheck. What runs on hosts is plain sh.
. "$(dirname "$0")/common.sh"

command -v shellcheck >/dev/null || {
    [ "${LOOMREL_TEST_REQUIRE:-}" != all ] || exit 1
    echo "skipped: no shellcheck"
    exit 77
}
mapfile -t scripts < <(
    project_files .ci .github examples tests workflows | while read -r file; do
        case $file in
        tests/upgrade/*.txt) ;; # as other releases wrote it
        *.sh) echo "$file" ;;
        *) head -n 1 "$file" | grep -qaE '^#!.*\b(ba|da)?sh\b' && echo "$file" ;;
        esac
    done
)
[ ${#scripts[@]} -gt 10 ] || wrong "only ${#scripts[@]} scripts found: is the search right?"
# A test uses what the harness defines. Reading that anew for each of them takes minutes, so an
# unknown name is left to the shell's own "set -u".
mapfile -t tests < <(printf '%s\n' "${scripts[@]}" | grep -E '^tests/(bench|host|(e2e|attack)/[0-9])')
mapfile -t others < <(printf '%s\n' "${scripts[@]}" | grep -vE '^tests/(bench|host|(e2e|attack)/[0-9])')
shellcheck "${others[@]}" || BAD=1
printf '%s\0' "${tests[@]}" | xargs -0 -n 1 shellcheck --norc -S warning -e SC1091,SC2034,SC2087,SC2154,SC2164 || BAD=1
# Parts of one script that the plan puts together: alone, names in them seem unused or unset.
mapfile -t parts < <(project_files lib/deploy/host | grep '\.sh$')
shellcheck -s sh -e SC2034,SC2153,SC2154 "${parts[@]}" || BAD=1
