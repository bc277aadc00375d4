# What an older release does on a host: the text that it sent, out of tests/upgrade/host.
# shellcheck shell=bash disable=SC2153 # names that the other parts set

# with_values FILE NAME VALUE…: the text with other settings.
with_values() {
    local file=$1 quote=\'
    shift
    printf '%s\n' "$@" | awk -v quote="$quote" '
        FNR == NR && FNR % 2 { name = $0; next }
        FNR == NR { gsub(quote, quote "\\" quote quote); value[name] = $0; next }
        { name = $0; sub(/=.*/, "", name) }
        name in value { $0 = name "=" quote value[name] quote; delete value[name] }
        { print }
        END { for (name in value) { print "no setting " name >"/dev/stderr"; exit 1 } }' - "$file"
}

# older_program VERSION HOST [NAME VALUE…]: what that release leaves on the host as "restore".
older_program() {
    local version=$1 host=$2 port=$SERVICE_PORT of_engine=()
    shift 2
    [ "$host" = stage ] || port=$PROD_PORT
    if [ "$ENGINE" = compose ]; then
        of_engine=(COMPOSE_SERVICES "$SERVICE" SLUGS "$SERVICE")
    else
        # shellcheck disable=SC2016 # the host's HOME
        of_engine=(BUILD 'sh ./build.sh' UP 'sh ./up.sh' CURRENT 'cat "$HOME/commit"')
    fi
    with_values "$SOURCE/tests/upgrade/host/$version/program-$ENGINE.txt" SERVICE "$SERVICE" \
        ENVIRONMENT "$host" TREE "$SERVICE" LOG_ROOT "$T/$host/log" HEALTH_WINDOW 100 \
        HEALTH_URL "http://127.0.0.1:$port/health" "${of_engine[@]}" "$@"
}

# older_run VERSION HOST KIND TAG [NAME VALUE…]: that release starts a run there, and goes: its id is in
# RUN, which may be given. It deploys by its own program, and rolls back by the one that is kept there.
older_run() {
    local version=$1 host=$2 kind=$3 tag=$4 to='' steps='choose checkout up health verify keep'
    shift 4
    RUN=${RUN:-$(cat /proc/sys/kernel/random/uuid)}
    if [ "$kind" = deploy ]; then
        steps='repository checkout prune adopt build before_up up health verify after_up keep'
    else
        to=$tag steps="adopt $steps"
    fi
    {
        with_values "$SOURCE/tests/upgrade/host/$version/start.txt" ID "$RUN" SERVICE "$SERVICE" \
            ENVIRONMENT "$host" STATE "$T/$host/state" NONCE "${RUN//-/}"
        echo "lay_run() {"
        echo "cat <<'END-OF-RUN'"
        printf "%s='%s'\n" ID "$RUN" NONCE "${RUN//-/}" KIND "$kind" TAG "$tag" BRANCH_NAME '' \
            REF "refs/tags/$tag" COMMIT '' RELEASE_ID '' FROM '' TO "$to" HOLDER_TEXT "$tag, anya" \
            OLDER '' UNAPPROVED '' LOCK_WAIT 20 LOG_PATH "$SERVICE/$tag.log" STEPS "lock $steps"
        echo '#program'
        [ "$kind" != deploy ] || older_program "$version" "$host" "$@"
        echo END-OF-RUN
        # shellcheck disable=SC2016 # the host's D
        [ "$kind" = deploy ] || echo 'cat "$D/restore"'
        echo '}'
        echo 'boot && follow; exit'
    } >"$T/older"
    # Its shell waits for the run.
    on_host "$host" "exec /bin/sh" <"$T/older" >/dev/null 2>&1 &
    wait_for 20 "the older run has started" test -e "$T/$host/state/$host/$SERVICE/runs/$RUN/started"
}

# older_done VERSION HOST KIND TAG: to its good end, told in the form that this release reads.
older_done() {
    local RUN=''
    older_run "$@"
    wait_for 60 "its end" test -f "$T/$2/state/$2/$SERVICE/runs/$RUN/status"
    expect_in "$T/$2/state/$2/$SERVICE/runs/$RUN/status" "$RUN 0 good keep - $4 yes - whole ."
}
