#!/usr/bin/env bash
# Another user of the host who may write above, beside or into the service's tree, while a deploy or a
# rollback is at work; and a service that hangs, or has lost its clone, at night (design 13.5, 13.8).
. "$(dirname "$0")/production.sh"

require root
DEPLOY_TOML='lock_wait = "30s"'
production_lab command "hooks.before_up = '[ ! -e \"\$HOME/wait\" ] || until [ -e \"\$HOME/go\" ]; do touch \"\$HOME/hooking\"; sleep 0.1; done'" \
    "hooks.before_rollback = '[ ! -e ./down.sh ] || sh ./down.sh'"
sed -i "s|^current = .*|current = '[ \"\$(cat \"\$HOME/commit\")\" != wedged ] \|\| sleep 120; cat \"\$HOME/commit\"'|" "$CONFIG"
on_production v1.1.0
approved v1.2.0
R12=$RELEASE
version v1.3.0
approved v1.3.0
R13=$RELEASE
home=$T/prod/home tree=$T/prod/home/loom/$SERVICE lock=$T/prod/home/loom/$SERVICE/.git/loomrel.lock
checkpoint

as_neighbour() {
    setpriv --reuid=nobody --regid=nogroup --clear-groups "$@"
}
# What a run that hangs is still at would stand in the way of the next attack.
end_runs() {
    local p
    for p in $(pgrep -f "$T/prod/(state|home)"); do
        [[ $(tr '\0' ' ' <"/proc/$p/cmdline") != *httpd* ]] && kill -9 "$p"
    done 2>/dev/null || :
}
eval "$(declare -f rewind | sed '1s/^rewind/plain_rewind/')"
rewind() {
    end_runs
    plain_rewind
}
# begin: he may come as far as the tree, and has a folder of his own.
begin() {
    rm -rf "$T/owned" "$T/his"
    mkdir "$T/his"
    chmod 1777 "$T/his"
    chmod 711 "$T" "$T/prod" "$home" "$home/loom"
    chmod 755 "$tree" "$tree/.git"
    echo untouched >"$T/victim"
    chmod 600 "$T/victim"
}
# plant TREE: what git runs as whoever fetches there.
plant() {
    as_neighbour sh -c "printf '[remote \"origin\"]\n\tuploadpack = \"id -u >$T/his/owned; git-upload-pack\"\n' >>'$1/.git/config'"
}
not_owned() {
    never "what he planted was run" test -e "$T/his/owned"
}
deploy() {
    LIMIT=60 try --json prod-deploy --service "$SERVICE" --tag v1.2.0 --release-id "$R12"
}
deploys() {
    deploy
    [ "$CODE" = 0 ] || wrong "prod-deploy: exit $CODE, not 0"
}
goes_back() {
    LIMIT=40 try --lang en rollback --env prod --service "$SERVICE" --yes "$@"
    [ "$CODE" = 0 ] || wrong "rollback: exit $CODE, not 0"
    holds "v1.0.0 does not serve" wait_for 10 served serves_now v1.0.0 prod
}
# by_hand [TAG]: the kept program, on the host.
by_hand() {
    CODE=0
    timeout -k 2 40 setsid env HOME="$home" sh "$T/prod/state/prod/$SERVICE/restore" "$@" \
        >"$T/out" 2>&1 </dev/null || CODE=$?
    [ "$CODE" = 0 ] || wrong "restore $*: exit $CODE, not 0"
    holds "v1.0.0 does not serve" wait_for 10 served serves_now v1.0.0 prod
}
# at_work: a deploy of v1.2.0 has begun, and its hook waits.
at_work() {
    touch "$home/wait"
    loomrel_start one --json prod-deploy --service "$SERVICE" --tag v1.2.0 --release-id "$R12"
    one=$STARTED
    wait_for 60 "the hook is at work" test -e "$home/hooking"
}
goes_on() {
    touch "$home/go"
    loomrel_wait one "$one"
}
no_harm() {
    holds "what he pointed at was written to" grep -qx untouched "$T/victim"
}

promise "the clone is not there: production goes back, by the command and by hand"
begin
mv "$tree" "$tree.away"
goes_back
expect_said "no git repository"
rewind
begin
mv "$tree" "$tree.away"
by_hand v1.0.0

promise "the owner of the tree takes HEAD away"
begin
chown -R nobody:nogroup "$tree"
rm "$tree/.git/HEAD"
goes_back

attack "a FIFO in place of HEAD holds up a rollback"
begin
chown -R nobody:nogroup "$tree"
rm "$tree/.git/HEAD"
as_neighbour mkfifo "$tree/.git/HEAD"
goes_back

promise "the service hangs, and what says which version serves too: production goes back"
begin
echo wedged >"$home/commit"
goes_back --to v1.0.0
rewind
begin
echo wedged >"$home/commit"
goes_back
rewind
begin
echo wedged >"$home/commit"
by_hand v1.0.0
rewind
begin
echo wedged >"$home/commit"
by_hand

