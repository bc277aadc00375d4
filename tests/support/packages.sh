# What building and testing need from the distribution. Debian 12, Debian 13 and Ubuntu 24.04 call
# all of it by the same names, but for Docker.
# shellcheck shell=bash disable=SC2034 # lists that others install

BUILD_PACKAGES=(cmake g++ libboost-dev libcli11-dev libcurl4-openssl-dev libfmt-dev libpq-dev
    libsqlite3-dev libssh-dev libssl-dev libtomlplusplus-dev make ninja-build
    nlohmann-json3-dev pkg-config)
# What `cpack -G DEB` asks which libraries the program needs.
PACKAGING_PACKAGES=(dpkg-dev file)
# What the quickstart shows loomrel at work with.
DEMO_PACKAGES=(busybox-static curl git openssh-client openssh-server procps util-linux)
TEST_PACKAGES=("${PACKAGING_PACKAGES[@]}" catch2 ccache clang-format dash iptables jq lintian strace
    mmdebstrap postgresql python3 python3-yaml shellcheck sqlite3)
# With which the workflows' linter comes; a runner has its own.
command -v npm >/dev/null || TEST_PACKAGES+=(npm)
FUZZ_PACKAGES=(clang libclang-rt-dev)

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

apt_install() {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@" \
        </dev/null
}

is_installed() {
    dpkg-query -W -f '${db:Status-Status}\n' "$1" 2>/dev/null | grep -qx installed
}

# Compose of the second generation, wherever it came from.
has_compose() {
    command -v docker >/dev/null \
        && docker compose version --short 2>/dev/null | grep -qE '^v?([2-9]|[1-9][0-9])\.'
}

# install_packages [--docker] PACKAGE…: those that are missing; asks nothing, starts nothing.
install_packages() {
    local package missing=() docker=''
    if [ "$1" = --docker ]; then
        shift
        { has_compose && command -v dockerd >/dev/null; } || docker=1
    fi
    command -v apt-get >/dev/null || {
        echo "no apt here: taking for granted that all is installed" >&2
        return
    }
    for package in "$@"; do
        is_installed "$package" || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || [ -n "$docker" ] || return 0
    trap allow_starts EXIT
    forbid_starts
    as_root apt-get update -q </dev/null
    [ ${#missing[@]} = 0 ] || apt_install "${missing[@]}"
    [ -z "$docker" ] || install_docker
    allow_starts
    trap - EXIT
}

# Installing a server must not start it: tests start their own, on ports of their own.
forbid_starts() {
    [ ! -e /usr/sbin/policy-rc.d ] || return 0
    printf '#!/bin/sh\n# loomrel: for the time of an installation\nexit 101\n' \
        | as_root tee /usr/sbin/policy-rc.d >/dev/null
    as_root chmod +x /usr/sbin/policy-rc.d
}

allow_starts() {
    ! grep -qs 'loomrel: for' /usr/sbin/policy-rc.d || as_root rm -f /usr/sbin/policy-rc.d
}

# offers PACKAGE VERSION: could be installed, and its version begins like that.
offers() {
    apt-cache policy "$1" 2>/dev/null | grep -qE "^ +Candidate: $2"
}

# The first that the distribution has with a Compose of the second generation; else Debian 13's, on
# Debian 12, which has only the first.
install_docker() {
    local compose part
    for compose in docker-compose-v2 docker-compose; do
        offers "$compose" '[2-9]\.' || continue
        apt_install docker.io "$compose"
        # Debian 13 has the client and the builder apart.
        for part in docker-cli docker-buildx; do
            ! offers "$part" '[0-9]' || apt_install "$part"
        done
        return
    done
    borrow_docker trixie
}

# From the same mirror, at a priority at which nothing else is ever taken from it.
borrow_docker() {
    local suite=$1 mirror keyring=/usr/share/keyrings/debian-archive-keyring.gpg signed=''
    [ ! -e $keyring ] || signed="[signed-by=$keyring] "
    mirror=$(apt-get indextargets --format '$(REPO_URI) $(CODENAME) $(ORIGIN)' \
        'Created-By: Packages' | awk '$2 !~ /-/ && $3 == "Debian" { print $1; exit }')
    [ -n "$mirror" ] || {
        echo "no Compose v2 in this distribution, and no mirror to take it from: install docker" >&2
        exit 1
    }
    echo "Docker with Compose v2 comes from $suite (pinned at 100): five packages, no others"
    printf 'deb %s%s %s main\n' "$signed" "$mirror" "$suite" \
        | as_root tee "/etc/apt/sources.list.d/loomrel-$suite.list" >/dev/null
    printf 'Package: *\nPin: release n=%s\nPin-Priority: 100\n' "$suite" \
        | as_root tee "/etc/apt/preferences.d/loomrel-$suite" >/dev/null
    as_root apt-get update -q </dev/null
    apt_install "docker.io/$suite" "docker-cli/$suite" "docker-compose/$suite" \
        "docker-buildx/$suite"
}
