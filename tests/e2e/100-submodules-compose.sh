#!/usr/bin/env bash
# The same in a container: the image is built with the submodules that the commit pins.
. "$(dirname "$0")/harness.sh"
OF=compose
. "$SOURCE/tests/e2e/100-submodules.sh"
