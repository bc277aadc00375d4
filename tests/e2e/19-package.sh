#!/usr/bin/env bash
# What `cpack -G DEB` makes beside a build: a package that brings the program, its page and its
# completions, names what it needs, and is not made where it would not start.
. "$(dirname "$0")/harness.sh"

has_package_tools() {
    command -v dpkg-shlibdeps >/dev/null && command -v cpack >/dev/null && command -v file >/dev/null
}
require package_tools
build=$(dirname "$LOOMREL")
[ -e "$build/CPackConfig.cmake" ] || fail "no CPackConfig.cmake beside $LOOMREL"
# pack [CPACK OPTION…]: whoever packs has a strict umask.
pack() {
    (cd "$T" && umask 077 && cpack -G DEB --config "$build/CPackConfig.cmake" -B "$T/package" "$@") >"$T/out" 2>&1
}
pack || fail "cpack: $(tail -n 20 "$T/out")"
deb=$T/made.deb
mv "$T"/package/*.deb "$deb"
dpkg-deb --contents "$deb" >"$T/contents"
expect_in "$T/contents" ./usr/bin/loomrel ./usr/share/man/man1/loomrel.1.gz \
    ./usr/share/doc/loomrel/copyright ./usr/share/doc/loomrel/changelog.gz \
    ./usr/share/bash-completion/completions/loomrel ./usr/share/zsh/vendor-completions/_loomrel \
    ./usr/share/fish/vendor_completions.d/loomrel.fish
! grep -vE '^(drwxr-xr-x|-rw-r--r--|-rwxr-xr-x) root/root' "$T/contents" >"$T/err" \
    || fail "modes and owners: $(cat "$T/err")"
dpkg-deb --field "$deb" Depends | tr -d ' ' | tr ',' '\n' | sed 's/(.*//' >"$T/depends"
for package in ca-certificates tzdata libc6 libpq5 libsqlite3-0; do
    grep -qx "$package" "$T/depends" || fail "Depends has no $package: $(tr '\n' ' ' <"$T/depends")"
done
expect_in "$T/depends" libssh-
dpkg-deb --field "$deb" Maintainer >"$T/maintainer"
grep -qE '^[^<>]+ <[^@ ]+@[^@ ]+>$' "$T/maintainer" || fail "Maintainer: $(cat "$T/maintainer")"
dpkg-deb --extract "$deb" "$T/root"
expect_equal "its version" "$("$LOOMREL" --version)" "$("$T/root/usr/bin/loomrel" --version)"
expect_equal "the changelog's version" "$(dpkg-deb --field "$deb" Version)" \
    "$(gzip -dc "$T/root/usr/share/doc/loomrel/changelog.gz" | sed -n '1s/.*(\(.*\)).*/\1/p')"
# The shell that reads it has to understand it.
bash -n "$T/root/usr/share/bash-completion/completions/loomrel"
expect_in "$T/root/usr/share/bash-completion/completions/loomrel" __complete

# A machine on which the C library of a later release came in: said in words, and nothing is made.
! pack -D CPACK_LOOMREL_RELEASE=bullseye || fail "a package for Debian 11 was made of what needs a newer glibc"
expect_in "$T/out" "The program needs glibc" "bullseye has 2.31" build_deb.sh
[ -z "$(find "$T/package" -name '*.deb')" ] || fail "it was made all the same"

if command -v lintian >/dev/null; then
    lintian --allow-root --fail-on error "$deb" >"$T/out" 2>"$T/err" || fail "lintian: $(grep ^E: "$T/out")"
elif [ "$LOOMREL_TEST_REQUIRE" = all ]; then
    fail "no lintian, and LOOMREL_TEST_REQUIRE=all"
fi
