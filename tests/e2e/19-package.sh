#!/usr/bin/env bash
# What the workflows install on a runner: a package that brings the program, its page, and knows
# which libraries it needs.
. "$(dirname "$0")/harness.sh"

has_package_tools() {
    command -v dpkg-shlibdeps >/dev/null && command -v cpack >/dev/null
}
require package_tools
build=$(dirname "$LOOMREL")
[ -e "$build/CPackConfig.cmake" ] || fail "no CPackConfig.cmake beside $LOOMREL"
(cd "$T" && cpack -G DEB --config "$build/CPackConfig.cmake" -B "$T/package" >"$T/out" 2>&1) || fail "cpack: $(tail -n 20 "$T/out")"
deb=$(echo "$T"/package/*.deb)
dpkg-deb --contents "$deb" >"$T/contents"
expect_in "$T/contents" ./usr/bin/loomrel ./usr/share/man/man1/loomrel.1
dpkg-deb --field "$deb" Depends >"$T/depends"
expect_in "$T/depends" libssh- libpq5 libsqlite3-0
dpkg-deb --extract "$deb" "$T/root"
expect_equal "its version" "$("$LOOMREL" --version)" "$("$T/root/usr/bin/loomrel" --version)"
