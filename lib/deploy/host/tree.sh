# shellcheck shell=sh disable=SC2034,SC2154,SC2317,SC3013,SC3067 # one of the pieces that lib/deploy/script.cpp puts together
# Whose the tree is, and the lock of its service. Every shell that we meet knows -O and -ef.

uid_of() {
    # shellcheck disable=SC2046
    set -- $(ls -ldn "$1" 2>/dev/null)
    echo "$3"
}

owner_of() {
    # shellcheck disable=SC2046
    set -- $(ls -ldL "$1" 2>/dev/null)
    echo "$3"
}

# The tree's git folder, into GIT: a linked work tree and a submodule have a file that names it.
find_git() {
    GIT=$TREE/.git g=''
    if [ -f "$GIT" ]; then
        read -r g <"$GIT"
        GIT=${g#gitdir: }
        case $GIT in /*) ;; *) GIT=$TREE/$GIT ;; esac
    fi
    COMMON=$GIT g=''
    [ ! -f "$GIT/commondir" ] || {
        read -r g <"$GIT/commondir"
        case $g in /*) COMMON=$g ;; *) COMMON=$GIT/$g ;; esac
    }
    LOCK=$GIT/loomrel.lock
    [ -e "$GIT/HEAD" ] || {
        GIT=''
        return 1
    }
} 2>/dev/null

# ME and MY_GROUP: who this shell is.
know_me() {
    while read -r field _ id _; do
        case $field in
        Uid:) ME=$id ;;
        Gid:) MY_GROUP=$id && break ;;
        esac
    done </proc/self/status
}

# written_by_others PATH…: those that belong to neither root nor the log-in, or that others may write
# to. A group may where it is root's or the log-in's own.
written_by_others() {
    find "$@" -prune \( ! -user 0 ! -user "$ME" \
        -o ! -type l -perm -0002 -o ! -type l -perm -0020 ! -group 0 ! -group "$MY_GROUP" \)
} 2>/dev/null

# exchanged_by_others [-group] PATH…: of these, of what their links lead to and of the folders above,
# those whose content another user may exchange. In a sticky folder he cannot exchange what is ours.
# With -group no group is asked: some systems give /var/log to one of their own.
exchanged_by_others() {
    rights='-perm -0002'
    if [ "$1" = -group ]; then
        shift
    else
        rights="( $rights -o -perm -0020 ! -group 0 ! -group $MY_GROUP )"
    fi
    for p in "$@"; do
        set -- "$@" "$(cd "$p" && pwd -P)"
    done
    for p in "$@"; do
        case $p in /*) ;; *) continue ;; esac
        while p=${p%/*} && [ -n "$p" ]; do
            set -- "$@" "$p"
        done
    done
    # shellcheck disable=SC2086
    find "$@" -prune \( ! -user 0 ! -user "$ME" -o ! -type l ! -perm -1000 $rights \)
} 2>/dev/null

# What a tree's configuration names git runs. So a tree is trusted only if it is root's or the
# log-in's, who is ME, and not everybody can write there. Else STRANGE is the path, OWNER its owner.
# LOOSE: the lock is one that anybody could open.
know_owner() {
    STRANGE='' OWNER='' LOOSE=''
    while read -r field _ ME _; do
        [ "$field" != Uid: ] || break
    done </proc/self/status
    while IFS= read -r p; do
        case $p in
        '') ;;
        "$LOCK") LOOSE=yes ;;
        *) : "${STRANGE:=$p}" ;;
        esac
    done <<OWNERS
$(find -H "$TREE" "$TREE/.git" "$GIT" "$COMMON" "$COMMON/config" "$LOCK" -prune \
        \( -perm -0002 -o ! -user 0 ! -user "$ME" \) 2>/dev/null)
OWNERS
    [ -z "$STRANGE" ] || OWNER=$(owner_of "$STRANGE")
}

# git in a tree that is trusted, and none of its hooks. The folder is named, not found: then no
# version of git asks whose it is, which has been asked here.
own_git() {
    [ -n "$GIT" ] && [ -z "$STRANGE" ] || return 128
    # shellcheck disable=SC2086
    apart $GIT_PATIENCE git -c core.hooksPath=/dev/null -c core.fsmonitor=false -C "$TREE" --git-dir="$GIT" \
        --work-tree="$TREE" "$@"
}

is_lock() {
    [ -f "$LOCK" ] && [ ! -L "$LOCK" ] || return
    [ -O "$LOCK" ] || {
        u=$(uid_of "$LOCK")
        [ "${u:-none}" = 0 ] || [ "${u:-none}" = "$(uid_of "$GIT/.")" ]
    }
}

# What stands in the lock's place is nobody's: a link, a pipe, a stranger's file. The new one belongs
# to the git folder's owner, who shall be able to lock it too; in a folder that is not ours it is made
# where the owner cannot exchange it under our hands.
make_lock() {
    { [ ! -e "$LOCK" ] && [ ! -L "$LOCK" ]; } || mv -f "$LOCK" "$LOCK.$ID" || return
    (
        umask 077
        [ ! -O "$GIT" ] || {
            set -C
            true >"$LOCK"
            exit
        }
        mkdir "$LOCK.new" && cd "$LOCK.new" && [ -O . ] && true >lock \
            && chown "$(uid_of "$GIT/.")" lock && mv lock ../loomrel.lock
        rmdir "$LOCK.new"
    )
}

# Only root sees who has a file open.
held_by_strangers() {
    [ "$ME" = 0 ] || return
    for f in /proc/[0-9]*/fd/*; do
        [ "${f%/fd/*}" != /proc/$$ ] && [ "$f" -ef "$LOCK" ] || continue
        u=$(uid_of "${f%/fd/*}")
        [ "${u:-0}" != 0 ] && [ "$u" != "$(uid_of "$GIT/.")" ] || return
    done
}

# Opens the service's lock on 9 and tries it. LOCKED: yes, held (by another run), or "" = it cannot be
# asked. It is never opened through a link.
open_lock() {
    LOCKED=''
    find_git || return
    know_owner
    case $LOOSE$STRANGE in yes) [ -L "$LOCK" ] || chmod 600 "$LOCK" ;; esac
    for g in 1 2 3; do
        is_lock || make_lock
        is_lock && [ -r "$LOCK" ] || return
        exec 9<"$LOCK"
        flock -n 9
        case $? in
        0) LOCKED=yes ;;
        1) LOCKED=held ;;
        *) return ;;
        esac
        # A lock on a file that has been taken away keeps nobody out.
        [ "$LOCK" -ef /proc/self/fd/9 ] || {
            LOCKED=''
            continue
        }
        [ $LOCKED = held ] && held_by_strangers || return
        mv -f "$LOCK" "$LOCK.$ID"
        LOCKED=''
    done
} 2>/dev/null

# The lock's text, into HOLDER, as "what, by whom, since, run id". Runs write "what, by whom[, link],
# since, run id"; whoever owns the tree may write what he likes. Shown are only parts of a form that
# holds neither a command nor a sentence. "?": it is held by what is no run.
read_holder() {
    HOLDER='?'
    l=$(head -c 400 "$1" | head -n 1)
    i=${l##*, } l=${l%, *}
    n=${l%%, *} b=${l#*, } c=${l##*, }
    b=${b%%, *}
    case $i in '' | *[!0-9a-z-]*) return ;; esac
    case $c in
    [0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]' '[0-9][0-9]:[0-9][0-9]:[0-9][0-9]) ;;
    *) return ;;
    esac
    case $n in '' | *[!A-Za-z0-9._/+-]*) return ;; esac
    case $b in *[!]A-Za-z0-9._@[-]*) b='' ;; esac
    HOLDER="$n, ${b:+$b, }$c, $i"
    # A run that was killed leaves its words behind. It may be another environment's.
    for r in "${D%/*/*}"/*/*/runs/"$i"; do
        ! ask_lock "$r/alive" || HOLDER='?'
    done
} 2>/dev/null
