#!/bin/sh
# Which kept version is read, newest, before another, or meant by a name.
. "${0%/*}/harness.sh"
use lay capsule record

# The line of protocol 1, the manifest, and the manifest before the line.
capsule run-1 v1.0.0 c1 100
expect_code 0 read_capsule run-1
expect_equal "what is read" "v1.0.0 c1 run-1 deploy 100 yes - tree c1" \
    "$C_NAME $C_COMMIT $C_ID $C_HOW $C_SECONDS $C_HEALTH $C_PREVIOUS $C_PARTS"
manifest run-1 protocol=2 id=run-1 name=v1.0.1 commit=c1 how=adopt seconds=101 health=unknown \
    previous=run-0 'later=what nobody knows = yet' 'part=image web sha256:1' 'part=image db sha256:2'
expect_code 0 read_capsule run-1
expect_equal "what is read" "v1.0.1 c1 run-1 adopt 101 unknown run-0 image web sha256:1${NEW_LINE}image db sha256:2" \
    "$C_NAME $C_COMMIT $C_ID $C_HOW $C_SECONDS $C_HEALTH $C_PREVIOUS $C_PARTS"

# What cannot be read says why; parts that the configuration does not name are no reason.
unread() {
    ! read_capsule "$1" || echo read
    echo "$C_UNREAD"
}
manifest run-2 protocol=3 id=run-2 name=v2 commit=c2 previous=- 'part=tree c2'
expect_equal "a newer one" newer "$(unread run-2)"
manifest run-2 protocol=x id=run-2 name=v2 commit=c2 previous=- 'part=tree c2'
expect_equal "one of no version" damaged "$(unread run-2)"
manifest run-2 protocol=2 id=run-7 name=v2 commit=c2 previous=- 'part=tree c2'
expect_equal "another's" damaged "$(unread run-2)"
manifest run-2 protocol=2 id=run-2 name=v2 commit=c2
expect_equal "one that was cut" damaged "$(unread run-2)"
manifest run-2 protocol=2 id=run-2 name=v2 commit=c2 previous=- 'part=tree c2'
expect_equal "a whole one" "read$NEW_LINE" "$(unread run-2)$NEW_LINE"
is_part() { false; }
expect_equal "one of other services" '' "$(unread run-2)"
is_part() { :; }
rm -rf "$D/capsules/run-1" "$D/capsules/run-2"
mkdir "$D/capsules/run-3" && echo 'v3 c3 run-3' >"$D/capsules/run-3/capsule"
expect_equal "a line that was cut" damaged "$(unread run-3)"
rm -rf "$D/capsules/run-3"

# Newest first: by number; those without one behind, by time; what is half made or given up not at all.
capsule run-1 v1 c1 500
capsule run-2 v2 c2 600 run-1
capsule run-3 v3 c3 50 run-2
echo 1 >"$D/capsules/run-3/number"
capsule run-4 v4 c4 40 run-3
manifest run-4 protocol=2 id=run-4 name=v4 commit=c4 how=deploy seconds=40 health=yes previous=run-3 'part=tree c4'
echo 2 >"$D/capsules/run-4/number"
manifest run-5.new protocol=2 id=run-5
capsule run-6 v6 c6 900
mv "$D/capsules/run-6" "$D/capsules/run-6.old"
list_capsules
expect_equal "their order" "run-4${NEW_LINE}run-3${NEW_LINE}run-2${NEW_LINE}run-1" "$CAPSULES"
next_number
expect_equal "the next number" 3 "$NUMBER"

# The last good other version: along what each deploy found, else by age; never one that was unhealthy,
# lost or rolled away from.
before() {
    target_before "$1"
    echo "$TARGET"
}
expect_equal "before run-4" run-3 "$(before run-4)"
LOST=run-3
expect_equal "where run-3 is lost" run-2 "$(before run-4)"
LOST='run-3 run-2'
expect_equal "where run-2 is too" run-1 "$(before run-4)"
LOST=''
echo c3 >"$D/left"
expect_equal "where c3 was left" run-2 "$(before run-4)"
rm "$D/left"
LEFT=''
capsule run-3 v3 c3 50 run-2 no
expect_equal "where run-3 was unhealthy" run-2 "$(before run-4)"
capsule run-3 v3 c4 50 run-2
expect_equal "where run-3 is the same commit" run-2 "$(before run-4)"
capsule run-3 v3 c3 50 run-2
expect_equal "before the first" '' "$(before run-1)"
expect_equal "before one that is not there" '' "$(before run-0)"
# What a newer loomrel kept is passed over, and is no end of the way.
manifest run-3 protocol=3 id=run-3
expect_equal "where run-3 cannot be read" run-2 "$(before run-4)"
capsule run-3 v3 c3 50 run-2
rm "$D/capsules/run-3/manifest"

# By name, commit or id; the newest of several; lost is not there.
found() {
    find_kept "$1"
    echo "$TARGET $GONE"
}
capsule run-2 v3 c2 600 run-1
expect_equal "by name" 'run-3 ' "$(found v3)"
expect_equal "by commit" 'run-2 ' "$(found c2)"
expect_equal "by id" 'run-1 ' "$(found run-1)"
expect_equal "another" ' ' "$(found v9)"
LOST=run-1
expect_equal "a lost one" ' v1' "$(found v1)"
LOST=''

# What is kept today is read by whoever reads either form.
clock() { EPOCH=1000; }
mkdir "$D/capsules/run-9.new"
echo program >"$D/restore.new"
keep_capsule run-9 v9 c9 deploy yes run-4 'tree c9'
expect_equal "the line" "v9 c9 run-9 deploy 1000 yes - run-4${NEW_LINE}tree c9" "$(cat "$D/capsules/run-9/capsule")"
expect_equal "the manifest" "protocol=2 id=run-9 name=v9 commit=c9 how=deploy seconds=1000 health=yes previous=run-4 part=tree c9" \
    "$(tr '\n' ' ' <"$D/capsules/run-9/manifest" | sed 's/ $//')"
expect_equal "its number" 3 "$(cat "$D/capsules/run-9/number")"
expect_equal "what was put here last" "v9 c9 run-9 deploy 1000" "$(cat "$D/current")"
expect_code 0 read_capsule run-9
list_capsules
expect_equal "the newest" run-9 "${CAPSULES%%"$NEW_LINE"*}"
done_testing
