#!/usr/bin/env bash
# The plan of a rollback says that compose's configuration has changed when it has, and not otherwise:
# also where a service has an env_file, also when only that file's content changes.
. "$(dirname "$0")/harness.sh"
require docker
lab compose
system=$T/stage/home/loom/loom-system
cat >>"$system/docker-compose/app.yaml" <<'EOT'
    env_file: [../env/of-the-service]
    environment: {VERSION: "${LOOMREL_TAG}"}
EOT
echo 'SECRET=first-value' >"$system/env/of-the-service"
for v in v1.0.0 v1.1.0; do
    [ $v = v1.0.0 ] || version $v
    stage_deploy $v
    expect_exit 0
done
plan() {
    loomrel rollback --env stage --service "$SERVICE" --dry-run
    expect_exit 0
    cat "$T/out" "$T/err" >"$T/said"
    expect_in "$T/said" v1.0.0
}
plan
expect_not_in "$T/said" 'изменилась' 'сказать нельзя'
echo 'SECRET=other-value' >"$system/env/of-the-service"
plan
expect_in "$T/said" 'с того деплоя изменилась конфигурация compose'
echo 'SECRET=first-value' >"$system/env/of-the-service"
plan
expect_not_in "$T/said" 'изменилась' 'сказать нельзя'
sed -i 's/^services:/&\n  neighbour:\n    image: none/' "$system/docker-compose/app.yaml"
plan
expect_not_in "$T/said" 'изменилась' 'сказать нельзя'
# Another compose writes the same configuration in another form.
for c in "$T/stage/state/stage/$SERVICE"/capsules/*/config; do
    sed -i '1s/.*/0.0.1/' "$c"
done
plan
expect_not_in "$T/said" 'изменилась' 'сказать нельзя'
echo 'SECRET=other-value' >"$system/env/of-the-service"
plan
expect_in "$T/said" 'сказать нельзя'
! grep -rqs 'first-value\|other-value' "$T/stage/state" || fail "a value is kept in the state folder"
