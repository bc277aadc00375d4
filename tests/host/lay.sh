#!/bin/sh
# Records, as whoever asked reads them; a run's folder, and the program in it.
. "${0%/*}/harness.sh"
use lock lay boot

of() {
    record "$@"
    echo "$RECORD"
}
expect_equal "with keys" "a=1 b=x=y c=3" "$(of 2 a=1 b=x=y c=3)"
for CLIENT_PROTOCOL in 1 ''; do
    expect_equal "as it was before there were keys" "1 x=y" "$(of 2 a=1 b=x=y c=3)"
done
S=feed CLIENT_PROTOCOL=2
expect_equal "on the channel" "$(printf '\036feed back to=run-1 why=none')" \
    "$(tell_record back 2 to=run-1 why=none 2>&1)"

# Which protocol the program of a run speaks.
protocol() {
    find_protocol
    echo "$RUN_PROTOCOL"
}
expect_equal "where no program was laid" 1 "$(protocol)"
printf '%s\n' ID=run-9 PROTOCOL=7 '#program' '#!/bin/sh' PROTOCOL=3 PROTOCOL=4 >"$R/run.sh"
expect_equal "what its second line says" 3 "$(protocol)"
printf '%s\n' ID=run-9 '#program' '#!/bin/sh' 'lay() {' PROTOCOL=3 >"$R/run.sh"
expect_equal "one from before there were versions" 1 "$(protocol)"

# Room for the end and for all that may be asked.
NONCE=0123
lay_run() { echo 'echo run'; }
rm "$R/run.sh"
expect_code 0 lay
expect_equal "room for the end" 1024 "$(wc -c <"$R/status.new" | tr -d ' ')"
expect_equal "what may be asked" "may_ack may_cancel may_stop may_switch" "$(cd "$R" && echo may_*)"
# A wish bears a name, in room that it had before; asked twice or by nobody it makes no file.
room=$(wc -c <"$R/may_cancel")
sign_wish cancel 'Bob; $(touch /never) %s'
expect_equal "who asks" 'Bob; $(touch /never) %s' "$(sed 's/ *$//' "$R/may_cancel")"
expect_equal "in the room that there was" "$room" "$(wc -c <"$R/may_cancel")"
sign_wish cancel ''
expect_equal "without a name" 'Bob; $(touch /never) %s' "$(sed 's/ *$//' "$R/may_cancel")"
rm "$R/may_stop"
sign_wish stop bob
expect_code 1 test -e "$R/may_stop"
true >"$R/may_stop"
expect_equal "its nonce" 0123 "$(cat "$R/nonce")"
expect_equal "its program" 'echo run' "$(cat "$R/run.sh")"
sync() { false; }
expect_code 1 lay
expect_equal "what is lacking" 'sync FILE' "$LACKS"
done_testing
