# shellcheck shell=sh disable=SC2034,SC2154,SC2317 # one of the pieces that lib/deploy/script.cpp puts together
# The way back: to a kept version, with no build, no git remote, no registry and no ledger.
# Reads: AFTER_UP BEFORE_ROLLBACK BEFORE_UP CAPSULES C_COMMIT C_ID C_NAME C_PREVIOUS C_SECONDS D
#     GONE KEPT_AS N_COMMIT N_HOW N_ID PROTOCOL SERVICE SSH_CONNECTION SUDO_USER T_IS_LOST
#     T_SERVES_NOW T_WAS_LEFT V_COMMIT WAS
# Sets: AT BEFORE BRANCH_NAME BY CAPSULE CLIENT_PROTOCOL COMMIT HOLDER_TEXT HOOK_SECONDS HOW ID
#     KIND LEFT_COMMIT LEFT_NAME LOCK_WAIT LOG_FILE LOG_PATH M_COMMIT M_NAME NEXT NONCE OLDER
#     PARTS PATIENCE PREVIOUS PROGRAM R REF RELEASE_ID REMOVE_FIRST STEP STEPS TAG TARGET TO
#     UNAPPROVED VIEW_AT V_NAME WHY

# Whether a rollback without a target may be: TARGET, or WHY not (second_step, none), where the parts
# PARTS serve, which are capsule $1. Going back from where a rollback led is a decision that a person
# makes by naming the target: NEXT may be proposed.
default_target() {
    TARGET='' WHY=none NEXT=''
    read_current
    if [ -z "$1" ] && { [ -n "$PARTS" ] || fell_short; }; then
        last_good_other
        return
    fi
    # Nothing serves: what was put here last has fallen over.
    [ -n "$1" ] || set -- "$N_ID"
    [ -n "$1" ] || return 0
    if [ "$N_ID" = "$1" ]; then
        case $N_HOW in rollback | restore)
            target_before "$1"
            WHY=second_step NEXT=$TARGET TARGET=''
            return
            ;;
        esac
    fi
    target_before "$1"
}

