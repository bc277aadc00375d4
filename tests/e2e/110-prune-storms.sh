#!/usr/bin/env bash
# Whatever is pruned, in whatever order: what is kept can be brought back. What holds it leaves no
# volume behind, is made again when it is gone, and takes the place of what older releases made.
. "$(dirname "$0")/harness.sh"
require docker
DEPLOY_TOML='keep_capsules = 2'
lab compose
sed -i '/^CMD/i VOLUME /data' "$T/dev/$SERVICE/Dockerfile"
version v1.1.0
holders() {
    holders_of_lab | grep -c " ${1:-running} " || :
}
are_held() {
    [ "$(holders)" = "$1" ] && [ "$(holders created)" = 0 ]
}
# What serves and what was good last are kept beside the number.
none_only_created() {
    [ "$(holders)" -ge 2 ] && [ "$(holders created)" = 0 ]
}
volumes_of_holders() {
    holders_of_lab | cut -d ' ' -f 1 \
        | xargs -r docker inspect -f '{{range .Mounts}}{{.Type}} {{.Name}}{{println}}{{end}}' \
        | grep -c '^volume' || :
}
unused_volumes() {
    docker volume ls -q --filter dangling=true | sort
}
unused=$(unused_volumes)
for v in v1.1.0 v1.2.0 v1.3.0; do
    [ $v = v1.1.0 ] || version $v
    stage_deploy $v
    expect_exit 0
done
wait_for 120 "both versions are held" are_held 2
expect_equal "volumes of what holds" 0 "$(volumes_of_holders)"
# One serves, with a volume of its own; nothing is left of v1.1.0, which is kept no more.
expect_equal "volumes without a container" "$unused" "$(unused_volumes)"
back=$(holders_of_lab | tail -n 1 | cut -d ' ' -f 4)

docker system prune -af --volumes >/dev/null
docker container prune -f >/dev/null
docker image prune -af >/dev/null
docker builder prune -af >/dev/null
docker system prune -af --volumes >/dev/null
loomrel --json status
expect_json '.services[0].back_to' v1.2.0 '.services[0].lost | length' 0
loomrel --json rollback --env stage --service "$SERVICE" --yes
expect_exit 0
expect_serves v1.2.0
expect_equal "the image that serves" "$back" "$(image_that_serves "$PROJECT")"

# A look is enough to hold it again; so where an older release made a container that never ran.
holders_of_lab | cut -d ' ' -f 1 | xargs docker rm -fv >/dev/null
loomrel status
wait_for 120 "held again" are_held 2
read -r container _ capsule image <<<"$(holders_of_lab | head -n 1)"
name=$(docker inspect -f '{{.Name}}' "$container")
name=${name#/}
docker rm -fv "$name" >/dev/null
docker create -q --name "$name" --restart no --label "loomrel.capsule=$capsule" --entrypoint /never "$image" never >/dev/null
expect_equal "held by a container that runs" 1 "$(holders)"
stage_deploy v1.3.0 --older
expect_exit 0
wait_for 120 "no holder is only created" none_only_created
docker container prune -f >/dev/null
docker image prune -af >/dev/null
loomrel --json rollback --env stage --service "$SERVICE" --to v1.2.0 --yes
expect_exit 0
expect_serves v1.2.0
