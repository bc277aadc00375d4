# shellcheck shell=sh disable=SC2034,SC2154,SC2317,SC3013 # one of the pieces that lib/deploy/script.cpp puts together
# The steps lock, repository, checkout: which commit, and the work tree on it.
# Reads: ABOVE CAPSULE GIT HOLDER HOLDER_TEXT ID KIND LOCK LOCKED LOCK_WAIT ME MY_GROUP NOW
#     N_COMMIT N_ID N_NAME OLDER OWNER R REF STRANGE TAG TREE U V_COMMIT
# Sets: ADD BRANCH COMMIT CURE FOUND FOUND_HEAD GIT_INDEX_FILE HEAD_COMMIT NEWER SAVED STATE_NOW
#     UNTRACKED WHY

# The commit that is checked out, into HEAD_COMMIT, and the name of its branch if it is on one, into
# HEAD_BRANCH: a detached head holds the commit itself.
read_head() {
    HEAD_COMMIT='' HEAD_BRANCH=''
    [ -n "$GIT" ] && [ -z "$STRANGE" ] || return
    { read -r HEAD_COMMIT <"$GIT/HEAD"; } 2>/dev/null
    case $HEAD_COMMIT in
    ref:*)
        HEAD_BRANCH=${HEAD_COMMIT#ref: }
        HEAD_COMMIT=$(own_git rev-parse -q --verify HEAD)
        ;;
    esac
}

# What makes the tree one that is trusted, into CURE, and the reason for the lack of it, into WHY.
cure_tree() {
    me=$(id -un) slash='' WHY=foreign_tree all='-RH ' rights=o-w
    # The path may be a link.
    [ ! -d "$STRANGE" ] || slash=/
    [ -z "$ABOVE" ] || all='-h ' slash=''
    # Somebody else may have named it, and this is for root to type.
    q=$(printf '%s' "$STRANGE" | sed "s/'/'\\\\''/g")
    CURE="chown $all$me '$q'"
    case $OWNER in root | "$me") ;; *) return ;; esac
    [ -z "$(find -H "$STRANGE" -prune -perm -0020 ! -group 0 ! -group "$MY_GROUP")" ] || rights='g-w'
    [ -z "$(find -H "$STRANGE" -prune -perm -0022 ! -group 0 ! -group "$MY_GROUP")" ] || rights=go-w
    WHY=open_tree CURE="chmod ${slash:+-R }$rights '$q$slash'"
}

# refuse_tree tree|REASON: and what is to be typed.
refuse_tree() {
    cure_tree
    [ "$1" = tree ] || WHY=$1
    echo "$STRANGE: $OWNER"
    echo "$CURE"
    failed 3 "$WHY"
}

# A deploy is refused where it cannot trust; who goes back is told, and goes back.
may_use_tree() {
    [ -n "$GIT" ] || {
        [ "$KIND" != deploy ] || {
            failed 1 no_repository
            return
        }
        m_no_clone
    }
    [ -z "$STRANGE" ] || {
        [ "$KIND" != deploy ] || {
            refuse_tree tree
            return
        }
        m_strange_tree
    }
    [ -n "$LOCKED" ] || {
        [ "$KIND" != deploy ] || {
            echo "$LOCK"
            failed 3 lock_unknown
            return
        }
        m_no_lock
    }
}

# Whoever waited looks again: meanwhile another tree, or a link to the lock, may have come there.
is_as_before() {
    find_git
    know_owner
    [ "$KIND" != deploy ] || may_use_tree || return
    [ ! -L "$LOCK" ] && [ "$LOCK" -ef /proc/self/fd/9 ] || {
        echo "$LOCK"
        failed 3 lock_exchanged
    }
}

do_lock() {
    may_use_tree || return
    if [ "$LOCKED" = held ]; then
        read_holder /proc/self/fd/9
        [ "$LOCK_WAIT" = 0 ] || {
            journal waiting "$HOLDER"
            m_waiting_lock
        }
        wait_lock "$LOCK_WAIT" 9 || {
            read_holder /proc/self/fd/9
            if [ "$HOLDER" = '?' ]; then m_lock_no_run; else m_lock_held; fi
            fail 3 lock_held
            return
        }
        is_as_before || return
        m_lock_taken_over
    fi
    clock
    [ -z "$LOCKED" ] || { printf '%s, %s, %s\n' "$HOLDER_TEXT" "$NOW" "$ID" >/proc/self/fd/9; } 2>/dev/null
    note locked "$U"
    read_head
    # The checkout moves the head; what serves was made from this.
    FOUND_HEAD=$HEAD_COMMIT
    note_parts || :
}

# A tag's name where one fits into paths and images, else the commit.
name_of_commit() {
    n=$(own_git describe --tags --exact-match "$1" 2>/dev/null)
    case $n in
    '' | *[!A-Za-z0-9._+-]*) echo "$1" ;;
    *) echo "$n" ;;
    esac
}

