#!/usr/bin/env bash
# What every workflow must be, and what those that others copy (workflows/) must be besides: read
# as YAML, as GitHub reads them.
. "$(dirname "$0")/common.sh"

check() {
    python3 - "$@" <<'PYTHON'
import re, sys, yaml

bad = False


def wrong(path, text):
    global bad
    bad = True
    print(f"{path}: {text}")


def steps_of(flow):
    for job in (flow.get("jobs") or {}).values():
        yield from job.get("steps") or []


def check_any(path, flow):
    if "permissions" not in flow:
        wrong(path, "no permissions: named, so it gets all of them")
    for step in steps_of(flow):
        # What stands there is pasted into a shell unquoted.
        if "${{" in str(step.get("run", "")):
            wrong(path, "${{ in a run: — " + step["run"].strip())


def check_ours(path, flow, text):
    if text.count("\n") >= 40:
        wrong(path, "40 lines or more")
    if flow.get("defaults") != {"run": {"shell": "bash"}}:
        wrong(path, "the shell must be bash: only then a pipe's failure fails the step")
    if flow.get("permissions") != {"contents": "read"}:
        wrong(path, "more permissions than reading the repository")
    concurrency = flow.get("concurrency") or {}
    if concurrency.get("cancel-in-progress") is not False or "${{" not in concurrency.get("group", ""):
        wrong(path, "a deploy could be cancelled or dropped by another")
    runs = [step for step in steps_of(flow) if "run" in step]
    for step in runs:
        # A signal must reach loomrel, and its exit code be the step's.
        if not step["run"].strip().split("\n")[-1].startswith("exec loomrel "):
            wrong(path, "a run: that does not end in exec loomrel — " + step["run"].strip())
    for step in steps_of(flow):
        # By commit: a tag of somebody else's is moved.
        if "uses" in step and not re.fullmatch("actions/checkout@[0-9a-f]{40}", step["uses"]):
            wrong(path, "uses " + step["uses"])
        if "secrets." in str(step.get("env", "")) and step is not runs[-1]:
            wrong(path, "a step gets secrets that it does not need")


for path in sys.argv[1:]:
    with open(path, encoding="utf-8") as file:
        text = file.read()
    flow = yaml.safe_load(text)
    check_any(path, flow)
    if path.startswith("workflows/"):
        check_ours(path, flow, text)
sys.exit(bad)
PYTHON
}

python3 -c 'import yaml' 2>/dev/null || {
    [ "${LOOMREL_TEST_REQUIRE:-}" != all ] || {
        echo "python3-yaml is not installed, and LOOMREL_TEST_REQUIRE=all"
        exit 1
    }
    exit 77
}

# The check itself must see what it is for, and nothing else.
sample=$(mktemp)
trap 'rm -f "$sample"; [ $BAD = 0 ] || exit 1' EXIT
cat >"$sample" <<'EOT'
permissions: {}
jobs:
  a:
    steps:
      - env:
          A: ${{ github.ref }}
        run: |
          echo

          echo ${{ github.ref }}
EOT
! check "$sample" >/dev/null || wrong "the check is blind"
cat >"$sample" <<'EOT'
permissions: {}
jobs:
  a:
    steps:
      - run: |
          echo "$A"
        env:
          A: ${{ github.ref }}
EOT
check "$sample" || wrong "the check sees ghosts"

files=()
while read -r file; do
    files+=("$file")
done < <(project_files .github workflows | grep -E '\.ya?ml$')
check "${files[@]}" || BAD=1
