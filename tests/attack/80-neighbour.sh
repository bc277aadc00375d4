#!/usr/bin/env bash
# Another user of the host: what he plants where he may write is neither obeyed nor followed, and
# stops neither a deploy nor the way back (design 13.8).
. "$(dirname "$0")/production.sh"

require root
DEPLOY_TOML='lock_wait = "3s"'
production_lab command "hooks.before_up = '[ ! -e \"\$HOME/wait\" ] || until [ -e \"\$HOME/go\" ]; do touch \"\$HOME/hooking\"; sleep 0.1; done; : argument-of-a-hook'"
on_production v1.1.0
approved v1.2.0
tree=$T/prod/home/loom/$SERVICE lock=$T/prod/home/loom/$SERVICE/.git/loomrel.lock
checkpoint

# as_neighbour COMMAND…: of a user of his own, without a home.
as_neighbour() {
    setpriv --reuid=nobody --regid=nogroup --clear-groups "$@"
}
# What he wants to have written to, or run: neither happens.
victim=$T/victim
make_victim() {
    echo untouched >"$victim"
    chmod 600 "$victim"
    rm -f "$T/owned"
    mkdir -p "$T/his"
    chmod 1777 "$T/his"
}
no_harm() {
    holds "what he pointed at was written to" grep -qx untouched "$victim"
    holds "what he pointed at was given away" eval "[ \"\$(stat -c '%U %a' '$victim')\" = 'root 600' ]"
    never "what he planted was run" test -e "$T/owned"
    expect_equal "lines of the victim" 1 "$(wc -l <"$victim")"
}
deploys() {
    LIMIT=40 try --json prod-deploy --service "$SERVICE" --tag v1.2.0 --release-id "$RELEASE"
    [ "$CODE" = 0 ] || wrong "prod-deploy: exit $CODE, not 0"
    holds "v1.2.0 does not serve" wait_for 10 served serves_now v1.2.0 prod
}
goes_back() {
    LIMIT=40 try --json rollback --env prod --service "$SERVICE" --yes
    [ "$CODE" = 0 ] || wrong "rollback: exit $CODE, not 0"
    holds "v1.0.0 does not serve" wait_for 10 served serves_now v1.0.0 prod
}
# The clone is a developer's own.
give_tree() {
    chown -R nobody:nogroup "$tree"
}

attack "he holds the lock that he can read"
make_victim
ls "$lock" >/dev/null 2>&1 || wrong "there is no lock to hold"
start as_neighbour flock -o "$lock" sleep 300
held=$STARTED
sleep 0.3
deploys
stop "$held"

attack "he reads the log, the journal, what is kept, the lock"
make_victim
deploys
for file in "$T"/prod/log/production/"$SERVICE"/*.log "$T"/prod/state/prod/"$SERVICE"/runs/*/out \
    "$T"/prod/state/prod/"$SERVICE"/capsules/*/* "$lock"; do
    never "he reads ${file#"$T/"}" as_neighbour head -c 1 "$file"
done
never "he lists the runs" as_neighbour ls "$T/prod/state/prod/$SERVICE/runs"

attack "he reads a hook's command line in the list of processes"
make_victim
touch "$T/prod/home/wait"
loomrel_start prod --json prod-deploy --service "$SERVICE" --tag v1.2.0 --release-id "$RELEASE"
pid=$STARTED
wait_for 60 "the hook is at work" test -e "$T/prod/home/hooking"
as_neighbour sh -c 'cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null || :' \
    | tr '\0' ' ' >"$T/ps"
touch "$T/prod/home/go"
loomrel_wait prod "$pid"
[ "$CODE" = 0 ] || wrong "prod-deploy: exit $CODE, not 0"
never "it stands there" grep -qa argument-of-a-hook "$T/ps"

attack "his hooks and settings of git in a tree that he owns"
make_victim
give_tree
for hook in post-checkout reference-transaction post-index-change pre-auto-gc post-merge; do
    as_neighbour sh -c "printf '#!/bin/sh\ntouch $T/owned\n' >'$tree/.git/hooks/$hook'; chmod +x '$tree/.git/hooks/$hook'"
done
as_neighbour git -C "$tree" config core.fsmonitor "touch $T/owned; false"
as_neighbour git -C "$tree" config core.sshCommand "touch $T/owned; false"
as_neighbour git -C "$tree" config filter.x.smudge "touch $T/owned; cat"
as_neighbour sh -c "echo '* filter=x' >'$tree/.git/info/attributes'"
mark
prod_deploy v1.2.0
refused
no_harm

promise "out of a tree that he owns production goes back, and runs nothing of his"
make_victim
give_tree
for hook in post-checkout reference-transaction post-index-change; do
    as_neighbour sh -c "printf '#!/bin/sh\ntouch $T/owned\n' >'$tree/.git/hooks/$hook'; chmod +x '$tree/.git/hooks/$hook'"
done
as_neighbour git -C "$tree" config core.fsmonitor "touch $T/owned; false"
goes_back
no_harm

for kind in "symbolic link" FIFO folder; do
    # plant PATH: in place of a file that loomrel would open.
    plant() {
        rm -rf "$1"
        case $kind in
        "symbolic link") as_neighbour ln -s "$victim" "$1" ;;
        FIFO) as_neighbour mkfifo "$1" ;;
        folder) as_neighbour mkdir "$1" ;;
        esac
    }

    attack "a $kind in place of the lock"
    make_victim
    give_tree
    plant "$lock"
    goes_back
    no_harm

    attack "a $kind in place of the log, in a folder that everybody may write to"
    make_victim
    chmod 755 "$T/prod/log" "$T/prod/log/production"
    chmod 777 "$T/prod/log/production/$SERVICE"
    plant "$T/prod/log/production/$SERVICE/v1.2.0-prod.log"
    deploys
    no_harm

    attack "a $kind in place of the folder of logs"
    make_victim
    chmod 777 "$T/prod/log" "$T/prod/log/production"
    [ "$kind" != "symbolic link" ] || {
        mkdir -p "$T/his/logs"
        chown nobody "$T/his/logs"
    }
    rm -rf "$T/prod/log/production/$SERVICE"
    if [ "$kind" = "symbolic link" ]; then
        as_neighbour ln -s "$T/his/logs" "$T/prod/log/production/$SERVICE"
        as_neighbour ln -s "$victim" "$T/his/logs/v1.2.0-prod.log"
    else
        plant "$T/prod/log/production/$SERVICE"
    fi
    deploys
    no_harm
done

judged