# A lock file of a killed git fails every later checkout. Under the service's lock, with no git at
# work in this tree, it is nobody's.
drop_stale_index_lock() {
    [ -n "$GIT" ] && [ -z "$STRANGE" ] || return 0
    stale=$GIT/index.lock
    [ -e "$stale" ] || [ -d "$GIT/modules" ] || return 0
    [ ! -d "$GIT/modules" ] || stale=$(find "$GIT/index.lock" "$GIT/modules" -name index.lock 2>/dev/null)
    [ -n "$stale" ] || return 0
    # The kernel knows no symbolic links.
    real=$(cd "$TREE" && pwd -P)
    for p in /proc/[0-9]*; do
        # What another user calls git is nobody's git.
        case $(cat "$p/comm" 2>/dev/null)$(uid_of "$p") in git0 | "git$ME") ;; *) continue ;; esac
        case $(readlink "$p/cwd" 2>/dev/null)/ in "$real"/*) return 0 ;; esac
    done
    echo "$stale" | while IFS= read -r p; do rm -f "$p"; done
    m_index_lock_removed
}

# Who wrote the commit and who made it, by git's own reading: "author <e-mail> Name". Names and
# e-mails are whatever somebody typed; no control character of theirs comes into the journal.
tell_signatures() {
    own_git -c log.showSignature=false log -1 --no-color --encoding=UTF-8 \
        --format='author <%ae> %an%ncommitter <%ce> %cn' "$FOUND" -- 2>/dev/null \
        | LC_ALL=C tr -d '\000-\011\013-\037\177' | cut -c 1-400 | while read -r who; do
        journal "$who"
    done
}

do_repository() {
    [ -n "$GIT" ] || {
        failed 1 no_repository
        return
    }
    [ -z "$STRANGE" ] || {
        refuse_tree tree
        return
    }
    m_updating_repository
    read_current
    STATE_NOW=$N_NAME
    [ -n "$TAG" ] && [ "$HEAD_COMMIT" = "${N_COMMIT:-none}" ] \
        || STATE_NOW=$(own_git describe --tags --always 2>/dev/null || echo '?')
    m_current_state
    m_fetching
    told 'git fetch origin' own_git fetch -q --force --tags --prune --no-recurse-submodules origin \
        '+refs/heads/*:refs/remotes/origin/*' || {
        failed 1 fetch_failed
        return
    }
    FOUND=$(own_git rev-parse -q --verify "$REF^{commit}") || {
        m_not_found
        fail 1 ref_not_found
        return
    }
    journal commit "$FOUND"
    tell_signatures
    if [ -n "$COMMIT" ] && [ "$COMMIT" != "$FOUND" ]; then
        m_ref_moved
        fail 3 tag_moved
        return
    fi
    COMMIT=$FOUND
    note commit "$COMMIT"
    m_found
    not_superseded
}

# Several may have waited for the lock, in any order: an older tag must not overwrite a newer one.
# A rollback goes to an older one.
not_superseded() {
    [ "$KIND" = deploy ] || return 0
    read_current
    NEWER=${N_ID:+$N_NAME}
    [ -n "$TAG" ] && [ -n "$NEWER" ] && [ -z "$OLDER" ] && [ "$NEWER" != "$TAG" ] || return 0
    [ "$(own_git -c versionsort.suffix=- for-each-ref --sort=-version:refname --count=1 \
        --format='%(refname:lstrip=2)' "refs/tags/$TAG" "refs/tags/$NEWER")" = "$NEWER" ] || return 0
    failed 3 superseded
}

# Nothing on the host is lost: what is not committed becomes a patch in the run's folder, commits
# that no branch or tag holds get a branch. A run may check out more than once, and each time adds to
# the patch. Files that git does not know stay where they are, and are in it already.
save_work() {
    SAVED=$R/uncommitted.patch ADD=-A UNTRACKED=-unormal
    [ ! -e "$SAVED" ] || ADD=-u UNTRACKED=-uno
    rm -f "$R/saved"
    [ -z "$(own_git status --porcelain --ignore-submodules "$UNTRACKED")" ] || {
        (
            export GIT_INDEX_FILE="$R/index"
            own_git read-tree HEAD && own_git add "$ADD" && own_git diff --cached --binary HEAD >>"$SAVED"
        ) && true >"$R/saved" || return
        rm -f "$R/index"
    }
    save_submodules || return
    [ ! -e "$R/saved" ] || {
        sync "$SAVED" || return
        m_work_saved
        journal saved "$SAVED"
    }
    read_head
    if [ -z "$HEAD_BRANCH" ] && [ -z "$(own_git for-each-ref --count=1 --contains HEAD)" ]; then
        own_git update-ref "refs/heads/kept-$ID" HEAD
    fi
}

# Local branches whose work is on the remote go, others stay and are named.
clean_branches() {
    m_cleaning_branches
    own_git for-each-ref --format='%(objectname) %(refname)' refs/heads | while read -r o BRANCH; do
        if [ -n "$(own_git for-each-ref --count=1 --contains "$o" refs/remotes refs/tags)" ]; then
            own_git update-ref -d "$BRANCH" "$o"
        else
            m_branch_kept
        fi
    done
}

# Back to a kept version the tree only follows: what serves does not come from it.
checkout_kept() {
    name_version
    if own_git rev-parse -q --verify "$V_COMMIT^{commit}" >/dev/null && save_work \
        && own_git checkout -q --force --detach --no-recurse-submodules "$V_COMMIT" -- \
        && update_submodules; then
        return
    fi
    m_checkout_skipped
}

do_checkout() {
    drop_stale_index_lock
    if [ -n "$CAPSULE" ]; then
        checkout_kept
        return
    fi
    m_switching
    save_work || {
        fail 1 save_failed
        return
    }
    told "git checkout --detach $COMMIT" own_git checkout -q --force --detach \
        --no-recurse-submodules "$COMMIT" -- && read_head && [ "$HEAD_COMMIT" = "$COMMIT" ] || {
        failed 1 checkout_failed
        return
    }
    complete_version && clean_branches
}
