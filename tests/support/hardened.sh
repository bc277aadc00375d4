#!/usr/bin/env bash
# hardened.sh PROGRAM [--release]: what the program was built with, by the program itself. Of what the
# compiler puts in only where it optimises, --release asks too.
set -euo pipefail
program=$1 bad=0
want() {
    grep -q -- "$2" <<<"$3" || {
        echo "$program: no $1" >&2
        bad=1
    }
}
header=$(readelf -hW "$program")
segments=$(readelf -lW "$program")
dynamic=$(readelf -dW "$program")
symbols=$(readelf -W --dyn-syms "$program")
want "address that changes (PIE)" 'Type: *DYN' "$header"
want "read-only relocations (RELRO)" GNU_RELRO "$segments"
want "binding at the start (full RELRO)" 'FLAGS_1.*NOW' "$dynamic"
want "stack that cannot be run" 'GNU_STACK .* RW ' "$segments"
want "stack protector" __stack_chk_fail "$symbols"
# The note that switches it on is the system's own files' too, and not every one of them has it.
case $header in *X86-64*)
    marks=$(LC_ALL=C grep -oaP '\xf3\x0f\x1e\xfa' "$program" | wc -l)
    [ "$marks" -gt 1000 ] || {
        echo "$program: no control-flow protection (CET)" >&2
        bad=1
    }
    ;;
esac
[ "${2:-}" != --release ] || want "checked copies (FORTIFY)" '__[a-z]*_chk' "${symbols//__stack_chk_fail/}"
exit $bad
