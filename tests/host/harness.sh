# Sourced first by every test of single functions of lib/deploy/host, which any shell of a host runs: it
# sources the files that it tests and stands in for what they call. ctest runs each under dash and under
# BusyBox's sh.
# shellcheck shell=sh disable=SC2034 # names that the files read

HERE=${0%/*}
T=$(mktemp -d "${TMPDIR:-/tmp}/loomrel-host.XXXXXX") || exit
trap 'rm -rf "$T"' EXIT
trap 'exit 130' INT TERM HUP
BAD=0
PROTOCOL=2 CLIENT_PROTOCOL=2 NEW_LINE='
'
# A service's folder as a host has it, and a run's.
D=$T/service R=$D/runs/run-9 ID=run-9
mkdir -p "$D/capsules" "$R"

# use NAME...: the files that are tested.
use() {
    for file in "$@"; do
        # shellcheck disable=SC1090
        . "$HERE/../../lib/deploy/host/$file.sh"
    done
}

expect_equal() {
    [ "$2" = "$3" ] || {
        echo "FAILED: $1: wanted '$2', there is '$3'" >&2
        BAD=1
    }
}

# expect_code CODE COMMAND...
expect_code() {
    wanted=$1 got=0
    shift
    "$@" || got=$?
    expect_equal "the code of $*" "$wanted" "$got"
}

done_testing() {
    exit $BAD
}

# capsule ID NAME COMMIT SECONDS [PREVIOUS [HEALTH]]: one as a release of protocol 1 has kept it.
capsule() {
    mkdir -p "$D/capsules/$1"
    printf '%s\n' "$2 $3 $1 deploy $4 ${6:-yes} - ${5:--}" "tree $3" >"$D/capsules/$1/capsule"
    CAPSULES=''
}

# manifest ID LINE...: one with a manifest.
manifest() {
    mkdir -p "$D/capsules/$1"
    id=$1
    shift
    printf '%s\n' "$@" >"$D/capsules/$id/manifest"
    CAPSULES=''
}

# What the engine's files say of a version.
is_part() { :; }
is_whole() {
    case " $LOST " in *" $C_ID "*) return 1 ;; esac
}
LOST=''
