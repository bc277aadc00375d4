# shellcheck shell=sh disable=SC2034,SC2154,SC2317 # one of the pieces that lib/deploy/script.cpp puts together
# The compose engine's capsules: images that are kept, and named for compose when they come back.
# Reads: CAPSULE CAPSULES COMPOSE_FILE COMPOSE_SERVICES C_ID C_PARTS D ENVIRONMENT FOUND_HEAD ID
#     IMAGE M_COMMIT M_NAME PARTS PROJECT R SEEING SLUGS STRANGE SYSTEM TAKEN TREE U
# Sets: B_COMMIT B_NAME FILE HAVE KEPT_FILE MADE

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

# hold CAPSULE PARTS: a name of our own. What holds it against a prune is made when the run has ended.
hold() {
    echo "$2" | while read -r _ WANTED i; do
        dock tag "$i" "loomrel-kept/$ENVIRONMENT/$(slug_of):$1" || exit
    done
} >/dev/null

prune_parts() { :; }

# The compose file goes with the capsule: the tree may be gone when it is wanted, or somebody else's.
keep_file() {
    (umask 077 && cp "$COMPOSE_FILE" "$D/capsules/$ID.new/compose.yaml")
}

# is_below PATH TREE FOLDER. Nobody leads elsewhere what only goes past the tree.
is_below() {
    p=$1
    case $p in "$2"/../*) p=${2%/*}/${p#"$2"/../} ;; esac
    for p in "$p" "$(readlink -f "$1")"; do
        for d in "$2" "$(readlink -f "$2")" "$3"; do
            case ${d:+$p} in "$d"/*) return ;; esac
        done
    done
    return 1
}

# in_system FILE: whether there is one, in SYSTEM if its path is relative; into ENV_FILE. Where the
# clone is gone, what is reached past it is there all the same.
in_system() {
    ENV_FILE=$1
    case $1 in /*) ;; *)
        s=$SYSTEM
        [ -d "$s" ] || while case $ENV_FILE in ../*) ;; *) false ;; esac do
            ENV_FILE=${ENV_FILE#../} s=${s%/*}
        done
        ENV_FILE=$s/$ENV_FILE
        ;;
    esac
    [ -f "$ENV_FILE" ]
}

# Whether one of the configured env files lies where others may write.
has_strange_env() {
    env_files | while IFS= read -r e; do
        case $e in /*) ;; *) e=$SYSTEM/$e ;; esac
        ! is_below "$e" "$TREE" "$STRANGE" || echo yes
    done | grep -q yes
}

# Which compose file is used: KEPT_FILE is the capsule's own, where the tree has none. What another
# user may have written is not started, nor read by what is: compose's own ".env" neither.
choose_file() {
    KEPT_FILE='' FILE=$SYSTEM/$COMPOSE_FILE
    case $COMPOSE_FILE in /*) FILE=$COMPOSE_FILE ;; esac
    kept=$D/capsules/${CAPSULE:-none}/compose.yaml
    if [ -n "$STRANGE" ] && has_strange_env; then
        refuse_tree foreign_file
        return
    elif [ -n "$STRANGE" ] && is_below "$FILE" "$TREE" "$STRANGE"; then
        [ -f "$kept" ] && ! grep -qE 'include|extends|env_file|file:' "$kept" || {
            refuse_tree foreign_file
            return
        }
    else
        [ -f "$kept" ] && [ ! -f "$FILE" ] || return 0
    fi
    KEPT_FILE=$kept
    m_kept_file
}

# Of parts, the images; each once.
images_of() {
    echo "$1" | while read -r _ _ i; do echo "$i"; done | sort -u
}

# One question to docker about all that is kept: which of the images are there, into HAVE. Where docker
# does not answer it is "?": nobody knows.
see_images() {
    list_capsules
    all=''
    for i in $CAPSULES; do
        ! read_capsule "$i" || all="$all $(images_of "$C_PARTS")"
    done
    up_time
    asked=$U
    # shellcheck disable=SC2086
    HAVE=" $([ -z "$all" ] || dock image inspect -f '{{.Id}}' $all 2>/dev/null | tr '\n' ' ')"
    up_time
    # A docker that took 3 s or more to give nothing is not asked again: it counts as silent.
    [ -z "$all" ] || case $HAVE in
    *[!\ ]*) ;;
    *) [ $((U - asked)) -lt 300 ] && dock version >/dev/null 2>&1 || HAVE='?' ;;
    esac
}

# What serves and what was made since then is there too.
wait_for_images() {
    [ -n "$HAVE" ] || {
        wait "$SEEING"
        take "$R/images"
        HAVE=${TAKEN:-?}
    }
    [ "$HAVE" = '?' ] || while read -r _ _ part; do
        HAVE="$HAVE$part "
    done <<EOF
$PARTS
$MADE
EOF
}

# Of what read_capsule has just read: whether its images are there, or a file that has them.
is_whole() {
    [ -n "$HAVE" ] && [ "$HAVE" != '?' ] || return 0
    while read -r _ _ part; do
        case $HAVE in *" $part "*) ;; *) find_archive "$C_ID" && return || return ;; esac
    done <<EOF
$C_PARTS
EOF
}

# The saved file of a capsule, into ARCHIVE.
find_archive() {
    for ARCHIVE in "$D/capsules/$1"/images.tar*; do
        case $ARCHIVE in *.new) ;; *) [ ! -s "$ARCHIVE" ] || return 0 ;; esac
    done
    return 1
}

# The names that compose looks for point to the kept images; then as always, but for building.
name_kept() {
    echo "$PROJECT" >"$D/project"
    MADE=$C_PARTS
    tag_made || { load_archive "$C_ID" && tag_made; }
}

tag_made() {
    echo "$MADE" | while read -r _ s i; do
        row "$s"
        dock tag "$i" "$IMAGE" || exit
    done
}

load_archive() {
    find_archive "$1" || return
    m_loading
    case $ARCHIVE in
    *.zst) unpack='zstd -dc' ;;
    *.gz) unpack='gzip -dc' ;;
    *) unpack='cat' ;;
    esac
    $unpack "$ARCHIVE" | told 'docker load' dock load -q
}
