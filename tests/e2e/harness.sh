# Sourced first by every end-to-end test: a folder of its own, a clean environment, and an end that
# leaves nothing behind. The parts stand in harness/; `lab` in service.sh puts them together.
# shellcheck shell=bash
set -euo pipefail

SOURCE=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

# What the caller's shell has must not decide a test: start again with only what is named here.
if [ -z "${LOOMREL_E2E:-}" ]; then
    : "${LOOMREL_BIN:=$SOURCE/build/dev/loomrel}"
    [ -x "$LOOMREL_BIN" ] || {
        echo "no loomrel at $LOOMREL_BIN: build it, or name it in LOOMREL_BIN" >&2
        exit 1
    }
    T=$(mktemp -d "${TMPDIR:-/tmp}/loomrel-e2e.XXXXXX")
    chmod 711 "$T"
    mkdir "$T/me"
    exec env -i LOOMREL_E2E="$T" LOOMREL_BIN="$LOOMREL_BIN" HOME="$T/me" TMPDIR="${TMPDIR:-/tmp}" \
        PATH="/usr/sbin:/usr/bin:/sbin:/bin:$PATH" LANG=C.UTF-8 USER="$(id -un)" LOGNAME="$(id -un)" \
        LOOMREL_TEST_REQUIRE="${LOOMREL_TEST_REQUIRE:-}" LOOMREL_KEEP="${LOOMREL_KEEP:-}" \
        LOOMREL_BUDGET_MS="${LOOMREL_BUDGET_MS:-10}" ${ROUNDS:+ROUNDS="$ROUNDS"} \
        ${LOOMREL_TEST_STORE:+LOOMREL_TEST_STORE="$LOOMREL_TEST_STORE"} \
        ${LOOMREL_SEED:+LOOMREL_SEED="$LOOMREL_SEED"} \
        ${LOOMREL_ROUNDS:+LOOMREL_ROUNDS="$LOOMREL_ROUNDS"} \
        ${LOOMREL_PRESSES:+LOOMREL_PRESSES="$LOOMREL_PRESSES"} \
        ${LOOMREL_LEDGER:+LOOMREL_LEDGER="$LOOMREL_LEDGER"} \
        ${LOOMREL_KILLS:+LOOMREL_KILLS="$LOOMREL_KILLS"} \
        ${DOCKER_HOST:+DOCKER_HOST="$DOCKER_HOST"} \
        ${ASAN_OPTIONS:+ASAN_OPTIONS="$ASAN_OPTIONS"} \
        bash "$0" "$@"
fi

# shellcheck disable=SC2034 # what the parts and the tests use
T=$LOOMREL_E2E LOOMREL=$LOOMREL_BIN TEST=$(basename "$0" .sh)
ID=$(basename "$T" | tr -dc '[:alnum:]' | tr '[:upper:]' '[:lower:]')
mkdir -p "$T/ci"
cd "$T"

# shellcheck source=tests/e2e/harness/expect.sh
. "$SOURCE/tests/e2e/harness/expect.sh"
# shellcheck source=tests/e2e/harness/process.sh
. "$SOURCE/tests/e2e/harness/process.sh"
# shellcheck source=tests/e2e/harness/host.sh
. "$SOURCE/tests/e2e/harness/host.sh"
# shellcheck source=tests/e2e/harness/hosts.sh
. "$SOURCE/tests/e2e/harness/hosts.sh"
# shellcheck source=tests/e2e/harness/ledger.sh
. "$SOURCE/tests/e2e/harness/ledger.sh"
# shellcheck source=tests/e2e/harness/service.sh
. "$SOURCE/tests/e2e/harness/service.sh"
# shellcheck source=tests/e2e/harness/command.sh
. "$SOURCE/tests/e2e/harness/command.sh"
# shellcheck source=tests/e2e/harness/github.sh
. "$SOURCE/tests/e2e/harness/github.sh"
# shellcheck source=tests/e2e/harness/server.sh
. "$SOURCE/tests/e2e/harness/server.sh"
# shellcheck source=tests/e2e/harness/older.sh
. "$SOURCE/tests/e2e/harness/older.sh"
# shellcheck source=tests/e2e/harness/telegram.sh
. "$SOURCE/tests/e2e/harness/telegram.sh"

trap 'finish $?' EXIT
trap 'exit 130' INT TERM HUP
