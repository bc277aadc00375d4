# Sourced first by the attacks on secrets (design 13.5): a world behind a link of its own, with hosts,
# APIs, a Postgres and a collector at public and private addresses that write down every byte, and a
# client from which every command of loomrel is run. Only the two namespaces know the addresses, and
# neither has a way out. Loopback, which is exempt from the rules, is nobody's address here.
# shellcheck shell=bash disable=SC2034 # names that the attacks use
. "$(dirname "${BASH_SOURCE[0]}")/../e2e/harness.sh"
ATTACK=$SOURCE/tests/attack

# shellcheck source=tests/attack/secrets/world.sh
. "$ATTACK/secrets/world.sh"
# shellcheck source=tests/attack/secrets/scenario.sh
. "$ATTACK/secrets/scenario.sh"
