#!/usr/bin/env bash
# The compose file lies in the service's tree: when another user owns the tree, or the clone is not
# there, production comes back by the file that is kept with the version (design 13.5, 13.8).
. "$(dirname "$0")/production.sh"

require root
DEPLOY_TOML="system_dir = \"$SERVICE\"
compose_file = \"app.yaml\"
env_files = [\"../loom-system/env/.env.app\"]"
# Each version has its compose file; the project comes from the host's environment file.
eval "$(declare -f version | sed '1s/^version /plain_version /')"
version() {
    cat >"$T/dev/$SERVICE/app.yaml" <<E
name: \${PROJECT:?}
services:
  $SERVICE:
    build:
      context: .
    image: \${PROJECT}/$SERVICE
    ports: ["127.0.0.1:\${DEMO_PORT:?}:8080"]
E
    plain_version "$@"
}
eval "$(declare -f install_service | sed '1s/^install_service /plain_install /')"
install_service() {
    plain_install "$@"
    echo "PROJECT=${3:-$PROJECT}" >>"$T/$1/home/loom/loom-system/env/.env.app"
}
production_lab compose
on_production v1.1.0
tree=$T/prod/home/loom/$SERVICE
REWIND=''

as_neighbour() {
    setpriv --reuid=nobody --regid=nogroup --clear-groups "$@"
}

attack "what he writes into the compose file of a tree that he owns"
mkdir "$T/rootonly"
chmod 700 "$T/rootonly"
chown -R nobody:nogroup "$tree"
chmod 711 "$T" "$T/prod" "$T/prod/home" "$T/prod/home/loom"
as_neighbour sh -c "cat >'$tree/app.yaml'" <<E
name: \${PROJECT:?}
services:
  $SERVICE:
    image: \${PROJECT}/$SERVICE
    privileged: true
    user: '0'
    volumes: ['$T/rootonly:/host']
    command: ['/bin/sh', '-c', 'id -u >/host/owned; exec /bin/sh /serve']
    ports: ['127.0.0.1:\${DEMO_PORT:?}:8080']
E
LIMIT=90 try --lang en rollback --service "$SERVICE" --yes
[ "$CODE" = 0 ] || wrong "rollback: exit $CODE, not 0"
holds "v1.0.0 does not serve" wait_for 10 served serves_now v1.0.0 prod
never "his container was started" test -e "$T/rootonly/owned"

attack "the kept file is not there: his is not started all the same"
rm "$T"/prod/state/prod/"$SERVICE"/capsules/*/compose.yaml
LIMIT=90 try --lang en rollback --service "$SERVICE" --to v1.1.0 --yes
[ "$CODE" = 3 ] || wrong "rollback: exit $CODE, not 3"
expect_said "chown -RH root '$tree'"
never "his container was started" test -e "$T/rootonly/owned"
holds "v1.0.0 does not serve" serves_now v1.0.0 prod
chown -R root:root "$tree"
git -C "$tree" checkout -q --force

promise "the clone is not there, and the compose file with it"
approved v1.2.0
prod_deploy v1.2.0
expect_exit 0
version v1.3.0
on_production v1.3.0
mv "$tree" "$tree.away"
LIMIT=90 try --lang en rollback --service "$SERVICE" --yes
[ "$CODE" = 0 ] || wrong "rollback: exit $CODE, not 0"
holds "v1.2.0 does not serve" wait_for 10 served serves_now v1.2.0 prod

judged
