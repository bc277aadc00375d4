#!/usr/bin/env bash
# Lists at a million releases against lists at a thousand, on both databases; the test program asks.
. "$(dirname "$0")/common.sh"

"$LOOMREL_TEST_STORE" "[bench]" || OVER=1
exit $OVER
