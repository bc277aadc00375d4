#!/usr/bin/env bash
# Compose's file lies in the service's own repository: each version has its own, and what comes back
# is started by the one that belongs to it.
. "$(dirname "$0")/harness.sh"
DEPLOY_TOML="system_dir = \"$SERVICE\"
compose_file = \"app.yaml\"
env_files = [\"../loom-system/env/.env.app\"]"
lab compose
# file IMAGE: in the next version.
file() {
    sed "s|\.\./\.\./$SERVICE|.|; s|image: .*|image: $PROJECT/$1|" \
        "$T/stage/home/loom/loom-system/docker-compose/app.yaml" >"$T/dev/$SERVICE/app.yaml"
}
for v in v1.0.9:one v1.1.0:one v1.2.0:two; do
    file ${v#*:}
    version ${v%:*}
    stage_deploy ${v%:*}
    expect_exit 0
    expect_serves ${v%:*}
done
loomrel --json rollback --env stage --service "$SERVICE" --to v1.0.9 --yes
expect_exit 0
expect_serves v1.0.9

# A version without one leaves the tree where no compose file is: the way back has its own.
stage_deploy v1.2.0 --older
expect_exit 0
in_dev mv app.yaml elsewhere.yaml
version v1.3.0
stage_deploy v1.3.0
expect_exit 1
expect_serves v1.2.0
loomrel --json rollback --env stage --service "$SERVICE" --to v1.1.0 --yes
expect_exit 0
expect_serves v1.1.0
