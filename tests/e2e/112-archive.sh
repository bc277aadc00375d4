#!/usr/bin/env bash
# keep = "archive": the version comes back although every container was stopped and every image
# removed. Where there is no room for the file, that is said, and the deploy is good.
. "$(dirname "$0")/harness.sh"
require root
DEPLOY_TOML='keep = "archive"'
lab compose
for v in v1.0.0 v1.1.0; do
    [ $v = v1.0.0 ] || version $v
    stage_deploy $v
    expect_exit 0
done
archives() {
    find "$T/stage/state/stage/$SERVICE/capsules" -name 'images.tar*' ! -name '*.new' | wc -l
}
are_saved() {
    [ "$(archives)" = "$1" ]
}
wait_for 60 "both are saved" are_saved 2
expect_equal "who may read them" "" "$(find "$T/stage/state/stage/$SERVICE/capsules" -name 'images.tar*' -perm /077)"
old=''
for c in "$T/stage/state/stage/$SERVICE"/capsules/*/capsule; do
    read -r name _ <"$c"
    [ "$name" != v1.0.0 ] || old=$(sed -n 's/^image [^ ]* //p' "$c")
done
holders_of_lab | cut -d ' ' -f 1 | xargs docker rm -fv >/dev/null
docker image prune -af >/dev/null
! docker image inspect "$old" >/dev/null 2>&1 || fail "the image is still there"
loomrel --json status
expect_json '.services[0].back_to' v1.0.0 '.services[0].lost | length' 0
loomrel --json rollback --env stage --service "$SERVICE" --yes
expect_exit 0
expect_serves v1.0.0
expect_equal "the image that serves" "$old" "$(image_that_serves "$PROJECT")"
expect_in "$T/stage/log/rollback/$SERVICE/v1.0.0-rollback.log" 'Загружаем образ версии v1.0.0 из файла'

# What is given up takes its file along.
sed -i 's/^keep = .*/&\nkeep_capsules = 1/' "$T/ci/loomrel.toml"
loomrel --json rollback --env stage --service "$SERVICE" --to v1.1.0 --yes
expect_exit 0
version v1.2.0
stage_deploy v1.2.0
expect_exit 0
wait_for 60 "the oldest file is gone" are_saved 2

rm -rf "$T/stage/state/stage"
small_disk stage 16m
version v1.3.0
stage_deploy v1.3.0
expect_exit 0
expect_serves v1.3.0
wait_for 30 "that there is no room is said" \
    grep -q 'Сохранить образ версии v1.3.0 в файл не удалось: .*MiB' "$T/stage/log/$SERVICE/v1.3.0.log"
expect_log_form "$T/stage/log/$SERVICE/v1.3.0.log"
expect_equal "files" 0 "$(archives)"
