# shellcheck shell=sh disable=SC2034,SC2154,SC2317 # one of the pieces that lib/deploy/script.cpp puts together
# The compose engine's capsules: images that are kept, and named for compose when they come back.

# Of what was kept, what the configuration names today.
is_part() {
    case " $COMPOSE_SERVICES " in *" $2 "*) ;; *) return 1 ;; esac
}

name_of_before() {
    if made_as "$PARTS"; then
        B_COMMIT=$M_COMMIT B_NAME=$M_NAME
    else
        B_COMMIT=${FOUND_HEAD:--} B_NAME=$(name_of_commit "${FOUND_HEAD:--}")
    fi
}

name_of_parts() {
    echo "$1" | {
        read -r _ _ i
        [ -z "$i" ] || echo "$i"
    }
}

# Of WANTED, one of the services: its name as it may stand in an image's.
slug_of() {
    # shellcheck disable=SC2086
    set -- - $SLUGS
    for s in $COMPOSE_SERVICES; do
        shift
        [ "$s" != "$WANTED" ] || echo "$1"
    done
}

can_hold() {
    echo "$1" | while read -r _ _ i; do dock image inspect "$i" >/dev/null 2>&1 || exit; done
}

# hold CAPSULE PARTS: a name of our own, and a container that is never started, so that no prune
# takes the image. It must not pass for one of compose's, whatever labels the image brings.
hold() {
    echo "$2" | while read -r _ WANTED i; do
        g=$(slug_of) n=loomrel-kept-$ENVIRONMENT-$g-$1
        dock tag "$i" "loomrel-kept/$ENVIRONMENT/$g:$1" || exit
        make_holder "$n" "$1" "$i" 2>/dev/null || {
            dock rm -f "$n"
            make_holder "$n" "$1" "$i"
        } || exit
    done
} >/dev/null

# make_holder NAME CAPSULE IMAGE
make_holder() {
    dock create -q --pull never --name "$1" --network none --restart no \
        --label com.docker.compose.project= --label com.docker.compose.service= \
        --label "loomrel.capsule=$2" --entrypoint /never "$3" never
}

unhold() {
    for WANTED in $COMPOSE_SERVICES; do
        g=$(slug_of)
        dock rm -f "loomrel-kept-$ENVIRONMENT-$g-$1"
        dock rmi "loomrel-kept/$ENVIRONMENT/$g:$1"
    done
}

prune_parts() { :; }

# The names that compose looks for point to the kept images; then as always, but for building.
name_kept() {
    echo "$PROJECT" >"$D/project"
    MADE=$C_PARTS
    echo "$MADE" | while read -r _ s i; do
        row "$s"
        dock tag "$i" "$IMAGE" || exit
    done
}
