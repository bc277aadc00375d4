# shellcheck shell=sh disable=SC2034,SC2154,SC2317,SC3013,SC3067 # one of the pieces that lib/deploy/script.cpp puts together
# Whose the tree is, and the lock of its service. Every shell that we meet knows -O and -ef.
# Reads: D GIT_PATIENCE ID KIND TREE
# Sets: ABOVE GIT HOLDER LOCK LOCKED ME MY_GROUP OWNER STRANGE

uid_of() {
    # shellcheck disable=SC2046
    set -- $(ls -ldn "$1" 2>/dev/null)
    echo "$3"
}

# owner_of PATH [L]: with L of what a link leads to.
owner_of() {
    # shellcheck disable=SC2046
    set -- $(ls "-ld$2" "$1" 2>/dev/null)
    echo "$3"
}

# The tree's git folder, into GIT: a linked work tree and a submodule have a file that names it. Only
# regular files are read, and with a time limit: whoever owns the tree may put a FIFO there.
find_git() {
    GIT=$TREE/.git
    if [ -f "$GIT" ]; then
        g=$(timeout 5 head -n 1 "$GIT")
        GIT=${g#gitdir: }
        case $GIT in /*) ;; *) GIT=$TREE/$GIT ;; esac
    fi
    COMMON=$GIT
    [ ! -f "$GIT/commondir" ] || {
        g=$(timeout 5 head -n 1 "$GIT/commondir")
        case $g in /*) COMMON=$g ;; *) COMMON=$GIT/$g ;; esac
    }
    [ -f "$GIT/HEAD" ] || {
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

# by_others PATH… TEST…: of what find finds, what belongs to neither root nor the log-in, or what others
# may write to. A group may where it is root's or the log-in's own.
by_others() {
    find "$@" \( ! -user 0 ! -user "$ME" \
        -o ! -type l -perm -0002 -o ! -type l -perm -0020 ! -group 0 ! -group "$MY_GROUP" \)
} 2>/dev/null

# A find that cannot ask finds nothing, which is no answer.
can_find() {
    [ "$(find / -prune \( -user 0 -o ! -user 0 \) \( -group 0 -o ! -group 0 \) -perm -0000 2>/dev/null)" = / ]
}

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
# log-in's, who is ME, no other user can write there, and none can put another one in its place. Else
# STRANGE is the path, OWNER its owner; ABOVE: it is a folder above the tree. Where there is no tree to
# trust the service's lock is in the state folder. Of submodules the folders count too: who can write to
# one can put another file there. LOOSE: others than its owner can open the lock.
know_owner() {
    STRANGE='' OWNER='' ABOVE='' LOOSE=''
    know_me
    IFS= read -r STRANGE <<OWNERS
$(
        by_others -H "$TREE" "$TREE/.git" "$GIT" "$COMMON" "$COMMON/config" "$GIT/config.worktree" \
            "$GIT/commondir" -prune
        [ ! -e "$COMMON/modules" ] || by_others "$COMMON/modules" \( -type d -o -name config \)
        can_find || echo "$TREE"
    )
OWNERS
    [ -n "$STRANGE" ] || {
        IFS= read -r STRANGE <<OWNERS
$(exchanged_by_others "$TREE" ${GIT:+"$GIT" "$COMMON"})
OWNERS
        [ -z "$STRANGE" ] || ABOVE=yes OWNER=$(owner_of "$STRANGE")
    }
    [ -z "$STRANGE" ] || : "${OWNER:=$(owner_of "$STRANGE" L)}"
    LOCK=$D/loomrel.lock
    [ -n "$STRANGE" ] || [ -z "$GIT" ] || LOCK=$GIT/loomrel.lock
    { [ "$ME" = 0 ] || [ -O "$LOCK" ]; } && case $(ls -ld "$LOCK" 2>/dev/null) in
    -rw-------*) ;;
    -*) LOOSE=yes ;;
    esac
    return 0
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
        [ "${u:-none}" = 0 ] || [ "${u:-none}" = "$(uid_of "${LOCK%/*}/.")" ]
    }
}

# What stands in the lock's place is nobody's: a link, a pipe, a stranger's file. The new one belongs
# to the folder's owner, who shall be able to lock it too.
make_lock() {
    [ -O "${LOCK%/*}" ] || return
    { [ ! -e "$LOCK" ] && [ ! -L "$LOCK" ]; } || mv -f "$LOCK" "$LOCK.$ID" || return
    (umask 077 && set -C && true >"$LOCK")
}

# Only root sees who has a file open; anybody else sees that of his own processes. So of a lock that
# others could open he believes his own only.
held_by_strangers() {
    [ "$ME" = 0 ] || [ -n "$LOOSE" ] || return
    for f in /proc/[0-9]*/fd/*; do
        [ "${f%/fd/*}" != /proc/$$ ] && [ "$f" -ef "$LOCK" ] || continue
        u=$(uid_of "${f%/fd/*}")
        [ "${u:-0}" != 0 ] && [ "$u" != "$(uid_of "${LOCK%/*}/.")" ] || return
    done
}

# Opens the service's lock on 9 and tries it. LOCKED: yes, held (by another run), or "" = it cannot be
# asked. It is never opened through a link.
open_lock() {
    LOCKED=''
    find_git
    know_owner
    # A deploy is refused there.
    [ "$KIND" != deploy ] || { [ -n "$GIT" ] && [ -z "$STRANGE" ]; } || return
    [ -z "$LOOSE" ] || chmod 600 "$LOCK"
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
    # A run that was killed, or whose folder is gone, leaves its words behind. It may be another
    # environment's; of another log-in's runs nobody here knows.
    [ -O "$1" ] || return 0
    for r in "${D%/*/*}"/*/*/runs/"$i"; do
        ask_lock "$r/alive"
        [ $? != 1 ] || return 0
    done
    HOLDER='?'
} 2>/dev/null
