#!/usr/bin/env bash
# A machine without any time zones (a bare container): UTC and a word, nothing worse.
. "$(dirname "$0")/harness.sh"

[ "$(id -u)" = 0 ] || require root
mkdir "$T/nothing"
without_zones() {
    CODE=0
    echo "loomrel $*" >"$T/command"
    # shellcheck disable=SC2016 # the inner shell's
    (cd "$T/ci" && exec unshare -m sh -c 'mount --bind "$0" /usr/share/zoneinfo && exec "$@"' \
        "$T/nothing" "$LOOMREL" "$@") </dev/null >"$T/out" 2>"$T/err" || CODE=$?
}
for command in "config show" "config check" "release list" "config show --json"; do
    # shellcheck disable=SC2086
    without_zones --lang en $command
    expect_exit 0
    expect_said "no time zone 'Europe/Moscow'" UTC
done
echo 'timezone = "Asia/Tokyo"' >"$T/ci/loomrel.toml"
without_zones --lang en release list
expect_exit 0
expect_said "no time zone 'Asia/Tokyo'"
echo 'timezone = "UTC"' >"$T/ci/loomrel.toml"
without_zones --lang en release list
expect_exit 0
expect_not_in "$T/err" "time zone"
# Where there are zones a wrong name is a slip.
echo 'timezone = "Asia/Tokio"' >"$T/ci/loomrel.toml"
loomrel --lang en release list
expect_exit 2
expect_said "loomrel.toml:1: unknown time zone 'Asia/Tokio'"
