# Calling loomrel as its users do: in CI's folder, with no terminal and nothing on standard input.
# shellcheck shell=bash disable=SC2034 # names that the other parts use

ENVIRONMENT=()

# loomrel ARGUMENTS…: CODE is its exit code; what it printed is in $T/out and $T/err.
loomrel() {
    CODE=0
    printf '%s\n' "loomrel $*" >"$T/command"
    (cd "$T/ci" && exec env "${ENVIRONMENT[@]}" timeout -k 5 "${LIMIT:-120}" "$LOOMREL" "$@") \
        </dev/null >"$T/out" 2>"$T/err" || CODE=$?
    [ $CODE != 124 ] || fail "still going after ${LIMIT:-120} s: loomrel $*"
}

# at_terminal ANSWER ARGUMENTS…: the same for somebody at a terminal, who types ANSWER when he is asked.
# What the terminal showed is in $T/err.
at_terminal() {
    CODE=0
    (cd "$T/ci" && exec env "${ENVIRONMENT[@]}" timeout -k 5 "${LIMIT:-120}" \
        python3 - "$LOOMREL" "$@" <<'TERMINAL') >"$T/err" 2>&1 || CODE=$?
import os
import pty
import sys

program, answer, *arguments = sys.argv[1:]
child, terminal = pty.fork()
if child == 0:
    os.execv(program, [program, *arguments])
said = b""
typed = False
while True:
    try:
        some = os.read(terminal, 4096)
    except OSError:
        break
    if not some:
        break
    said += some
    if not typed and said.rstrip(b" ").endswith((b"?", b":", b"]", b")")):
        os.write(terminal, answer.encode() + b"\n")
        typed = True
sys.stdout.buffer.write(said.replace(b"\r\n", b"\n"))
sys.stdout.flush()
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
TERMINAL
    cp "$T/err" "$T/out"
}

# The same in the background: its process id is in STARTED, its output in $T/out.NAME and $T/err.NAME.
loomrel_start() {
    local name=$1
    shift
    (cd "$T/ci" && exec env "${ENVIRONMENT[@]}" "$LOOMREL" "$@") \
        </dev/null >"$T/out.$name" 2>"$T/err.$name" &
    STARTED=$!
}

# CODE of one that was started; its output becomes the last command's.
loomrel_wait() {
    CODE=0
    wait "$2" || CODE=$?
    cp "$T/out.$1" "$T/out"
    cp "$T/err.$1" "$T/err"
}

stage_deploy() {
    loomrel --json stage-deploy --service "$SERVICE" --tag "$@"
}

# as_github RUN ATTEMPT TAG: the environment that Actions gives to a step of a tag's workflow.
as_github() {
    : >"$T/summary"
    : >"$T/output"
    ENVIRONMENT=(CI=true GITHUB_ACTIONS=true GITHUB_RUN_ID="$1" GITHUB_RUN_ATTEMPT="$2"
        GITHUB_REPOSITORY="example/$SERVICE" GITHUB_SERVER_URL=https://github.com
        GITHUB_REF="refs/tags/$3" GITHUB_REF_NAME="$3" GITHUB_REF_TYPE=tag GITHUB_ACTOR=developer
        GITHUB_SHA="$(commit_of "$3")" GITHUB_STEP_SUMMARY="$T/summary" GITHUB_OUTPUT="$T/output")
}

is_sanitized() {
    [[ $(ldd "$LOOMREL") =~ lib[a-z]*san\.so ]]
}

# as_github_branch RUN ATTEMPT BRANCH: the same for a branch; push_event tells who pushed it.
as_github_branch() {
    as_github "$1" "$2" v1.0.0
    ENVIRONMENT+=(GITHUB_REF="refs/heads/$3" GITHUB_REF_NAME="$3" GITHUB_REF_TYPE=branch
        GITHUB_SHA="$(in_dev rev-parse HEAD)" GITHUB_ACTOR=somebody-else
        GITHUB_EVENT_PATH="$T/event.json" GITHUB_EVENT_NAME=push)
}

# every_command [PROGRAM…]: what can be typed, one a line ("release list"), as the program itself
# tells it to the shell. Families, which only show their commands, are left out.
every_command() {
    local PROGRAM=("${@:-$LOOMREL}")
    commands_below
}

# Words that a shell is told something about are commands; others are values.
commands_below() {
    local found word
    found=$("${PROGRAM[@]}" __complete "$@" "" | sed -n 's/\t.*//p')
    [ -n "$found" ] || echo "$*"
    for word in $found; do
        commands_below "$@" "$word"
    done
}
