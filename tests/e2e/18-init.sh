#!/usr/bin/env bash
# init: a repository gets its configuration and its workflows, and loses nothing.
. "$(dirname "$0")/harness.sh"

export GIT_CONFIG_NOSYSTEM=1
repo=$T/ci/loom-content
git init -q -b main "$repo"
git -C "$repo" remote add origin git@github.com:example/loom-content.git
mkdir -p "$repo/src"
commit() {
    git -C "$repo" add -A
    git -C "$repo" -c user.name=dev -c user.email=dev@localhost commit -q -m "$1"
}
init() {
    CODE=0
    (cd "$repo/src" && "$LOOMREL" init "$@") </dev/null >"$T/out" 2>"$T/err" || CODE=$?
}

init --dry-run
expect_exit 0
expect_equal "files" "" "$(git -C "$repo" status --porcelain)"
init
expect_exit 0
expect_said "loomrel.toml" "on-rollback.yaml.yml" "LOOMREL_ENV_SERVERS"
for file in "$SOURCE"/workflows/*.yml; do
    cmp "$file" "$repo/.github/workflows/${file##*/}"
done
# The configuration is one, for the service that GitHub's runs will ask for.
(cd "$repo" && "$LOOMREL" config check >"$T/out" 2>&1) || fail "config check: $(cat "$T/out")"
(cd "$repo" && "$LOOMREL" config show >"$T/out" 2>&1)
expect_in "$repo/loomrel.toml" "[services.loom-content]"
commit first
init
expect_exit 0
expect_said "ничего не изменено"
expect_equal "changes" "" "$(git -C "$repo" status --porcelain)"
init --json --lang en
expect_json .changed false .service loom-content '.kept | length' 5

# Somebody's own configuration stays; a changed workflow is not overwritten without being asked.
echo "# ours" >>"$repo/loomrel.toml"
echo "# changed" >>"$repo/.github/workflows/on-rollback.yaml.yml"
init
expect_exit 3
expect_said "on-rollback.yaml.yml — был бы заменён" "в HEAD: сначала закоммитьте"
expect_not_in "$T/said" "git show"
init --json -q
expect_exit 3
expect_json '.error.message | test("workflows/on-rollback.yaml.yml")' true
init --replace
expect_exit 3
expect_said "on-rollback.yaml.yml" "закоммитьте"
expect_in "$repo/.github/workflows/on-rollback.yaml.yml" "# changed"
commit second
init --replace
expect_exit 0
expect_not_in "$repo/.github/workflows/on-rollback.yaml.yml" "# changed"
expect_in "$repo/loomrel.toml" "# ours"
git -C "$repo" show HEAD:.github/workflows/on-rollback.yaml.yml >"$T/before"
expect_in "$T/before" "# changed"

# A repository that deploys by scripts of its own, and has tests.
git -C "$repo" rm -q -r -f .github loomrel.toml
mkdir -p "$repo/.github"/{workflows,scripts}
echo "echo deploy" >"$repo/.github/scripts/on-create-tag.sh"
cat >"$repo/.github/workflows/deploy.yml" <<'EOT'
on: {create: }
jobs: {a: {runs-on: x, steps: [{run: bash .github/scripts/on-create-tag.sh}]}}
EOT
printf 'on:\n  # tests\n  push:\n    branches: [main]\njobs: {}\n' >"$repo/.github/workflows/tests.yml"
printf 'on: workflow_dispatch\njobs: {}\n' >"$repo/.github/workflows/by-hand.yml"
commit third
init
expect_exit 3
expect_said "deploy.yml — старый деплой, был бы удалён" on-create-tag.sh tests.yml "--replace" \
    "git show HEAD:.github/workflows/deploy.yml"
expect_not_in "$T/said" by-hand.yml
expect_equal "changes" "" "$(git -C "$repo" status --porcelain)"
init --replace
expect_exit 0
expect_said "deploy.yml — старый деплой, удалён; как было: git show HEAD:.github/workflows/deploy.yml"
[ ! -e "$repo/.github/workflows/deploy.yml" ] || fail "the old way to deploy is still there"
[ -e "$repo/.github/workflows/tests.yml" ] || fail "the tests are gone"
commit fourth
init
expect_exit 0
expect_said "ничего не изменено" tests.yml

# What lies behind a link is another's.
rm -r "$repo/.github"
mkdir "$repo/.github" "$T/theirs"
ln -s "$T/theirs" "$repo/.github/workflows"
init --replace
expect_exit 3
expect_said ".github/workflows"
expect_equal "files of others" "" "$(ls "$T/theirs")"

repo=$T/nowhere
mkdir -p "$repo/src"
init
expect_exit 2
expect_said "git"
