# shellcheck shell=sh disable=SC2034,SC2154,SC2317 # one of the pieces that lib/deploy/script.cpp puts together
# What belongs to a version beside its commit's own files: submodules at the commits that it pins, and
# the content of the files that Git LFS keeps elsewhere.
# Reads: ADD HEAD_COMMIT ID NEW_LINE R TREE UNTRACKED V_COMMIT
# Sets: LEFT_OUT

# in_submodules TEXT: a shell's text in each of them, $displaypath being its path.
in_submodules() {
    [ ! -f "$TREE/.gitmodules" ] || own_git submodule --quiet foreach --recursive "$1"
}

# What is not committed in them, like the tree's own. The patch fits the tree.
save_submodules() {
    (
        export R ID ADD UNTRACKED
        # shellcheck disable=SC2016
        in_submodules '
git rev-parse -q --verify HEAD >/dev/null || exit 0
[ -z "$(git status --porcelain --ignore-submodules "$UNTRACKED")" ] || (
GIT_INDEX_FILE=$R/index.sub
export GIT_INDEX_FILE
rm -f "$GIT_INDEX_FILE"
git read-tree HEAD && git add "$ADD" && git diff --cached --binary --src-prefix="a/$displaypath/" --dst-prefix="b/$displaypath/" HEAD >>"$R/uncommitted.patch" && rm -f "$GIT_INDEX_FILE" && true >"$R/saved"
) || true >"$R/unsaved"
[ -n "$(git for-each-ref --count=1 --contains HEAD)" ] || git update-ref "refs/heads/kept-$ID" HEAD'
    ) 2>/dev/null
    [ ! -e "$R/unsaved" ]
}

addresses() {
    own_git config --get-regexp '^submodule\..*\.url$'
}

# Whatever was there, and whatever the clone's configuration leaves out. What is there already is not
# fetched. An address that changed is taken over when the old one does not have what is wanted.
update_submodules() {
    [ -f "$TREE/.gitmodules" ] || return 0
    m_submodules
    set -- submodule --quiet update --init --recursive --force --checkout
    told 'git submodule update --init --recursive' own_git "$@" || {
        there=$(addresses)
        own_git submodule --quiet sync --recursive && [ "$(addresses)" != "$there" ] \
            && own_git "$@" || return
    }
    there=$(own_git submodule status --recursive) || return
    case $NEW_LINE$there in *"$NEW_LINE"[-+U]*)
        echo "$there"
        return 1
        ;;
    esac
}

# The paths of the files that LFS keeps.
lfs_files() {
    own_git -c core.quotePath=false ls-files ':(attr:filter=lfs)' 2>/dev/null
    # shellcheck disable=SC2016
    in_submodules 'git -c core.quotePath=false ls-files ":(attr:filter=lfs)" | sed "s|^|$displaypath/|"' 2>/dev/null
}

# pointers FOLDER: which of them are still pointers there, and not what they point to.
pointers() {
    kept_by_lfs=$(lfs_files)
    [ -z "$kept_by_lfs" ] || echo "$kept_by_lfs" | tr '\n' '\000' | (
        # shellcheck disable=SC2016
        cd "$1" && xargs -0 sh -c '[ $# = 0 ] || find "$@" -prune -type f -size -3 -exec grep -l "^version https://git-lfs" {} +' -
    )
}

# A pointer in the place of a file's content is a version that nobody made.
have_content() {
    LEFT_OUT=$(pointers "$TREE")
    [ -n "$LEFT_OUT" ] || return 0
    told 'git lfs pull' own_git lfs pull
    # shellcheck disable=SC2016
    in_submodules 'git lfs pull'
    LEFT_OUT=$(pointers "$TREE")
    LEFT_OUT=${LEFT_OUT%%"$NEW_LINE"*}
    [ -z "$LEFT_OUT" ] || failed 1 lfs_failed
}

# Both, for the step checkout.
complete_version() {
    update_submodules || {
        failed 1 submodule_failed
        return
    }
    have_content
}

# export_version FOLDER: the commit that is checked out, with all of that and nothing else.
export_version() {
    own_git archive "$V_COMMIT" | apart tar -x -C "$1" || return
    if [ -f "$1/.gitmodules" ]; then
        read_head
        [ "$HEAD_COMMIT" = "$V_COMMIT" ] && update_submodules || return
        (
            EXPORT=$1
            export EXPORT
            # shellcheck disable=SC2016
            in_submodules 'mkdir -p "$EXPORT/$displaypath" && git archive HEAD | tar -x -C "$EXPORT/$displaypath"'
        ) || return
    fi
    LEFT_OUT=$(pointers "$1")
    [ -z "$LEFT_OUT" ] || echo "$LEFT_OUT" | while IFS= read -r f; do
        cp "$TREE/$f" "$1/$f" || exit
    done
}
