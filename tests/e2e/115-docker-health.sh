#!/usr/bin/env bash
# health = "docker": that the check has not been asked yet is no answer. A rare check is good in its
# time, and a version that is brought back is given its time too.
. "$(dirname "$0")/harness.sh"
require docker
SERVICE_TOML='health_attempts = 3'
lab compose
sed -i 's|^health = .*|health = "docker"|' "$T/ci/loomrel.toml"
# check WORDS: of HEALTHCHECK, in the next version.
check() {
    sed -i '/^HEALTHCHECK/d' "$T/dev/$SERVICE/Dockerfile"
    echo "HEALTHCHECK $1 CMD wget -q -O /dev/null http://127.0.0.1:8080/health" >>"$T/dev/$SERVICE/Dockerfile"
}
check '--interval=8s --timeout=3s'
version v1.1.0
stage_deploy v1.1.0
expect_exit 0
expect_serves v1.1.0
expect_in "$T/stage/log/$SERVICE/v1.1.0.log" 'он проверяет раз в 8 с, ждём не дольше 32 с'

# Bad soon, and told so; what is brought back takes its eight seconds.
check '--interval=1s --timeout=1s --retries=2'
version v1.2.0 --unhealthy
stage_deploy v1.2.0
expect_exit 1
expect_json .failure.code unhealthy .failure.step health '.hosts[0].restored' true
expect_serves v1.1.0
expect_in "$T/stage/log/$SERVICE/v1.2.0.log" 'Docker не признал контейнер здоровым' '404' 'Снова работает v1.1.0'

# It needs 17 seconds to begin, and says so.
check '--interval=2s --timeout=1s --retries=1 --start-period=25s'
sed -i 's/^httpd/sleep 17 \&\nwait $!\nhttpd/' "$T/dev/$SERVICE/serve"
version v1.3.0
stage_deploy v1.3.0
expect_exit 0
expect_serves v1.3.0
loomrel --json status
expect_json '.services[0].healthy' yes
