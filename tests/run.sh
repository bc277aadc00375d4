#!/usr/bin/env bash
# Builds loomrel and tests it against real parts: sshd, git, Docker Compose, PostgreSQL, SQLite.
# On a Debian 12/13 or Ubuntu 24.04 machine it installs what is missing first. See --help.
set -euo pipefail
cd "$(dirname "$0")/.."
# The distribution's own programs first: they are what is installed here.
PATH=/usr/sbin:/usr/bin:/sbin:/bin:$PATH

# shellcheck source=tests/support/packages.sh
. tests/support/packages.sh
# shellcheck source=tests/support/dockerd.sh
. tests/support/dockerd.sh

usage() {
    cat <<'EOF'
tests/run.sh [--fast | --slow] [--asan] [--filter REGEX] [--accept] | --fuzz [SECONDS]

  --fast          unit tests only: nothing is installed, no Docker is looked for
  --slow          also the attacks (tests/attack), a package made in a clean root, and the longest
                  end-to-end tests
  --asan          build with AddressSanitizer and UndefinedBehaviorSanitizer, and test that
  --filter REGEX  only tests whose name matches
  --accept        write golden files anew instead of comparing with them
  --fuzz          only what libFuzzer does to parsers: so many seconds each (60), with clang

LOOMREL_TEST_REQUIRE=all  a test that would be skipped for want of a database, sshd or Docker
                          fails instead
LOOMREL_BUILD_DIR         where to build (default: build/)
EOF
}

fast='' slow='' asan='' filter=() accept='' fuzz=''
while [ $# -gt 0 ]; do
    case $1 in
    --fast) fast=1 ;;
    --slow) slow=1 ;;
    --asan) asan=1 ;;
    --filter)
        [ $# -ge 2 ] || {
            usage >&2
            exit 2
        }
        filter=(-R "$2")
        shift
        ;;
    --accept) accept=1 ;;
    --fuzz)
        fuzz=60
        if [[ ${2:-} =~ ^[0-9]+$ ]]; then
            fuzz=$2
            shift
        fi
        ;;
    -h | --help)
        usage
        exit 0
        ;;
    *)
        echo "tests/run.sh does not know '$1'" >&2
        usage >&2
        exit 2
        ;;
    esac
    shift
done

note() {
    printf '\n== %s\n' "$*"
}

build() {
    local preset=$1 folder=${LOOMREL_BUILD_DIR:-build}/$1 faster=()
    ! command -v ccache >/dev/null || faster=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
    ! command -v ld.lld >/dev/null || faster+=(-DCMAKE_EXE_LINKER_FLAGS=-fuse-ld=lld)
    note "build: $preset"
    cmake --preset "$preset" -B "$folder" "${faster[@]}" --log-level=WARNING \
        -DLOOMREL_SLOW_TESTS="${slow:-0}"
    cmake --build "$folder" -- ${2:+"$2"}
}

# Two more than there are processors: end-to-end tests wait more than they work.
run() {
    local preset=$1
    shift
    note "test: $preset $*"
    ctest --test-dir "${LOOMREL_BUILD_DIR:-build}/$preset" --output-on-failure --no-tests=error \
        --stop-time "$(date -d '+50 minutes' +%T)" -j "$(($(nproc) + 2))" "$@" </dev/null
}

[ -z "$accept" ] || export LOOMREL_ACCEPT=1
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1:abort_on_error=0}
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}

# What was found lies beside the build: crash-… in its folder.
fuzz_all() {
    local folder=${LOOMREL_BUILD_DIR:-build}/fuzz name bad=0
    install_packages "${BUILD_PACKAGES[@]}" "${FUZZ_PACKAGES[@]}"
    cmake --preset fuzz -B "$folder" --log-level=WARNING
    cmake --build "$folder" --target fuzz
    for name in tests/fuzz/*.cpp; do
        name=$(basename "$name" .cpp)
        note "fuzz: $name, $1 s"
        mkdir -p "$folder/corpus/$name"
        (cd "$folder" && tests/fuzz/fuzz_"$name" -max_total_time="$1" -timeout=10 \
            -rss_limit_mb=1024 -max_len=65536 -print_final_stats=1 "corpus/$name" 2>&1) | tail -n 12 || bad=1
    done
    return $bad
}

if [ -n "$fuzz" ]; then
    fuzz_all "$fuzz"
    exit
fi

preset=dev
[ -z "$asan" ] || preset=asan

if [ -n "$fast" ]; then
    build $preset
    run $preset -L unit "${filter[@]}"
    exit
fi

install_packages --docker "${BUILD_PACKAGES[@]}" "${DEMO_PACKAGES[@]}" "${TEST_PACKAGES[@]}"
# Debian 12 has it only where Docker was taken from the next one; a test does without.
! offers python3-opentelemetry-proto '[0-9]' || install_packages python3-opentelemetry-proto
build $preset
trap stop_docker EXIT
trap 'exit 130' INT TERM HUP
start_docker
run $preset "${filter[@]}"
