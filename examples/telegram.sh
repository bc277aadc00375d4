#!/usr/bin/env bash
# Try the bot without Telegram: a Bot API and a GitHub of your own on this machine, a ledger in a
# temporary folder, one release ready for testing. Needs a loomrel on the PATH (or in LOOMREL) and
# python3. Ctrl-C ends everything.
#
#     examples/telegram.sh
#
# Then, in another terminal, with the two lines that it prints:
#
#     tests/support/fake_telegram.py messages
#     tests/support/fake_telegram.py press -1001 1 "✅ Подтвердить" 11111
#     tests/support/fake_telegram.py text 11111 /start
#     tests/support/fake_github.py runs
set -euo pipefail

here=$(cd "$(dirname "$0")/.." && pwd)
loomrel=${LOOMREL:-loomrel}
folder=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null; rm -rf "$folder"' EXIT
trap 'exit 130' INT TERM
cd "$folder"

for name in telegram github; do
    "$here/tests/support/fake_$name.py" serve --port 0 >"$name.log" &
    until grep -q listen "$name.log"; do sleep 0.1; done
done
address_of() { echo "http://127.0.0.1:$(awk '/^listen/ { print $2 }' "$1.log")"; }

cat >loomrel.toml <<END
[store]
url = "sqlite://$folder/releases.db"
[server]
listen = "127.0.0.1:0"
[telegram]
chat_id = -1001
approvers = [11111]
api_url = "$(address_of telegram)"
[github]
owner = "example"
api_url = "$(address_of github)"
END
# Named, it is the trusted file: a repository's may not say where a token goes.
export LOOMREL_CONFIG=$folder/loomrel.toml
export LOOM_RELEASE_TG_BOT_TOKEN=123456:test-token LOOM_GITHUB_TOKEN=test-token \
    LOOM_INTERSERVER_SECRET_KEY=only-for-this-example

id=$("$loomrel" release create --service demo --tag v1.0.0 --by developer_name)
for status in building stage_deploy manual_testing; do
    "$loomrel" release patch "$id" --status $status
done
echo "export FAKE_TELEGRAM=$(address_of telegram)"
echo "export FAKE_GITHUB=$(address_of github)"
"$loomrel" serve
