#!/usr/bin/env bash
# A clean build of loomrel without tests, nothing remembered by ccache.
. "$(dirname "$0")/common.sh"

cmake -S "$SOURCE" -B "$T/build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DLOOMREL_TESTS=OFF >"$T/said"
began=$(date +%s)
CCACHE_DISABLE=1 cmake --build "$T/build" -j "$(nproc)" >"$T/said"
budget "clean build of loomrel, $(nproc) processors" $(($(date +%s) - began)) 180 s
exit $OVER
