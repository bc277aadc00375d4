# shellcheck shell=sh disable=SC2034,SC2154,SC2317 # one of the pieces that lib/deploy/script.cpp puts together
# The run's folder. Room for the end and for all that may be asked is taken before anything happens:
# a disk that fills later can lose neither. A wish is a rename: it needs no room, and of two only one
# can succeed. lay_run prints the run's script.

lay() {
    printf '%1023s\n' '' >"$R/status.new" && printf '%255s\n' '' >"$R/result" \
        && printf '%63s\n' '' >"$R/step" && printf '%63s\n' '' >"$R/locked" \
        && printf '%63s\n' '' >"$R/previous" && printf '%63s\n' '' >"$R/hooked" \
        && printf '%63s\n' '' >"$R/restored" && printf '%63s\n' '' >"$R/commit" \
        && true >"$R/may_switch" && true >"$R/may_cancel" && true >"$R/may_stop" \
        && true >"$R/may_ack" && printf '%s\n' "$NONCE" >"$R/nonce" && true >>"$R/out" \
        && lay_run >"$R/run.sh" && sync "$R/run.sh"
}

# Control lines go to standard error behind the channel's nonce.
tell() {
    printf '\036%s %s\n' "$S" "$*" >&2
}
