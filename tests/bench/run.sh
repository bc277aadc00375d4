#!/usr/bin/env bash
# Measures what design and README promise, each in turn with what it is compared with:
#   tests/bench/run.sh [quick|deploy|rollback|hosts|server|memory|lists|build]…
# Builds a release first. ROUNDS (8) says how often. A machine that does something else meanwhile
# measures that.
set -euo pipefail
cd "$(dirname "$0")/../.."

# shellcheck source=tests/support/packages.sh
. tests/support/packages.sh
# shellcheck source=tests/support/dockerd.sh
. tests/support/dockerd.sh

[ $# -gt 0 ] || set -- quick deploy rollback hosts server memory lists build
BENCH_PACKAGES=(python3-asyncpg python3-fastapi uvicorn wrk)
install_packages --docker "${BUILD_PACKAGES[@]}" "${DEMO_PACKAGES[@]}" "${TEST_PACKAGES[@]}" "${BENCH_PACKAGES[@]}"
folder=${LOOMREL_BUILD_DIR:-build}/bench
cmake --preset release -B "$folder" -DLOOMREL_TESTS=ON --log-level=WARNING
cmake --build "$folder" --target loomrel test_store
trap stop_docker EXIT
trap 'exit 130' INT TERM HUP
start_docker
export LOOMREL_BIN=$PWD/$folder/loomrel LOOMREL_TEST_STORE=$PWD/$folder/tests/test_store LOOMREL_TEST_REQUIRE=all
bad=0
for name; do
    printf '\n== %s\n' "$name"
    "tests/bench/$name.sh" || bad=1
done
exit $bad