attack "his script in the tree that he owns, which a hook of a rollback runs"
begin
chown -R nobody:nogroup "$tree"
as_neighbour sh -c "echo 'id -u >$T/his/owned' >'$tree/down.sh'"
goes_back
not_owned
cat "$T"/prod/log/rollback/"$SERVICE"/*.log >"$T/log"
holds "the log does not say that the hook was skipped" grep -q before_rollback "$T/log"

attack "a setting of git in a tree that his group may write to"
begin
chgrp -R nogroup "$tree"
chmod -R g+w "$tree"
plant "$tree"
mark
deploy
refused
not_owned
holds "what to type is not said" grep -q "chmod -R g-w" "$T/out"

attack "a setting of git in a submodule that his group may write to"
begin
mkdir -p "$tree/.git/modules/x"
touch "$tree/.git/modules/x/config"
chgrp nogroup "$tree/.git/modules/x/config"
chmod 664 "$tree/.git/modules/x/config"
mark
deploy
refused

attack "a tree below a folder that is his, where he may put another one"
begin
chown nobody "$home/loom"
mark
deploy
refused
holds "what to type is not said" grep -q "chown -h root '$home/loom'" "$T/out"

attack "he puts another tree there while a deploy waits for the lock"
begin
at_work
loomrel_start two --json prod-deploy --service "$SERVICE" --tag v1.3.0 --release-id "$R13"
two=$STARTED
wait_for 30 "it waits" grep -q "v1.2.0" "$T/err.two"
sleep 0.5
chown nobody "$home/loom"
as_neighbour sh -c "cd '$home/loom' && mv $SERVICE real && mkdir $SERVICE && cp -r real/.git $SERVICE/.git; rm -f $SERVICE/.git/loomrel.lock; ln -s '$home/loom/real/.git/loomrel.lock' $SERVICE/.git/loomrel.lock" 2>/dev/null
plant "$tree"
goes_on
loomrel_wait two "$two"
[ "$CODE" = 3 ] || wrong "the one that waited: exit $CODE, not 3"
not_owned

attack "a link in place of the log while the run writes it"
begin
chmod 755 "$T/prod/log" "$T/prod/log/production"
chmod 777 "$T/prod/log/production/$SERVICE"
at_work
as_neighbour sh -c "cd '$T/prod/log/production/$SERVICE' && rm -f v1.2.0-prod.log && ln -s '$T/victim' v1.2.0-prod.log"
goes_on
[ "$CODE" = 0 ] || wrong "prod-deploy: exit $CODE, not 0"
no_harm

attack "a link in place of the log's folder, in one that is his"
begin
chmod 755 "$T/prod/log"
chown nobody "$T/prod/log/production"
at_work
as_neighbour sh -c "cd '$T/prod/log/production' && mv $SERVICE x; mkdir $SERVICE && ln -s '$T/victim' $SERVICE/v1.2.0-prod.log"
goes_on
[ "$CODE" = 0 ] || wrong "prod-deploy: exit $CODE, not 0"
no_harm

promise "the lock is held by what is no run: the hint names how to find it, not a run that has ended"
begin
start flock -o "$lock" sleep 100
held=$STARTED
sleep 0.5
LIMIT=40 try --lang en rollback --service "$SERVICE" --yes
[ "$CODE" = 3 ] || wrong "rollback: exit $CODE, not 3"
never "it names a run to cancel" grep -q "loomrel cancel" "$T/err"
holds "it does not say how to find the holder" grep -q loomrel.lock "$T/err"
stop "$held"

promise "so it is after a run that was killed with its words in the lock"
begin
echo "v1.1.0, somebody, 2026-01-01 00:00:00, $(basename "$(ls -d "$T"/prod/state/prod/"$SERVICE"/runs/*/ | head -n 1)")" >"$lock"
start flock -o "$lock" sleep 100
held=$STARTED
sleep 0.5
LIMIT=40 try --lang en rollback --service "$SERVICE" --yes
never "it names a run to cancel" grep -q "loomrel cancel" "$T/err"
stop "$held"

# An ordinary user deploys here.
ordinary() {
    begin
    chown -R daemon:daemon "$home" "$T/prod/state" "$T/prod/log"
    kill "$(web_server prod)"
    sleep 0.3
}
as_ordinary() {
    setpriv --reuid=daemon --regid=daemon --clear-groups env HOME="$home" PATH="$PATH" "$@"
}

attack "he holds the lock that everybody may read, of a log-in that is not root"
ordinary
chmod 644 "$lock"
start as_neighbour flock -o "$lock" sleep 100
held=$STARTED
sleep 0.5
CODE=0
as_ordinary sh -c "sh '$T/prod/state/prod/$SERVICE/restore' v1.0.0 2>&1 </dev/null; echo exit \$?" | cat >"$T/out"
holds "the restore did not go: $(tail -n 1 "$T/out")" grep -qx "exit 0" "$T/out"
expect_equal "the lock's rights" 600 "$(stat -c %a "$lock")"
stop "$held"

promise "restore prints where its output belongs to another user"
ordinary
as_ordinary sh "$T/prod/state/prod/$SERVICE/restore" v1.0.0 2>&1 </dev/null | cat >"$T/out"
holds "it printed nothing" grep -q v1.0.0 "$T/out"

attack "a process of his that is called as git is, in a tree with a stale lock of the index"
begin
touch "$tree/.git/index.lock"
cp "$(command -v sleep)" "$T/git"
chmod 755 "$T/git"
start as_neighbour sh -c "cd '$tree' && exec '$T/git' 120"
held=$STARTED
sleep 0.5
deploys
stop "$held"

judged
