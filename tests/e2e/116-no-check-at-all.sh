#!/usr/bin/env bash
# HEALTHCHECK NONE and test: ["NONE"] are no check: exit 2, told before anything is built where the
# compose file says it; exit 1, told before anything is started, where only the built image does.
. "$(dirname "$0")/harness.sh"
require docker
lab compose
stage_deploy v1.0.0
expect_exit 0
serving=$(container_of "$PROJECT")
file=$T/stage/home/loom/loom-system/docker-compose/app.yaml
cp "$file" "$T/app.yaml"
version v1.1.0
for health in 'health = "docker"' ''; do
    sed -i "/^\[services\./,/^\[/s|^health = .*|#|; s|^#\$|$health|" "$T/ci/loomrel.toml"
    [ -z "$health" ] || cp "$T/ci/loomrel.toml" "$T/docker.toml"
    for check in 'test: ["NONE"]' 'disable: true'; do
        { cat "$T/app.yaml" && printf '    healthcheck: {%s}\n' "$check"; } >"$file"
        stage_deploy v1.1.0
        expect_exit 2
        expect_json .failure.code no_health '.failure.lines | length' 0
        expect_not_in "$T/stage/log/$SERVICE/v1.1.0.log" 'naming to'
        expect_equal "the container" "$serving" "$(container_of "$PROJECT")"
    done
done
cp "$T/app.yaml" "$file"
cp "$T/docker.toml" "$T/ci/loomrel.toml"
echo 'HEALTHCHECK NONE' >>"$T/dev/$SERVICE/Dockerfile"
version v1.2.0
stage_deploy v1.2.0
expect_exit 1
expect_json .failure.code no_health '.failure.lines | length' 0 .failure.step build
expect_equal "the container" "$serving" "$(container_of "$PROJECT")"
expect_serves v1.0.0
# Such a check of the file's own counts, whatever the image says.
{ cat "$T/app.yaml" && printf '    healthcheck: {test: ["CMD", "true"], interval: 1s}\n'; } >"$file"
stage_deploy v1.2.0
expect_exit 0
expect_serves v1.2.0
