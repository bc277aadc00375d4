#!/bin/sh
# Which versions are given up, and what is said of those that are lost or cannot be read.
. "${0%/*}/harness.sh"
use capsule prune

left() {
    CAPSULES=''
    list_capsules
    echo "$CAPSULES" | tr '\n' ' '
}
fill() {
    rm -rf "$D/capsules"
    for n in 1 2 3 4 5; do
        capsule "run-$n" "v$n" "c$n" 100
        echo "$n" >"$D/capsules/run-$n/number"
    done
}
fill
KEEP_CAPSULES=5
give_up run-5
expect_equal "as many as are to be kept" "run-5 run-4 run-3 run-2 run-1 " "$(left)"
KEEP_CAPSULES=2
give_up run-5
expect_equal "two of five" "run-5 run-4 " "$(left)"
expect_equal "set aside, not yet removed" 3 "$(ls -d "$D"/capsules/*.old | wc -l | tr -d ' ')"

fill
give_up run-5 run-1 run-3
expect_equal "what serves and its way back stay" "run-5 run-4 run-3 run-1 " "$(left)"

fill
LOST='run-5 run-4'
give_up run-1
expect_equal "what is lost takes nobody's place" "run-5 run-4 run-3 run-2 run-1 " "$(left)"
LOST=''

fill
manifest run-1 protocol=3 id=run-1
echo v2 >"$D/capsules/run-2/capsule"
give_up run-5
expect_equal "what a newer loomrel kept is not ours to give up" "run-5 run-4 run-1 " "$(left)"

fill
LOST='run-2 run-4'
capsule run-4 v4 c3 100
expect_equal "lost, and nothing stands in for it" "v2 c2 run-2" "$(list_lost | grep -v c3)"
LOST=''
manifest run-1 protocol=3 id=run-1
echo v2 >"$D/capsules/run-2/capsule"
CAPSULES=''
expect_equal "what cannot be read" "run-2 damaged run-1 newer " "$(list_unread | sort -r | tr '\n' ' ')"
done_testing
