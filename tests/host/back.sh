#!/bin/sh
# Where a rollback without a target leads.
. "${0%/*}/harness.sh"
use capsule record back

capsule run-1 v1 c1 100
capsule run-2 v2 c2 200 run-1
capsule run-3 v3 c3 300 run-2
PARTS='tree c3'
put_here() { echo "$1 $2 $3 $4 1000" >"$D/current"; }
back() {
    default_target "$1"
    echo "${TARGET:--} $WHY ${NEXT:--}"
}
put_here v3 c3 run-3 deploy
expect_equal "from what was deployed" "run-2 none -" "$(back run-3)"
put_here v2 c2 run-2 rollback
PARTS='tree c2'
expect_equal "from where a rollback led" "- second_step run-1" "$(back run-2)"
put_here v2 c2 run-2 restore
expect_equal "from where a restore led" "- second_step run-1" "$(back run-2)"
put_here v1 c1 run-1 deploy
PARTS='tree c1'
expect_equal "from the first" "- none -" "$(back run-1)"

# Nothing serves: what was put here last has fallen over.
PARTS=''
put_here v3 c3 run-3 deploy
expect_equal "where nothing serves" "run-2 none -" "$(back '')"
rm "$D/current"
expect_equal "where nothing was ever put" "- none -" "$(back '')"

# What was started last was never good enough to be kept: back to what was here before it.
put_here v3 c3 run-3 deploy
printf '%s\n' 'v4 c4' 'tree c4' >"$R/made"
true >"$R/switched"
echo run-9 >"$D/started"
expect_equal "where what was started last fell short" "run-3 none -" "$(back '')"
rm "$R/switched"
expect_equal "where it was never switched to" "run-2 none -" "$(back '')"

# Something serves that was never kept.
true >"$R/switched"
PARTS='tree c4'
expect_equal "from what was never kept" "run-3 none -" "$(back '')"
printf '%s\n' 'v4 c3' 'tree c4' >"$R/made"
expect_equal "from what was kept, but not so" "run-2 none -" "$(back '')"
done_testing