# Whether nothing serves because what was started last was never good enough to be kept.
fell_short() {
    # shellcheck disable=SC2012
    if { read -r m <"$D/started"; } 2>/dev/null; then
        m=$D/runs/$m/made
    else
        m=$(ls -1t "$D/current" "$D"/runs/*/made 2>/dev/null | head -n 1)
    fi
    [ -e "${m%/made}/switched" ] && [ -e "$m" ] && read -r M_NAME M_COMMIT <"$m" && [ "$M_COMMIT" != "$N_COMMIT" ]
}

# What serves, or was to, was never kept: what was put here before it, else the newest good version.
last_good_other() {
    M_COMMIT=''
    if [ -n "$PARTS" ]; then made_as "$PARTS"; else fell_short; fi
    list_capsules
    for i in $N_ID $CAPSULES; do
        if read_capsule "$i" && [ "$C_COMMIT" != "$M_COMMIT" ] && is_offered; then
            TARGET=$i
            return
        fi
    done
}

# Step of a rollback: which version. What was shown to the person who asked must still be so.
do_choose() {
    if [ -n "$FROM" ] && [ "$FROM" != "$WAS" ]; then
        failed 3 serves_another
        return
    fi
    if [ "$KIND" = restore ]; then
        # What fell over since is put back too; what somebody else put here since is not ours.
        read_current
        [ -n "$PARTS" ] || BEFORE=$N_ID
        read_capsule "$BEFORE" && [ "$C_ID" = "${ID%-back}" ] || {
            failed 3 serves_another
            return
        }
        TARGET=$C_PREVIOUS WHY=none
        [ "$TARGET" != - ] || TARGET=''
    elif [ -n "$TO" ]; then
        wait_for_images
        WHY=rebuild
        find_kept "$TO"
        [ -n "$TARGET" ] || [ -z "$GONE" ] || WHY=gone
    else
        wait_for_images
        default_target "$BEFORE"
    fi
    CAPSULE=$TARGET
    case ${TARGET:+kept}$WHY:" $STEPS " in
    kept*)
        name_version
        note commit "$V_COMMIT"
        ;;
    rebuild:*' build '* | gone:*' build '*) V_NAME=$TAG ;;
    gone*)
        V_NAME=$GONE
        failed 3 capsule_gone
        return
        ;;
    second_step*)
        failed 3 second_step
        return
        ;;
    *)
        failed 3 no_target
        return
        ;;
    esac
    m_rollback_started
}

# Everything between the decision and "it serves".
bring_back() {
    CAPSULE=$1 HOW=$2
    do_checkout && do_up && do_health && do_verify && do_keep
}

# After a failure behind the switch. A failed hook does not stop it.
restore() {
    umask 022
    STEP=restore PREVIOUS='' hooked='' PATIENCE=''
    read -r PREVIOUS <"$R/previous"
    journal start restore
    if [ -z "$PREVIOUS" ] || ! read_capsule "$PREVIOUS"; then
        m_nothing_to_restore
        note restored none
        journal end restore failed
        return
    fi
    CAPSULE=$PREVIOUS LEFT_NAME=${TAG:-$BRANCH_NAME} KIND=restore
    read -r LEFT_COMMIT <"$R/commit"
    name_version
    m_restoring
    read -r hooked <"$R/hooked"
    # It must leave time for what it is only the beginning of.
    [ "$HOOK_SECONDS" -le 120 ] || HOOK_SECONDS=120
    [ "$hooked" != yes ] || hook before_rollback "$BEFORE_ROLLBACK"
    REMOVE_FIRST=yes
    if bring_back "$PREVIOUS" restore; then
        note restored yes
        m_restored
        journal end restore ok
    else
        note restored failed
        m_restore_failed
        journal end restore failed
    fi
}

# There and back again, before people are called: the way back is known to work.
do_rehearse() {
    [ -n "$BEFORE" ] || {
        m_rehearse_nothing
        return 0
    }
    read_capsule "$BEFORE"
    [ "$C_COMMIT" != "$COMMIT" ] || {
        target_before "$BEFORE"
        BEFORE=$TARGET
    }
    [ -n "$BEFORE" ] || {
        m_rehearse_nothing
        return 0
    }
    CAPSULE=$BEFORE
    name_version
    m_rehearse_back
    # Whatever goes wrong now: the new version is good, and comes back.
    note previous "$ID"
    LEFT_NAME=$TAG KIND=rehearsal
    hook before_rollback "$BEFORE_ROLLBACK" && bring_back "$BEFORE" restore || {
        KIND=deploy
        fail 1 rehearsal_failed
        return
    }
    LEFT_NAME=$V_NAME CAPSULE=$ID
    name_version
    m_rehearse_forth
    do_checkout && hook before_up "$BEFORE_UP" && bring_back "$ID" deploy \
        && hook after_up "$AFTER_UP" || {
        KIND=deploy
        fail 1 rehearsal_failed
        return
    }
    KIND=deploy
    m_rehearsed
}

# What is kept, newest first, with what serves marked, and how one of them is brought back. A name
# means the newest of its versions: an older one has to be called by its commit.
show_kept() {
    PARTS=$(parts_now)
    here=''
    ! kept_as "$PARTS" || here=$C_COMMIT
    list_capsules
    names=' '
    for i in $CAPSULES; do
        read_capsule "$i" || continue
        name=$C_NAME mark=''
        case $names in *" $name "*) name=$C_COMMIT ;; esac
        case $names in *" $name "*) continue ;; esac
        names="$names$C_NAME $C_COMMIT "
        ! is_left "$C_COMMIT" || mark="  $T_WAS_LEFT"
        is_whole || mark="  $T_IS_LOST"
        [ "$C_COMMIT" != "$here" ] || mark="  $T_SERVES_NOW"
        echo "    $name  $(date -d "@$C_SECONDS" '+%F %T')$mark"
    done
    [ "$names" = ' ' ] || m_name_one
}

# `sh <state>/<environment>/<service>/restore [TAG]`: the same by hand, when there is nothing else.
by_hand() {
    PROGRAM=$D/restore TO=${1:-} TAG='' CAPSULE=''
    NONCE=$(tr -d - </proc/sys/kernel/random/uuid) ID=by-hand-$(date +%s)-$$
    R=$D/runs/$ID KIND=rollback
    PATIENCE='timeout 4'
    find_git
    know_owner
    see_images
    say() { echo "$*"; }
    if [ -n "$TO" ]; then
        WHY=not_kept
        find_kept "$TO"
        [ -z "$GONE" ] || WHY=gone V_NAME=$GONE
    else
        PARTS=$(parts_now)
        kept_as "$PARTS"
        default_target "$KEPT_AS"
    fi
    [ -n "$TARGET" ] && read_capsule "$TARGET" || {
        case $WHY in
        not_kept) m_not_kept ;;
        gone) m_capsule_gone ;;
        second_step) m_second_step ;;
        *) m_no_target ;;
        esac
        show_kept
        exit 3
    }
    TO=$TARGET TAG=$C_NAME
    umask 077
    mkdir -p "$R" && lay || exit 1
    exec 8>>"$R/alive"
    flock -n 8 || exit 1
    setsid /bin/sh "$R/run.sh" run </dev/null >>"$R/out" 2>&1 &
    exec 8>&-
    exec 4>&1
    AT=0 LOG_FILE=-
    true >"$R/view.hand"
    exec 5<"$R/alive"
    until wait_lock 1 5 -s; do
        [ $? = 1 ] || break
        VIEW_AT=$R/view.hand view
    done
    VIEW_AT=$R/view.hand view all
    mv "$R/may_ack" "$R/ack"
    line='rc=1'
    read -r line <"$R/status"
    line=" $line "
    line=${line#* rc=}
    exit "${line%% *}"
}

# Whose log-in it is, and from where, as far as this host knows.
who_types() {
    w=${SUDO_USER:-$(id -un)}${SSH_CONNECTION:+@${SSH_CONNECTION%% *}}
    printf '%s' "$w" | tr -cd 'A-Za-z0-9.:_@-' | head -c 100
}

# What a run is asked, for one that nobody sent.
lay_run() {
    cat <<REQUEST
CLIENT_PROTOCOL=$PROTOCOL ID=$ID NONCE=$NONCE KIND=rollback TAG=$TAG BRANCH_NAME= REF=refs/tags/$TAG COMMIT= RELEASE_ID=
FROM= TO=$TO OLDER= UNAPPROVED= LOCK_WAIT=0 LOG_PATH=rollback/$SERVICE/$(echo "$TAG" | tr / -)-rollback.log
BY=$(who_types) HOLDER_TEXT='$TAG, by-hand' STEPS='lock adopt choose before_rollback checkout up health verify keep'
REQUEST
    echo '#program'
    cat "$PROGRAM"
}
