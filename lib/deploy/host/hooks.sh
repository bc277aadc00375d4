# shellcheck shell=sh disable=SC2034,SC2154,SC2317 # one of the pieces that lib/deploy/script.cpp puts together
# The service's own commands around a switch, run in its directory (design 6, "Hooks"). TARGET_TAG is
# the version that the switch leads to, PREVIOUS_TAG the one that it leaves, TAG the run's own.
# Reads: AFTER_UP BEFORE_ROLLBACK BEFORE_UP BRANCH_NAME C_NAME ENVIRONMENT ID KIND ON_FAILURE R
#     RELEASE_ID SERVICE STRANGE TAG TREE V_COMMIT V_NAME
# Sets: CAPSULE COMMIT HOOK HOOK_SECONDS LOOMREL_TAG PREVIOUS

# hook NAME COMMAND
hook() {
    [ -n "$2" ] || return 0
    HOOK=$1
    # It would be another user's script. Only who goes back comes here.
    [ -z "$STRANGE" ] && [ -d "$TREE" ] || {
        m_hook_skipped
        return 0
    }
    m_hook
    told "hook $1: $2" in_hook "$2" && return
    failed 1 hook_failed
}

# as_script TEXT [COMMAND…]: a shell does it, started by COMMAND. It stands in no command line, which
# every user of the host may read.
as_script() {
    text=$1
    shift
    apart "$@" /bin/sh /dev/fd/3 3<<TEXT
$text
TEXT
}

in_hook() {
    (
        cd "$TREE" || exit
        name_version
        LOOMREL_KIND=$KIND LOOMREL_SERVICE=$SERVICE LOOMREL_ENVIRONMENT=$ENVIRONMENT
        LOOMREL_RELEASE_ID=$RELEASE_ID LOOMREL_COMMIT=$V_COMMIT LOOMREL_TARGET_TAG=$V_NAME
        LOOMREL_TAG=${TAG:-$BRANCH_NAME} LOOMREL_PREVIOUS_TAG=$LEFT_NAME
        export LOOMREL_KIND LOOMREL_SERVICE LOOMREL_ENVIRONMENT LOOMREL_RELEASE_ID LOOMREL_COMMIT \
            LOOMREL_TAG LOOMREL_TARGET_TAG LOOMREL_PREVIOUS_TAG
        # Not every busybox can kill what does not obey.
        k=
        timeout -k 1 1 true 2>/dev/null && k='-k 9'
        # shellcheck disable=SC2086
        as_script "$1" timeout $k "$HOOK_SECONDS"
    )
}

# In a restore it is run only if this is known to have gone well. From here on things change.
do_before_up() {
    is_adopted && hook before_up "$BEFORE_UP" && note hooked yes
}

do_after_up() {
    hook after_up "$AFTER_UP"
}

# In the tree of what serves, before the checkout: the way back down needs the newer code.
do_before_rollback() {
    hook before_rollback "$BEFORE_ROLLBACK"
}

# Nobody waits for it longer than a minute: the service is as it will stay. What the worker knew of
# the versions died with it, or lies in the run's folder.
on_failure() {
    umask 022
    HOOK_SECONDS=60 PREVIOUS='' CAPSULE='' found=''
    read -r found <"$R/commit"
    COMMIT=${found:-$COMMIT}
    read -r PREVIOUS <"$R/previous"
    [ -z "$PREVIOUS" ] || [ "$PREVIOUS" = "$ID" ] || ! read_capsule "$PREVIOUS" || LEFT_NAME=$C_NAME
    hook on_failure "$ON_FAILURE"
}
