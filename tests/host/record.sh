#!/bin/sh
# The host's memory of its good runs, and of the versions that were rolled away from.
. "${0%/*}/harness.sh"
use capsule record back

# A host that was kept by a release without a record begins with what its capsules tell.
capsule run-1 v1 c1 100
capsule run-2 v2 c2 200
add_record 'run-3 v3 c3 300 deploy .'
expect_equal "the record" "run-1 v1 c1 100 deploy .${NEW_LINE}run-2 v2 c2 200 deploy .${NEW_LINE}run-3 v3 c3 300 deploy ." \
    "$(cat "$D/good")"
add_record 'run-3 v3 c3 300 deploy .'
expect_equal "the same once more" 3 "$(wc -l <"$D/good" | tr -d ' ')"
printf 'run-4 v4 c4' >>"$D/good"
add_record 'run-5 v3 c5 500 rollback .'
expect_equal "behind a line that was cut short" 'run-5 v3 c5 500 rollback .' "$(tail -n 1 "$D/good")"

expect_equal "by name, newest first" "run-5 v3 c5 500 rollback${NEW_LINE}run-3 v3 c3 300 deploy" "$(good_runs v3)"
expect_equal "by what the tag means now" "run-2 v2 c2 200 deploy" "$(good_runs moved c2)"
expect_equal "one that was cut short is none" '' "$(good_runs v4)"
add_record 'run-5 - - 0 taken_back .'
expect_equal "what was taken back does not count" "run-3 v3 c3 300 deploy" "$(good_runs v3)"
n=10
while [ $n -lt 40 ]; do
    echo "run-$n many c$n $n deploy ." >>"$D/good"
    n=$((n + 1))
done
expect_equal "twenty at most" 20 "$(good_runs many | wc -l | tr -d ' ')"

# remember_left: what is put here is left no more, what was given up for an older version is.
CAPSULE='' V_COMMIT=c2 LEFT_COMMIT=c3
remember() {
    KIND=$1
    remember_left
    xargs <"$D/left"
}
expect_equal "a restore" c3 "$(remember restore)"
LEFT=''
V_COMMIT=c3 LEFT_COMMIT=c2
expect_equal "c3 is back" '' "$(remember deploy)"
LEFT='' CAPSULE=run-1 V_COMMIT=c1 LEFT_COMMIT=c2
expect_equal "a rollback to an older one" c2 "$(remember rollback)"
LEFT='' CAPSULE=run-2 V_COMMIT=c2 LEFT_COMMIT=c1
expect_equal "a rollback to a newer one" '' "$(remember rollback)"
expect_equal "a rehearsal" '' "$(remember rehearsal)"
expect_code 1 is_left c1

# What changed what serves.
tell() { echo "$*"; }
EPOCH=700 OUTCOME=good RESTORED=- SERVES=v3 BY='' KIND=deploy
echo "v3 c3 run-3 deploy 300" >"$D/current"
record_change
expect_equal "before the switch nothing changed" '' "$(tell_changes)"
true >"$R/switched"
record_change
record_change
told="change id=run-9 kind=deploy outcome=good serves=v3 commit=c3 seconds=700 by=- whole=."
expect_equal "told once" "$told" "$(tell_changes)"
printf 'id=run-8 kind=' >>"$D/changes"
ID=by-hand-1-2 OUTCOME=failed SERVES='' BY=anya@192.0.2.1
record_change
expect_equal "behind a line that was cut short; nothing serves" "$told${NEW_LINE}change id=by-hand-1-2 kind=deploy outcome=failed serves=- commit=- seconds=700 by=anya@192.0.2.1 whole=." \
    "$(tell_changes)"
expect_equal "nobody else reads it" 600 "$(stat -c %a "$D/changes")"
SUDO_USER='anya$(id)' SSH_CONNECTION='2001:db8::1 5 2001:db8::2 22'
expect_equal "who types" 'anyaid@2001:db8::1' "$(who_types)"
done_testing
