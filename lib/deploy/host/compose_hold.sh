# shellcheck shell=sh disable=SC2034,SC2154,SC2317 # one of the pieces that lib/deploy/script.cpp puts together
# The compose engine: what keeps the images of capsules from every prune. A prune takes each image that
# no container uses, and each container that does not run: so each is held by one that runs and does
# nothing. It costs a process that sleeps in the kernel; all of them share one shim.
# Reads: C_ID C_NAME C_PARTS D ENVIRONMENT KEEP NEW_LINE
# Sets: CAPSULES PATIENCE V_NAME WANTED WHY

# A static program that only calls pause(2), for the two machines whose code we have: ELF header, one
# program header, code. On any other one the holder is created and never runs.
lay_pause() {
    [ ! -x "$D/pause" ] || return 0
    z='\000\000\000\000' machine='\076' size='\201'
    code='\270\042\000\000\000\017\005\353\367'
    case $(uname -m) in
    x86_64) ;;
    aarch64)
        machine='\267' size='\230'
        code='\050\011\200\322\000\000\200\322\001\000\200\322\002\000\200\322\003\000\200\322'
        code=$code'\004\000\200\322\001\000\000\324\371\377\377\027'
        ;;
    *) return 1 ;;
    esac
    elf='\177ELF\002\001\001\000'$z$z'\002\000'$machine'\000\001\000\000\000\170\000\100\000'$z
    elf=$elf'\100\000\000\000'$z$z$z$z'\100\000\070\000\001\000\000\000\000\000\000\000'
    elf=$elf'\001\000\000\000\005\000\000\000'$z$z'\000\000\100\000'$z$z$z
    elf=$elf$size'\000\000\000'$z$size'\000\000\000'$z'\000\000\001\000'$z$code
    # shellcheck disable=SC2059
    printf "$elf" >"$D/pause.new" && chmod 755 "$D/pause.new" && mv "$D/pause.new" "$D/pause"
}

# make_holder NAME CAPSULE IMAGE. Always restarted, or a killed daemon leaves it ended; by SIGKILL, or
# each stop of the daemon waits for it; without compose's labels, whatever the image brings, and without
# volumes. Where the program cannot be mounted it is copied in; where it cannot run the container is only
# created: then "container prune" takes it.
make_holder() {
    HOLDER_NAME=$1 HOLDER_IMAGE=$3
    volumes=$(dock image inspect -f '{{range $p, $_ := .Config.Volumes}}{{println $p}}{{end}}' "$3") || return
    set -- --pull never --name "$1" --restart always --network none --no-healthcheck \
        --user 65534:65534 --cap-drop ALL --security-opt no-new-privileges --pids-limit 2 \
        --stop-signal SIGKILL --log-driver none --label com.docker.compose.project= \
        --label com.docker.compose.service= --label "loomrel.capsule=$2" --entrypoint /.loomrel
    while read -r v; do
        [ -z "$v" ] || set -- "$@" --tmpfs "$v"
    done <<EOF
$volumes
EOF
    if lay_pause; then
        mount="type=bind,\"src=$D/pause\",dst=/.loomrel,readonly"
        hold_by run -d --annotation io.containerd.runc.v2.group=loomrel --read-only --mount "$mount" "$@" \
            || hold_by run -d --read-only --mount "$mount" "$@" \
            || { hold_by create "$@" && dock cp "$D/pause" "$HOLDER_NAME:/.loomrel" && dock start "$HOLDER_NAME"; } \
            && return
    fi
    WEAK=yes
    hold_by create --label loomrel.holder=weak "$@"
} >/dev/null 2>&1

hold_by() {
    dock rm -fv "$HOLDER_NAME"
    dock "$@" "$HOLDER_IMAGE"
}

# Whoever makes and removes holders does it alone: looks do it too.
alone() {
    (
        exec 5>>"$D/holding" 6>&- 7>&- 8>&- 9>&-
        flock 5
        PATIENCE='timeout 60'
        "$@"
    )
}

