# Clean roots of a release, made by mmdebstrap from the archive that this machine's apt uses. Sourced.
# shellcheck shell=bash

# Where they are kept; the caller sets it.
: "${ROOTS:=}"

die() {
    echo "$*" >&2
    exit 1
}

vendor_of() {
    case $1 in
    bullseye | bookworm | trixie | forky | sid) echo Debian ;;
    jammy | noble | questing | resolute) echo Ubuntu ;;
    *) die "'$1' is no release that is known here" ;;
    esac
}

# archive_of VENDOR security|main: the address in apt's own configuration.
archive_of() {
    local uri
    uri=$(apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(ORIGIN)' 'Created-By: Packages' \
        | awk -v vendor="$1" -v security="$([ "$2" = main ] || echo 1)" '
            $3 == vendor && (security ? $2 ~ /-security/ : $2 !~ /[-\/]/) { print $1; exit }')
    case $uri in
    # A list of mirrors is a file of this machine.
    mirror+file:*) awk '/^http/ { print $1; exit }' "${uri#mirror+file:}" ;;
    *) echo "$uri" ;;
    esac
}

# The lines of sources.list for SUITE. LOOMREL_MIRROR="ADDRESS [SECURITY'S ADDRESS]" serves a machine
# of another vendor.
sources_of() {
    local suite=$1 vendor mirror security components=main signed='' keyring
    vendor=$(vendor_of "$suite") || exit 1
    read -r mirror security <<<"${LOOMREL_MIRROR:-}"
    [ -n "$mirror" ] || mirror=$(archive_of "$vendor" main)
    [ -n "$mirror" ] || die "apt here knows no archive of $vendor: name one in LOOMREL_MIRROR"
    [ -n "$security" ] || security=$(archive_of "$vendor" security)
    [ "$vendor" = Debian ] || components='main universe'
    keyring=/usr/share/keyrings/${vendor,,}-archive-keyring.gpg
    [ ! -e "$keyring" ] || signed="[signed-by=$keyring] "
    echo "deb $signed$mirror $suite $components"
    [ "$suite" = sid ] || echo "deb $signed$mirror $suite-updates $components"
    [ -z "$security" ] || echo "deb $signed$security $suite-security $components"
}

# kept NAME KEY: a root of that name is there, made by the same KEY no more than a week ago.
kept() {
    [ "$(cat "$ROOTS/$1.key" 2>/dev/null)" = "$2" ] \
        && [ -n "$(find "$ROOTS/$1.key" -mtime -7)" ]
}

# Whole or not at all: what was interrupted is made anew.
keep() {
    mv "$ROOTS/$1.new" "$ROOTS/$1"
    echo "$2" >"$ROOTS/$1.key"
}

forget() {
    rm -f "$ROOTS/$1.key"
    rm -rf --one-file-system "${ROOTS:?}/$1" "$ROOTS/$1.new"
}

# bare_root SUITE: $ROOTS/SUITE-bare, the least that apt works in.
bare_root() {
    local suite=$1 sources
    sources=$(sources_of "$suite") || exit 1
    ! kept "$suite-bare" "$sources" || return 0
    forget "$suite-bare"
    # How this machine's apt gets through to the archive; its mirrors stand in the sources.
    apt-config dump | grep -E '^Acquire::(https?|Check-[A-Za-z-]+|Retries|ForceIPv[46])\b' \
        >"$ROOTS/acquire.conf" || :
    mmdebstrap --quiet --mode=root --variant=minbase --format=directory \
        --skip=cleanup/apt/lists --aptopt="$ROOTS/acquire.conf" \
        --aptopt='APT::Install-Recommends "false"' \
        "$suite" "$ROOTS/$suite-bare.new" - <<<"$sources" >&2
    keep "$suite-bare" "$sources"
}

# build_root SUITE PACKAGE…: $ROOTS/SUITE-build, the bare one and these.
build_root() {
    local suite=$1 key
    shift
    bare_root "$suite"
    key="$(cat "$ROOTS/$suite-bare.key") $*"
    ! kept "$suite-build" "$key" || return 0
    forget "$suite-build"
    cp -a "$ROOTS/$suite-bare" "$ROOTS/$suite-build.new"
    install_in_root "$ROOTS/$suite-build.new" "$@" >&2
    keep "$suite-build" "$key"
}

# install_in_root ROOT PACKAGE…: by the root's own apt. What was fetched stays in $ROOTS/archives, and
# nothing is synced: a root that was interrupted is made anew.
install_in_root() {
    local root=$1 archives=$ROOTS/archives
    shift
    mkdir -p "$archives"
    cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
    in_root "$root" apt-get update -qq
    in_root --bind "$archives:/var/cache/apt/archives" "$root" apt-get install -y -qq \
        --no-install-recommends -o Dpkg::Options::=--force-unsafe-io "$@"
}

# in_root [--bind FROM:TO[:ro]]… [--offline] ROOT COMMAND…: with mounts and processes of its own,
# which end with it, and nothing of this shell's environment but IN_ROOT.
IN_ROOT=()
in_root() {
    local binds=() more=()
    while :; do
        case $1 in
        --bind)
            binds+=("$2")
            shift 2
            ;;
        --offline)
            more+=(--net)
            shift
            ;;
        *) break ;;
        esac
    done
    # shellcheck disable=SC2016 # what the inner shell expands
    unshare --mount --pid --fork --kill-child --propagation private "${more[@]}" bash -euc '
        root=$1 count=$2
        shift 2
        while [ "$count" -gt 0 ]; do
            IFS=: read -r from to mode <<<"$1"
            mkdir -p "$root$to"
            mount --bind "$from" "$root$to"
            [ "$mode" != ro ] || mount -o remount,bind,ro "$root$to"
            shift
            count=$((count - 1))
        done
        mount -t proc proc "$root/proc"
        exec chroot "$root" "$@"' bash "$1" "${#binds[@]}" "${binds[@]}" \
        env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
        DEBIAN_FRONTEND=noninteractive "${IN_ROOT[@]}" "${@:2}" </dev/null
}
