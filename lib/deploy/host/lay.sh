# shellcheck shell=sh disable=SC2034,SC2154,SC2317 # one of the pieces that lib/deploy/script.cpp puts together
# The run's folder. Room for the end and for all that may be asked is taken before anything happens:
# a disk that fills later can lose neither. A wish is a rename: it needs no room, and of two only one
# can succeed. lay_run prints the run's script.

lay() {
    printf '%1023s\n' '' >"$R/status.new" && printf '%255s\n' '' >"$R/result" || return
    for f in step locked previous hooked restored commit; do
        printf '%63s\n' '' >"$R/$f" || return
    done
    for f in switch cancel stop ack; do
        true >"$R/may_$f" || return
    done
    printf '%s\n' "$NONCE" >"$R/nonce" && true >>"$R/out" && lay_run >"$R/run.sh" \
        && sync "$R/run.sh"
}

# Control lines go to standard error behind the channel's nonce.
tell() {
    printf '\036%s %s\n' "$S" "$*" >&2
}
