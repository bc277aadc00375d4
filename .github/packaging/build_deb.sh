#!/usr/bin/env bash
# Makes loomrel's package for a release of Debian or Ubuntu in a clean root of that release, so that
# it needs nothing that this machine has and others have not.
#
#   .github/packaging/build_deb.sh SUITE OUTPUT     e.g. bookworm dist/; prints the package's path
#
#   LOOMREL_ROOTS=FOLDER      keeps the roots there for a week (default: made anew, then removed)
#   LOOMREL_CCACHE=FOLDER     compiles with ccache, its cache there
#   LOOMREL_MIRROR=ADDRESS    the archive, where this machine's apt has none of that vendor
#
# Needs root, mmdebstrap and apt. The build itself has no network.
set -euo pipefail
[ $# = 2 ] || {
    sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2
    exit 2
}
suite=$1 output=$2
source_dir=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=.github/packaging/roots.sh
. "$source_dir/.github/packaging/roots.sh"
# shellcheck source=tests/support/packages.sh
. "$source_dir/tests/support/packages.sh"
[ "$(id -u)" = 0 ] || die "needs root: a root of another release is made and entered"
command -v mmdebstrap >/dev/null || die "no mmdebstrap here: apt-get install mmdebstrap"

mkdir -p "$output"
output=$(cd "$output" && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/loomrel-deb.XXXXXX")
trap 'rm -rf --one-file-system "$work"' EXIT
trap 'exit 130' INT TERM HUP
ROOTS=${LOOMREL_ROOTS:-$work/roots}
mkdir -p "$ROOTS" "$work/build"
exec 9>"$ROOTS/lock"
flock 9
build_root "$suite" "${BUILD_PACKAGES[@]}" "${PACKAGING_PACKAGES[@]}" ccache

root=$ROOTS/$suite-build options=() more=()
if [ -n "${LOOMREL_CCACHE:-}" ]; then
    mkdir -p "$LOOMREL_CCACHE"
    more+=(--bind "$(cd "$LOOMREL_CCACHE" && pwd):/ccache")
    # The first is what ccache wants for precompiled headers.
    IN_ROOT=(CCACHE_DIR=/ccache "CCACHE_SLOPPINESS=pch_defines,time_macros")
    options+=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache -DCMAKE_CXX_FLAGS=-fpch-preprocess)
fi
inside() {
    in_root --offline --bind "$source_dir:/src:ro" --bind "$work/build:/build" "${more[@]}" "$root" "$@" >&2
}
inside cmake -S /src --preset release -B /build "${options[@]}" --log-level=WARNING
inside cmake --build /build
inside sh -c 'cd /build && cpack -G DEB -B /build/package'
for deb in "$work"/build/package/*.deb; do
    install -m 644 "$deb" "$output/"
    echo "$output/${deb##*/}"
done
