#!/usr/bin/env bash
# In somebody else's checkout no secret goes to the address that its loomrel.toml names.
. "$(dirname "$0")/harness.sh"

lab command
add_prod
unset LOOMREL_CONFIG

# Writes down whatever is said to it: HTTP, or the first bytes of anything else.
cat >"$T/ear.py" <<'END'
import socket, sys, threading
s = socket.socket()
s.bind(("127.0.0.1", 0))
s.listen(50)
print(s.getsockname()[1], flush=True)
def hear(c):
    c.settimeout(3)
    try:
        open(sys.argv[1], "ab").write(b"CALL " + c.recv(65536) + b"\n")
        c.sendall(b"HTTP/1.1 401 no\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
    except OSError:
        pass
    c.close()
while True:
    threading.Thread(target=hear, args=(s.accept()[0],), daemon=True).start()
END
: >"$T/heard"
start python3 "$T/ear.py" "$T/heard" >"$T/ear.port"
wait_for 20 "the ear listens" test -s "$T/ear.port"
EVIL=127.0.0.1:$(cat "$T/ear.port")

# My own side: a file in my home, the hosts, every secret.
mkdir -p "$T/me/.config/loomrel"
cat >"$T/me/.env.servers" <<END
$(cat "$T/ci/.env.servers")
LOOM_RELEASE_TG_BOT_TOKEN=123456:canary-token
LOOM_GITHUB_TOKEN=canary-github
LOOM_INTERSERVER_SECRET_KEY=canary-key
LOOMREL_STORE_PASSWORD=canary-password
STAGE_PASSWORD=canary-stage
END
chmod 600 "$T/me/.env.servers"

export GIT_CONFIG_NOSYSTEM=1
CHECKOUT=$T/somebody-elses
git init -q "$CHECKOUT"
in_checkout() {
    CODE=0
    echo "loomrel $*" >"$T/command"
    (cd "$CHECKOUT" && exec timeout 60 "$LOOMREL" "$@") </dev/null >"$T/out" 2>"$T/err" || CODE=$?
}
expect_nothing_heard() {
    expect_equal "what the address heard" "" "$(cat "$T/heard")"
}

while read -r key value command; do
    printf '[%s]\n%s = %s\n[services.demo]\nhealth = "none"\n' "${key%.*}" "${key##*.}" "$value" \
        >"$CHECKOUT/loomrel.toml"
    # shellcheck disable=SC2086 # the words of a command
    in_checkout --json --lang en $command
    expect_nothing_heard
    expect_exit 2
    expect_json '.error.code' not_repositorys
    expect_json '.error.message | test("loomrel.toml:2: ")' true
    expect_json '.error.hint | test("rollback --host .*127.0.0.1:[0-9]+ --identity")' true
    # Naming the file does not make it mine.
    # shellcheck disable=SC2086
    in_checkout --json --config ./loomrel.toml $command
    expect_exit 2
    expect_nothing_heard
done <<END
store.url "http://$EVIL/api" release list
store.url "http://$EVIL/api" stage-deploy --tag v1.0.0
store.url "postgresql://u@$EVIL/releases" release list
telegram.api_url "http://$EVIL" notify hello
github.api_url "http://$EVIL" release dispatch 1 --yes
server.public_url "http://$EVIL" status
server.listen "0.0.0.0:9" status
environments.stage.hosts ["$EVIL"] stage-deploy --tag v1.0.0
environments.stage.services.demo.hosts ["root@$EVIL"] stage-deploy --tag v1.0.0
END

# What is wrong with the checkout's file does not keep anybody from going back at night.
sed -i '/^STAGE_PASSWORD/d' "$T/me/.env.servers"
export LOOMREL_CONFIG=$T/ci/loomrel.toml
stage_deploy v1.0.0
expect_exit 0
version v1.0.1
stage_deploy v1.0.1
expect_exit 0
cp "$T/ci/loomrel.known_hosts" "$CHECKOUT"
printf '[store]\nurl = "http://%s/api"\n[telegram]\napi_url = "http://%s"\n' "$EVIL" "$EVIL" \
    >"$CHECKOUT/loomrel.toml"
in_checkout --lang en rollback --env stage --service "$SERVICE" --yes
expect_exit 0
expect_said "does not count in a repository's file"
expect_serves v1.0.0
expect_nothing_heard
