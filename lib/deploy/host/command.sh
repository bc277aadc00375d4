# shellcheck shell=sh disable=SC2034,SC2154,SC2317 # one of the pieces that lib/deploy/script.cpp puts together
# The command engine: what serves is not in a container; build, up and current are the service's
# own commands, run in the kept tree of the commit. The one part of a version is that tree:
# "tree COMMIT".
# Reads: BUILD CAPSULE COMMIT CURRENT C_PARTS D ENVIRONMENT HEAD_COMMIT ID KIND N_COMMIT PATIENCE
#     RELEASE_ID SERVICE STABLE STRANGE TREE T_OTHER_COMMIT U UP V_NAME
# Sets: B_COMMIT B_NAME LOOMREL_TAG MADE PARTS PREPARING V_COMMIT WHY

# in_tree COMMAND [STARTER…], with what name_version says. In a tree that another user may write to
# nothing is run.
in_tree() {
    (
        LOOMREL_TREE=$D/trees/$V_COMMIT
        [ -n "$V_COMMIT" ] && [ -d "$LOOMREL_TREE" ] || {
            LOOMREL_TREE=$TREE
            [ -z "$STRANGE" ] && [ -d "$TREE" ] || LOOMREL_TREE=$D
        }
        cd "$LOOMREL_TREE" || exit
        LOOMREL_SERVICE=$SERVICE LOOMREL_TAG=$V_NAME LOOMREL_COMMIT=$V_COMMIT LOOMREL_KIND=$KIND
        LOOMREL_ENVIRONMENT=$ENVIRONMENT LOOMREL_RELEASE_ID=$RELEASE_ID
        export LOOMREL_TREE LOOMREL_SERVICE LOOMREL_TAG LOOMREL_COMMIT LOOMREL_ENVIRONMENT \
            LOOMREL_RELEASE_ID LOOMREL_KIND
        as_script "$@"
    )
}

# The tree counts only by its name, taken when everything is in it.
make_tree() {
    t=$D/trees/$V_COMMIT
    [ -d "$t" ] || {
        rm -rf "$t.new" && mkdir -p "$t.new" \
            && export_version "$t.new" && mv "$t.new" "$t"
    }
}

# Asked in the tree of the version that is being started, else of what was put here last. A service
# that hangs may take this command with it, and must not take the way back: what it does not say in
# time is not known.
parts_now() {
    read_current
    seconds=${PATIENCE#timeout }
    : "${seconds:=10}"
    c=$(
        V_COMMIT=${V_COMMIT:-$N_COMMIT}
        { in_tree "$CURRENT" timeout -s KILL "$seconds" || echo '?'; } 2>/dev/null \
            | timeout $((seconds + 1)) head -c 99
    )
    case $c in
    '' | *[!0-9a-f]*) return 1 ;;
    esac
    echo "tree $c"
}

note_parts() {
    V_COMMIT=$HEAD_COMMIT
    PARTS=$(parts_now)
}

wait_for_parts() { :; }

is_part() { :; }

name_of_before() {
    B_COMMIT=${PARTS#tree } B_NAME=$(name_of_commit "${PARTS#tree }")
}

name_of_parts() {
    [ -z "$1" ] || name_of_commit "${1#tree }"
}

# What serves is a commit of this repository, so its tree can be made whenever it is needed.
can_hold() {
    own_git rev-parse -q --verify "${1#tree }^{commit}" >/dev/null
}

is_whole() {
    [ -d "$D/trees/${C_PARTS#tree }" ] || can_hold "$C_PARTS"
}

hold() { :; }

unhold() { :; }

hold_all() { :; }

archive_all() { :; }

see_images() { :; }

wait_for_images() { :; }

config_changed() { :; }

prune_parts() {
    for t in "$D"/trees/*; do
        # The step build may be making its own at this moment; what serves need not be kept to be used.
        case ${t##*/} in "$COMMIT" | "$COMMIT.new" | "${PARTS#tree }") continue ;; esac
        grep -qsE "[ =]${t##*/}( |\$)" "$D"/capsules/*/capsule "$D"/capsules/*/manifest "$D/current" \
            || rm -rf "$t"
    done
}

do_build() {
    name_version
    m_building
    make_tree || {
        failed 1 build_failed
        return
    }
    [ -z "$BUILD" ] || told "$BUILD" in_tree "$BUILD" || {
        failed 1 build_failed
    }
}

do_up() {
    name_version
    # A kept tree that is gone, or never was: what was started by hand.
    [ -d "$D/trees/$V_COMMIT" ] || do_build || return
    MADE="tree $V_COMMIT"
    note_made
    is_adopted && switch || return
    [ -n "$CAPSULE" ] || {
        prepare_capsule "$ID" "$MADE" &
        PREPARING=$!
    }
    m_up
    told "$UP" in_tree "$UP" || {
        failed 1 up_failed
    }
}

do_verify() {
    up_time
    since=$U
    [ "$STABLE" = 0 ] || m_stable_waiting
    while [ "$(parts_now)" = "$MADE" ]; do
        up_time
        [ $((U - since)) -ge "$STABLE" ] && return
        sleep 0.25
    done
    WHY=$T_OTHER_COMMIT
    failed 1 verify_failed
}

last_lines() { :; }
