#!/usr/bin/env bash
# The package is made in a clean root of this machine's release, and works in another on which
# nothing but apt and git was installed: everything that the program needs comes with it.
. "$(dirname "$0")/harness.sh"
. "$SOURCE/.github/packaging/roots.sh"

has_mmdebstrap() {
    command -v mmdebstrap >/dev/null
}
has_archive() {
    local address
    address=$(sources_of "$suite" | awk '/^deb/ { for (i = 2; i < NF - 1; i++) if ($i ~ /^http/) print $i; exit }')
    [ -n "$address" ] && curl -fsS -o /dev/null --max-time 30 "$address/dists/$suite/Release"
}
suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
require root mmdebstrap archive

# Beside the build they live as long as it does.
build=$(dirname "$LOOMREL")
[ -e "$build/CMakeCache.txt" ] || build=$T
ROOTS=$build/package-roots
mkdir -p "$ROOTS"
LOOMREL_ROOTS=$ROOTS LOOMREL_CCACHE=$ROOTS/ccache "$SOURCE/.github/packaging/build_deb.sh" \
    "$suite" "$T/made" >"$T/out" 2>"$T/err" || fail "no package was made: $(tail -n 20 "$T/err")"
deb=$(cat "$T/out")
[ -s "$deb" ] || fail "no package at '$deb'"

exec 9>"$ROOTS/lock"
flock 9
bare_root "$suite"
cp -a "$ROOTS/$suite-bare" "$T/root"
for package in tzdata ca-certificates libssh-4 libpq5; do
    [ ! -e "$T/root/var/lib/dpkg/info/$package.list" ] || fail "the bare root has $package"
done
cp "$deb" "$T/root/loomrel.deb"
install_in_root "$T/root" /loomrel.deb git >"$T/out" 2>"$T/err" || fail "it cannot be installed"
flock -u 9

# bare ARGUMENTS…: the installed program in a repository of its own; its folder is only there.
bare() {
    CODE=0
    echo "loomrel $*" >"$T/command"
    in_root "$T/root" sh -c 'cd /repo && exec timeout 60 loomrel "$@"' sh "$@" \
        >"$T/out" 2>"$T/err" || CODE=$?
}
# Not a signal's code, nor the shell's for what cannot be started.
expect_alive() {
    [ $CODE -lt 124 ] || fail "loomrel $*: exit code $CODE"
}
IN_ROOT=(XDG_STATE_HOME=/state)
mkdir -p "$T/root/repo"
in_root "$T/root" git init -q -b main /repo
in_root "$T/root" git -C /repo remote add origin git@github.com:example/hello.git

bare --version
expect_exit 0
expect_equal "its version" "$("$LOOMREL" --version)" "$(cat "$T/out")"
bare --help
expect_exit 0
every_command in_root "$T/root" loomrel >"$T/commands"
[ "$(wc -l <"$T/commands")" -gt 20 ] || fail "the program tells only: $(cat "$T/commands")"
while read -ra command; do
    bare "${command[@]}" --help
    expect_exit 0
    # Without a configuration, in words or in JSON, and without what only asks.
    case ${command[0]} in
    serve | init | completion) ;;
    *)
        bare --json "${command[@]}"
        expect_alive "${command[@]}"
        expect_json
        ;;
    esac
done <"$T/commands"
for shell in bash zsh fish; do
    bare completion $shell
    expect_exit 0
done
for file in bash-completion/completions/loomrel zsh/vendor-completions/_loomrel fish/vendor_completions.d/loomrel.fish; do
    [ -s "$T/root/usr/share/$file" ] || fail "the package has no $file"
done

# What a new user does, in the order of README.
bare init
expect_exit 0
bare config show
expect_exit 0
expect_said "Europe/Moscow"
bare config check
expect_exit 0
bare doctor
expect_alive doctor
expect_said "SQLite"
bare db migrate
expect_exit 0
bare db check
expect_exit 0
bare --json release create --service hello --tag v1.0.0 --by somebody
expect_exit 0
expect_json .status initiated
bare --json release list
expect_exit 0
expect_json '.releases[0].release_tag' v1.0.0
bare release list
expect_exit 0
expect_said v1.0.0 MSK
# Lines of README that are typed on such a machine.
grep -E '^    loomrel ' "$SOURCE/README.md" | sed 's/ *#.*//' >"$T/typed"
[ "$(wc -l <"$T/typed")" -ge 3 ] || fail "README has no lines to type any more"
while read -ra line; do
    bare "${line[@]:1}"
    expect_alive "${line[@]:1}"
    expect_not_in "$T/err" --help
done <"$T/typed"
# HTTPS knows whom to believe.
[ -s "$T/root/etc/ssl/certs/ca-certificates.crt" ] || fail "no certificates came with it"
