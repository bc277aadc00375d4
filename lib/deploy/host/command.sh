# shellcheck shell=sh disable=SC2034,SC2154,SC2317 # one of the pieces that lib/deploy/script.cpp puts together
# The command engine: what serves is not in a container; build, up and current are the service's
# own commands, run in the kept tree of the commit.

in_tree() {
    (
        cd "$LOOMREL_TREE" || exit
        export LOOMREL_TREE LOOMREL_SERVICE LOOMREL_TAG LOOMREL_COMMIT LOOMREL_ENVIRONMENT \
            LOOMREL_RELEASE_ID LOOMREL_KIND
        apart /bin/sh -c "$1"
    )
}

command_variables() {
    LOOMREL_TREE=$D/trees/$COMMIT
    LOOMREL_SERVICE=$SERVICE LOOMREL_TAG=$TAG LOOMREL_COMMIT=$COMMIT LOOMREL_KIND=$KIND
    LOOMREL_ENVIRONMENT=$ENVIRONMENT LOOMREL_RELEASE_ID=$RELEASE_ID
}

# The tree counts only by its name, taken when everything is in it.
do_build() {
    m_building
    command_variables
    if [ ! -d "$LOOMREL_TREE" ]; then
        rm -rf "$LOOMREL_TREE.new" && mkdir -p "$LOOMREL_TREE.new" \
            && own_git archive "$COMMIT" | apart tar -x -C "$LOOMREL_TREE.new" \
            && mv "$LOOMREL_TREE.new" "$LOOMREL_TREE" || {
            fail 1 build_failed
            return
        }
    fi
    [ -z "$BUILD" ] || told "$BUILD" in_tree "$BUILD" || {
        m_build_failed
        fail 1 build_failed
    }
}

do_up() {
    switch || return
    m_up
    told "$UP" in_tree "$UP" || {
        m_up_failed
        fail 1 up_failed
    }
}

do_verify() {
    WHY=$(in_tree "$CURRENT" 2>&1)
    [ "$WHY" = "$COMMIT" ] && return
    m_verify_failed
    fail 1 verify_failed
}

last_lines() { :; }

# What serves: the tag if it is a release's, else the commit.
observe() {
    command_variables
    [ -d "$LOOMREL_TREE" ] || LOOMREL_TREE=$TREE
    c=$(in_tree "$CURRENT" 2>/dev/null) || return
    case $c in
    '' | *[!0-9a-f]*) return ;;
    esac
    own_git describe --tags --exact-match "$c" 2>/dev/null || echo "$c"
}