unhold() {
    alone unhold_capsule "$1"
}

# Also of services that the configuration does not name any more.
unhold_capsule() {
    for c in $(dock ps -aq --filter "label=loomrel.capsule=$1"); do
        dock rm -fv "$c"
    done
    for i in $(dock image ls --filter "reference=loomrel-kept/$ENVIRONMENT/*:$1" \
        --format '{{.Repository}}:{{.Tag}}'); do
        dock rmi "$i"
    done
}

# Every kept image is held: a holder that is missing, has ended, or was made by a release whose holders
# never ran, is made again while the image is still there.
hold_all() {
    [ ! -w "$D" ] || alone hold_capsules
}

hold_capsules() {
    WEAK='' CAPSULES=''
    there=$NEW_LINE$(dock ps -a --filter label=loomrel.capsule \
        --format '{{.Names}} {{.State}} {{.Label "loomrel.holder"}}') || return
    list_capsules
    for c in $CAPSULES; do
        ! read_capsule "$c" || hold_parts "$there"
    done
    [ -z "$WEAK" ] || m_held_weakly
}

# hold_parts "HOLDERS": of what read_capsule has just read, those that are not among them.
hold_parts() {
    while read -r _ WANTED i; do
        g=$(slug_of) n=loomrel-kept-$ENVIRONMENT-$(slug_of)-$C_ID
        case $1 in
        *"$NEW_LINE$n running "* | *"$NEW_LINE$n paused "* | *"$NEW_LINE$n restarting "*) ;;
        *"$NEW_LINE$n created weak"*) ;;
        *) [ ! -d "$D/capsules/$C_ID" ] || ! dock tag "$i" "loomrel-kept/$ENVIRONMENT/$g:$C_ID" 2>/dev/null \
            || make_holder "$n" "$C_ID" "$i" ;;
        esac
    done <<EOF
$C_PARTS
EOF
}

# keep = "archive": each kept image is saved as a file too, when nobody waits for anything. It is all
# that survives a person who stops every container and prunes, or the loss of docker's own folder.
archive_all() {
    [ "$KEEP" = archive ] && [ -w "$D" ] && (
        exec 5>>"$D/archiving" 6>&- 7>&- 8>&- 9>&-
        flock 5
        umask 077
        PATIENCE='' CAPSULES=''
        list_capsules
        for c in $CAPSULES; do
            ! read_capsule "$c" || find_archive "$c" || {
                V_NAME=$C_NAME WHY=''
                archive "$D/capsules/$c/images.tar" || [ ! -d "$D/capsules/$c" ] || m_archive_failed
            }
        done
    )
}

# archive FILE: it counts by its name only, taken when everything is in it.
archive() {
    rm -f "$1"*
    # shellcheck disable=SC2046
    set -- "$1" $(images_of "$C_PARTS")
    file=$1
    shift
    kib=0
    for s in $(dock image inspect -f '{{.Size}}' "$@" 2>/dev/null); do kib=$((kib + s / 1024)); done
    free=$(df -Pk "$D" | awk 'NR == 2 { print $4 }')
    # A machine without a GiB to spare has other sorrows.
    [ $kib != 0 ] && [ "$free" -gt $((kib + 1048576)) ] || {
        WHY="$((kib / 1024)) MiB + 1024 MiB > $((free / 1024)) MiB"
        return 1
    }
    pack='cat'
    if command -v zstd; then
        pack='zstd -q -1' file=$file.zst
    elif command -v gzip; then
        pack='gzip -1' file=$file.gz
    fi >/dev/null
    # shellcheck disable=SC2086
    WHY=$({
        { nice -n 19 docker save "$@" || true >"$file.failed"; } | nice -n 19 $pack >"$file.new" \
            && [ ! -e "$file.failed" ] && sync "$file.new" && mv "$file.new" "$file"
    } 2>&1) && return
    rm -f "$file.failed" "$file.new"
    return 1
}
