#!/bin/sh
# What a run leaves as its end, in the form that whoever started it reads; and what of it is ended.
. "${0%/*}/harness.sh"
use lock lay run

settle() { mv "$1.new" "$1"; }
ended() {
    printf '%300s\n' '' >"$R/status.new"
    put_status "$R" "$@"
    read -r line <"$R/status"
    echo "$line"
}
expect_equal "an end with keys" \
    "id=run-9 rc=1 outcome=failed step=up reason=up_failed serves=v1 switched=yes restored=yes log=whole whole=. protocol=2" \
    "$(ended run-9 1 failed up up_failed v1 yes yes whole)"
for CLIENT_PROTOCOL in 1 ''; do
    expect_equal "an end for an older loomrel" "run-9 1 failed up up_failed v1 yes yes whole ." \
        "$(ended run-9 1 failed up up_failed v1 yes yes whole)"
done
CLIENT_PROTOCOL=2
expect_equal "room that was taken at the start" 301 "$(wc -c <"$R/status" | tr -d ' ')"

# A run that its other hosts have taken back is not good any more.
mkdir -p "$D/runs/run-1"
echo 'run-1 0 good keep - v2 yes - whole .' >"$D/runs/run-1/status"
add_record() { echo "$1" >"$T/record"; }
ID=run-1-back SERVES=v1
take_back_other
expect_equal "its end" \
    "id=run-1 rc=1 outcome=failed step=keep reason=taken_back serves=v1 switched=yes restored=yes log=whole whole=. protocol=2" \
    "$(cat "$D/runs/run-1/status")"
expect_equal "its record" "run-1 - - 0 taken_back ." "$(cat "$T/record")"
rm "$D/runs/run-1/status"
take_back_other
[ ! -e "$D/runs/run-1/status" ] || expect_equal "the end of one that is not there" none some
ID=run-9

# What the worker left, or that it died.
journal() { :; }
decided() {
    decide
    echo "$RC $OUTCOME $STEP $REASON"
}
KILLED='' STEP=''
echo '0 good keep - .' >"$R/result"
echo keep >"$R/step"
expect_equal "a good one" "0 good keep -" "$(decided)"
echo '0 good keep -' >"$R/result"
expect_equal "a result that was cut short" "1 died keep died" "$(decided)"
echo >"$R/result"
KILLED='cancelled cancelled'
expect_equal "one that was cancelled" "1 cancelled keep cancelled" "$(decided)"
echo '1 failed build build_failed .' >"$R/result"
expect_equal "a step that failed because its command was killed" "1 cancelled build cancelled" "$(decided)"
echo '0 good keep - .' >"$R/result"
expect_equal "one that was good before it could be killed" "0 good keep -" "$(decided)"

# Who cancelled it, in his own words; a stop that came too late has a name too, which is not the cancel's.
journal() { echo "journal $*"; }
m_cancelled() { echo "cancelled"; }
m_cancelled_by() { echo "cancelled by $BY"; }
expect_equal "nobody said" "cancelled" "$(say_cancelled)"
printf '%-255s\n' 'carol' >"$R/stop_seen"
expect_equal "who interrupted it" "journal cancelled_by carol
cancelled by carol" "$(say_cancelled)"
printf '%255s\n' '' >"$R/cancel"
expect_equal "cancelled by an older loomrel" "cancelled" "$(say_cancelled)"
printf '%-255s\n' 'Bob; $(touch /never)' >"$R/cancel"
expect_equal "who cancelled it" 'journal cancelled_by Bob; $(touch /never)
cancelled by Bob; $(touch /never)' "$(say_cancelled)"
rm "$R/cancel" "$R/stop_seen"
journal() { :; }

# sweep signals what is of its session, and nothing else, not even itself. No signal is sent here: whom
# it would go to is written down.
cat >"$T/session" <<END
. '$HERE/../../lib/deploy/host/lock.sh'
. '$HERE/../../lib/deploy/host/run.sh'
kill() { echo "\$*"; }
sleep 30 &
echo "inside=\$!"
SIG=TERM
sweep
echo "remains=\$REMAINS"
SIG=''
sweep
sweep_until_gone 20 || echo still there
command kill \$!
wait \$!
sweep_until_gone 200 && echo gone
END
sleep 30 &
outside=$!
# The shell that runs this test, whichever.
shell=$(tr '\000' '\n' <"/proc/$$/cmdline" | sed -n '1p;2{/^sh$/p;}')
# shellcheck disable=SC2086
said=$(setsid $shell "$T/session")
inside=$(echo "$said" | sed -n 's/^inside=//p')
expect_equal "who is signalled in a session" \
    "inside=$inside${NEW_LINE}-s TERM $inside${NEW_LINE}remains=yes${NEW_LINE}still there${NEW_LINE}gone" "$said"
{ kill $outside && wait $outside; } 2>/dev/null

# The point of no return is passed once, by one of two.
note_started() { :; }
OUTCOME=''
true >"$R/may_switch"
expect_code 0 switch
expect_code 0 switch
rm "$R/switched"
expect_code 1 switch
expect_equal "its outcome" "cancelled cancelled 1" "$OUTCOME $REASON $RC"
done_testing
