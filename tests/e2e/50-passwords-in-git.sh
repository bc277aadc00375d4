#!/usr/bin/env bash
# .env.servers in git: init keeps it out, whoever looks says so, and once it is in it is not read.
. "$(dirname "$0")/harness.sh"

export GIT_CONFIG_NOSYSTEM=1
git init -q "$T/ci"
in_git() {
    git -C "$T/ci" -c user.name=dev -c user.email=dev@localhost "$@"
}
(umask 077 && echo STAGE_HOST=127.0.0.1 >"$T/ci/.env.servers")

loomrel --lang en config check
expect_exit 0
expect_said "git does not ignore .env.servers" "echo .env.servers >>.gitignore"
loomrel --json doctor
expect_json '[.checks[] | select(.mend == "echo .env.servers >>.gitignore")][0].verdict' warning

printf 'build' >"$T/ci/.gitignore"
loomrel init --replace
expect_exit 0
expect_equal ".gitignore" "build
.env.servers" "$(cat "$T/ci/.gitignore")"
in_git add -A
expect_equal "tracked" "" "$(in_git ls-files .env.servers)"
loomrel --lang en config check
expect_exit 0
expect_not_in "$T/out" "does not ignore"
loomrel init
expect_exit 0
expect_equal ".gitignore" 2 "$(wc -l <"$T/ci/.gitignore")"

in_git add -f .env.servers
for command in "status" "config check" "release list" "doctor"; do
    # shellcheck disable=SC2086
    loomrel --lang en $command
    expect_exit 2
    expect_said "git tracks this file of passwords" "git rm --cached"
done
# Another is read; that this one is in git is said by every command all the same.
ENVIRONMENT=(LOOMREL_ENV_SERVERS=STAGE_HOST=127.0.0.2)
loomrel --lang en config show
expect_exit 0
expect_said "git tracks this file of passwords" "127.0.0.2"
